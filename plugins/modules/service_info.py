# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: Tell the state of the kubelet unit and of the container runtime unit
version_added: "1.0.0"
description:
  - Tells how systemd has the kubelet's unit and the container runtime's. State, last exit and its meaning, restarts,
    enablement, the unit file and drop-ins in effect, and whether the process is older than its configuration.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._node.action
seealso:
  - module: nodeclinic.kubelet.node_info
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Look at the kubelet service
  nodeclinic.kubelet.service_info:
  register: service

- name: Show how the kubelet last ended
  ansible.builtin.debug:
    msg: "{{ service.kubelet.exit.meaning | default('it never ended') }}"
"""

RETURN = r"""
kubelet:
  description: The kubelet's unit. What is not known is null.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the unit.
      returned: success
      type: str
      sample: kubelet.service
    load_state:
      description: Whether systemd could load the unit, such as V(loaded), V(masked), V(not-found) or V(bad-setting).
      returned: success
      type: str
      sample: loaded
    active_state:
      description: State of the unit.
      returned: success
      type: str
      sample: activating
    sub_state:
      description: State in the terms of a service.
      returned: success
      type: str
      sample: auto-restart
    result:
      description: How the last run ended.
      returned: success
      type: str
      sample: exit-code
    exit:
      description: How the last main process ended; null while it never did.
      returned: success
      type: dict
      contains:
        how:
          description: V(exited), V(killed) or V(dumped).
          returned: success
          type: str
          sample: exited
        status:
          description: Exit status, or the number of the signal.
          returned: success
          type: int
          sample: 1
        meaning:
          description: The status in words.
          returned: success
          type: str
          sample: the program ended with an error of its own
        at:
          description: When it ended.
          returned: success
          type: str
          sample: "2026-11-23T21:34:51Z"
    restarts:
      description: Automatic restarts since the unit was started by hand or at boot.
      returned: success
      type: int
      sample: 29
    since:
      description: When the state last changed.
      returned: success
      type: str
      sample: "2026-11-23T21:34:51Z"
    enabled:
      description: Whether the unit is started at boot.
      returned: success
      type: bool
      sample: true
    enabled_state:
      description: The same in systemd's words.
      returned: success
      type: str
      sample: enabled
    masked:
      description: Whether the unit is masked.
      returned: success
      type: bool
      sample: false
    unit_file:
      description: Unit file in effect.
      returned: success
      type: str
      sample: /usr/lib/systemd/system/kubelet.service
    drop_ins:
      description: Drop-ins in effect, in their order.
      returned: success
      type: list
      elements: str
      sample: [/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf]
    need_daemon_reload:
      description: Whether files changed on disk that systemd has not read again.
      returned: success
      type: bool
      sample: false
    problems:
      description: Lines of the unit's files that systemd ignores or refuses.
      returned: success
      type: list
      elements: str
      sample: []
    newer_than_process:
      description:
        - Configuration files that changed after the running process was started.
        - Null when no process runs.
      returned: success
      type: list
      elements: str
      sample: [/var/lib/kubelet/config.yaml]
runtime:
  description: The container runtime's unit, with the keys of RV(kubelet) but C(newer_than_process); null without one.
  returned: success
  type: dict
  sample: {name: containerd.service, active_state: active, sub_state: running}
parts:
  description: What became of each part that was read, by its name.
  returned: success
  type: dict
  sample:
    units: {status: ok, reason: ""}
    journal: {status: denied, reason: this user may not read the system's journal}
cost:
  description: What reading took.
  returned: success
  type: dict
  contains:
    processes:
      description: Programs that were started on the node.
      returned: success
      type: int
      sample: 9
    bytes:
      description: Size of what was read, as JSON.
      returned: success
      type: int
      sample: 91234
    seconds:
      description: Wall time on the node.
      returned: success
      type: float
      sample: 0.412
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _gather


def main() -> None:
    """Reads the node and returns what was read."""
    module = AnsibleModule(argument_spec=_gather.NODE_SPEC, supports_check_mode=True)
    try:
        result = _gather.gather(module.params, ("units", "files"))
    except _gather.OptionError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
