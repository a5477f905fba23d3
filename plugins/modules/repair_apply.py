# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_apply
short_description: Apply a repair plan to a node as one transaction
version_added: "1.0.0"
description:
  - Checks everything that can be known beforehand, backs up, changes, restarts the kubelet, watches whether it stays up,
    and then commits; or puts every file and unit back as it was found.
  - The work is done by a process of its own on the node. It goes on when the connection or the controller dies. The same
    task run again then joins it, or returns its result.
  - A run that was killed on the node is rolled back by the next one before it does anything else.
  - The same plan applied again changes nothing.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  plan:
    description:
      - Plan in the format C(node-repair/1), as the role R(nodeclinic.kubelet.repair, ansible_collections.nodeclinic.kubelet.repair_role)
        makes it.
      - Files are named with their SHA-256 as diagnosed. A file that is another one by now is refused.
    type: dict
    required: true
  max_attempts:
    description: Failed attempts for one finding that are allowed on this node within O(attempt_window); V(0) is no limit.
    type: int
    default: 3
  attempt_window:
    description: Seconds for which a failed attempt counts.
    type: int
    default: 3600
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.diff
seealso:
  - module: nodeclinic.kubelet.repair_keep
  - module: nodeclinic.kubelet.repair_rollback
  - module: nodeclinic.kubelet.file_edit
"""

EXAMPLES = r"""
- name: Apply a plan
  nodeclinic.kubelet.repair_apply:
    plan: "{{ plan }}"

- name: Show what a plan would change
  nodeclinic.kubelet.repair_apply:
    plan: "{{ plan }}"
  check_mode: true
  diff: true

- name: Correct a file and restart the kubelet, by a plan made by hand
  nodeclinic.kubelet.repair_apply:
    plan:
      format: node-repair/1
      run: 20261124T070000Z-ab12cd
      unit: kubelet.service
      restart: true
      verify: {stable_seconds: 20, healthz: "http://127.0.0.1:10248/healthz"}
      actions:
        - id: set-client-ca-file
          finding: certificate/client-ca-file-missing
          summary: name the CA file that exists
          steps:
            - kind: edit
              path: /var/lib/kubelet/config.yaml
              sha256: 3b1f0c7f7dd2ba1f0f3cf6b0a4b9dcdf6a0e7a6d9de5d7a0d7a5b0ecf9de0a11
              edits:
                - {start: 132, end: 168, text: /etc/kubernetes/pki/ca.crt}
"""

RETURN = r"""
run:
  description: Id of the run.
  returned: always
  type: str
  sample: 20261124T070000Z-ab12cd
state:
  description:
    - V(committed) if the repair stands, also if there was nothing to do. V(planned) in check mode.
    - V(held) if the kubelet does not stay up and the plan says C(verify.hold); M(nodeclinic.kubelet.repair_keep) or
      M(nodeclinic.kubelet.repair_rollback) end the run then.
    - V(refused) if nothing was changed, V(rolled_back) if everything was put back, V(failed) if not all could be; the task
      fails then.
  returned: always
  type: str
  sample: committed
reason:
  description: Why it is not committed, in one or more sentences.
  returned: always
  type: str
  sample: "kubelet.service: systemd restarted it (exit status 1)."
record:
  description: Directory on the node that has the manifest and the backups; empty where nothing was changed.
  returned: always
  type: str
  sample: /var/lib/nodeclinic/repairs/20261124T070000Z-ab12cd
steps:
  description: What was done, in order; C(status) is C(changed), C(already), C(planned) or C(undone).
  returned: always
  type: list
  elements: dict
  sample: [{action: set-client-ca-file, kind: edit, target: /var/lib/kubelet/config.yaml, status: changed}]
restart:
  description: Whether the kubelet is restarted at the end of the plan.
  returned: always
  type: bool
  sample: true
verify:
  description: What was seen of the kubelet afterwards; null if it was not watched.
  returned: always
  type: dict
  sample: {ok: true, reason: "", seconds: 20.6, healthz: ok, unit: {ActiveState: active, MainPID: "4750"}}
recovered:
  description: A sentence for each interrupted run that was ended first.
  returned: always
  type: list
  elements: str
  sample: []
joined:
  description: True if another task had begun this run, and only its end was waited for.
  returned: when true
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import service, shell, transaction


def main() -> None:
    """Applies the plan and returns what became of it."""
    module = AnsibleModule(
        argument_spec={
            "plan": {"type": "dict", "required": True, "no_log": True},
            "max_attempts": {"type": "int", "default": 3},
            "attempt_window": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    data = shell.take_secret(module, "plan")
    limits = transaction.Limits(module.params["max_attempts"], module.params["attempt_window"])
    shell.run(module, lambda: service.apply(plans.parse(data), limits, module.check_mode))


if __name__ == "__main__":
    main()
