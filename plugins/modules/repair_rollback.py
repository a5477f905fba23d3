# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_rollback
short_description: Undo a repair of a node
version_added: "1.0.0"
description:
  - Puts back every file, link, kernel setting and unit that a run has changed, as the run had found it, and restarts the
    kubelet if the run had.
  - It refuses, before it changes anything, if something was changed since by somebody else, and says what.
  - That a run was undone becomes part of its record. Undoing it again changes nothing.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  run:
    description:
      - Id of the run. Without it, the last run that stands is undone.
      - To try again after a lost connection, name the run. The first try may have undone it, and the last one that stands is
        then the one before.
    type: str
  force:
    description:
      - Also put back what was changed since.
      - The bytes that are replaced are kept in the record.
    type: bool
    default: false
  failed:
    description:
      - The run did not help. It counts as a failed attempt for the findings that it answered, as if the node itself had
        undone it; see O(ignore:max_attempts) of M(nodeclinic.kubelet.repair_apply).
    type: bool
    default: false
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.verify
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.diff
seealso:
  - module: nodeclinic.kubelet.repair_apply
"""

EXAMPLES = r"""
- name: Undo the last repair
  nodeclinic.kubelet.repair_rollback:

- name: Show what undoing a named run would change
  nodeclinic.kubelet.repair_rollback:
    run: 20261124T070000Z-ab12cd
  check_mode: true
  diff: true
"""

RETURN = r"""
run:
  description: Id of the run that was undone.
  returned: always
  type: str
  sample: 20261124T070000Z-ab12cd
state:
  description:
    - V(rolled_back), or V(planned) in check mode.
    - V(nothing) if no run was named and none stands.
    - V(refused) if nothing was changed, V(failed) if not all could be put back; the task fails then.
  returned: always
  type: str
  sample: rolled_back
reason:
  description: Why it was not undone, or not all of it.
  returned: always
  type: str
  sample: ""
record:
  description: Directory of the run's record on the node.
  returned: always
  type: str
  sample: /var/lib/nodeclinic/repairs/20261124T070000Z-ab12cd
restored:
  description: Paths and kernel settings that were put back; in check mode the paths that would be.
  returned: always
  type: list
  elements: str
  sample: [/var/lib/kubelet/config.yaml]
verify:
  description:
    - What was seen of the kubelet afterwards; null if it was not restarted, or did not run before the repair either.
    - It is for information. A kubelet that was broken before the repair is broken again.
  returned: always
  type: dict
  sample: {ok: true, reason: "", seconds: 20.6, healthz: null, unit: {ActiveState: active, MainPID: "4750"}}
recovered:
  description: A sentence for each interrupted run that was ended first.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import rollback, service, shell


def main() -> None:
    """Undoes the run and returns what became of it."""
    module = AnsibleModule(
        argument_spec={
            **service.VERIFY_SPEC,
            "run": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "failed": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params

    def work() -> dict[str, object]:
        run = plans.run_id(given["run"]) if given["run"] else None
        asked = rollback.Request(run, given["force"], given["failed"])
        return service.roll_back(asked, service.verification(given), module.check_mode)

    shell.run(module, work)


if __name__ == "__main__":
    main()
