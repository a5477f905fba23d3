# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_keep
short_description: Let a repair stand that is held
version_added: "1.0.0"
description:
  - A plan with C(verify.hold) is not rolled back where the kubelet does not stay up after it, because the start may have got
    further and now end on a fault that the first one hid. Its run is V(held) until somebody decides.
  - This module lets it stand. M(nodeclinic.kubelet.repair_rollback) undoes it, and so does the node itself if nobody has
    decided for five minutes.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  run:
    description: Id of the run.
    type: str
    required: true
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.no_diff
seealso:
  - module: nodeclinic.kubelet.repair_apply
  - module: nodeclinic.kubelet.repair_rollback
"""

EXAMPLES = r"""
- name: Keep a repair after which the kubelet ends on another fault
  nodeclinic.kubelet.repair_keep:
    run: 20261124T070000Z-ab12cd
"""

RETURN = r"""
run:
  description: Id of the run.
  returned: always
  type: str
  sample: 20261124T070000Z-ab12cd
state:
  description: V(committed), or V(refused) if the run is none that is held; the task fails then.
  returned: always
  type: str
  sample: committed
reason:
  description: Why it was refused.
  returned: always
  type: str
  sample: ""
record:
  description: Directory of the run's record on the node.
  returned: always
  type: str
  sample: /var/lib/nodeclinic/repairs/20261124T070000Z-ab12cd
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import service, shell


def main() -> None:
    """Lets the run stand and says so."""
    module = AnsibleModule(argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True)
    shell.run(module, lambda: service.keep(plans.run_id(module.params["run"]), module.check_mode))


if __name__ == "__main__":
    main()
