# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kubelet_restart
short_description: Restart the kubelet and watch whether it stays up
version_added: "1.0.0"
description:
  - Restarts the unit, or starts it if it does not run, and waits until it has run with one main process for a while.
  - The task fails as soon as it is clear that the unit does not stay up. Nothing is rolled back.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  unit:
    description: systemd unit of the kubelet, with or without C(.service).
    type: str
    default: kubelet.service
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.verify
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.no_diff
seealso:
  - module: nodeclinic.kubelet.repair_apply
"""

EXAMPLES = r"""
- name: Restart the kubelet after its configuration was changed
  nodeclinic.kubelet.kubelet_restart:
    healthz: http://127.0.0.1:10248/healthz
"""

RETURN = r"""
reason:
  description: Why the unit does not stay up, in one sentence; the task fails then.
  returned: always
  type: str
  sample: ""
before:
  description: What systemd said of the unit before.
  returned: always
  type: dict
  sample: {ActiveState: failed, SubState: failed, MainPID: "0"}
after:
  description: What systemd said of it at the end.
  returned: always
  type: dict
  sample: {ActiveState: active, SubState: running, MainPID: "4750"}
verify:
  description: What was seen; null in check mode.
  returned: always
  type: dict
  sample: {ok: true, reason: "", seconds: 20.6, healthz: ok}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import service, shell


def main() -> None:
    """Restarts the unit and returns what was seen of it."""
    module = AnsibleModule(
        argument_spec={**service.VERIFY_SPEC, "unit": {"type": "str", "default": "kubelet.service"}},
        supports_check_mode=True,
    )

    def work() -> dict[str, object]:
        unit = plans.unit_name(module.params["unit"])
        return service.restart(unit, service.verification(module.params), module.check_mode)

    shell.run(module, work)


if __name__ == "__main__":
    main()
