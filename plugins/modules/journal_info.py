# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: journal_info
short_description: Tell what the kubelet and the container runtime log, as patterns
version_added: "1.0.0"
description:
  - Reads the newest journal lines of the kubelet's unit and of the container runtime's, and groups repetitions of a
    message to a pattern with count, first and last time and a sample.
  - Klog text and Kubernetes' JSON logging format are parsed, systemd's own lines about the unit are included, and lines
    of the newest start are told apart from older ones.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._node.action
seealso:
  - module: nodeclinic.kubelet.node_info
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Read the log of the last two hours
  nodeclinic.kubelet.journal_info:
    journal_since: -2h
  register: journal

- name: Show the errors of the newest start
  ansible.builtin.debug:
    msg: "{{ item.repeats }} x {{ item.message }}"
  loop: "{{ journal.kubelet.patterns | selectattr('newest_start') | selectattr('severity', 'eq', 'error') }}"
  loop_control:
    label: "{{ item.location }}"
"""

RETURN = r"""
kubelet:
  description: The journal of the kubelet's unit; null when it could not be read.
  returned: success
  type: dict
  contains:
    unit:
      description: Name of the unit.
      returned: success
      type: str
      sample: kubelet.service
    truncated:
      description: Whether there are older lines or patterns that are not returned.
      returned: success
      type: bool
      sample: false
    oldest:
      description: Time of the oldest line that was read.
      returned: success
      type: str
      sample: "2026-11-23T21:30:00Z"
    newest:
      description: Time of the newest line.
      returned: success
      type: str
      sample: "2026-11-23T21:34:51Z"
    starts:
      description: Starts of the service among these lines, the newest last.
      returned: success
      type: list
      elements: dict
      contains:
        invocation:
          description: Identifier that systemd gave to this start.
          returned: success
          type: str
          sample: 27cff149b6e34f38b743a7ec5abb6e8e
        first:
          description: Time of its first line.
          returned: success
          type: str
          sample: "2026-11-23T21:34:50Z"
        last:
          description: Time of its last line.
          returned: success
          type: str
          sample: "2026-11-23T21:34:51Z"
        lines:
          description: Number of its lines.
          returned: success
          type: int
          sample: 31
        exit_code:
          description: How its main process ended, as systemd logged it; null while it runs.
          returned: success
          type: str
          sample: exited
        exit_status:
          description: Exit status or signal with its name.
          returned: success
          type: str
          sample: 1/FAILURE
    patterns:
      description: Messages with their repetitions, the newest first.
      returned: success
      type: list
      elements: dict
      contains:
        from:
          description: Who logged it.
          returned: success
          type: str
          sample: kubelet
        newest_start:
          description: Whether it belongs to the newest start of the service.
          returned: success
          type: bool
          sample: true
        severity:
          description: V(info), V(warning), V(error) or V(fatal), as the program wrote it; null when it did not.
          returned: success
          type: str
          sample: error
        location:
          description: Source file and line in the program.
          returned: success
          type: str
          sample: run.go:72
        message:
          description: The message without its header and fields.
          returned: success
          type: str
          sample: command failed
        err:
          description: The error that it reports.
          returned: success
          type: str
          sample: "failed to run Kubelet: open /etc/kubernetes/pki/WRONG-CA-FILE.crt: no such file or directory"
        repeats:
          description: How often it was logged.
          returned: success
          type: int
          sample: 29
        first:
          description: When it was logged first.
          returned: success
          type: str
          sample: "2026-11-23T21:30:00Z"
        last:
          description: When it was logged last.
          returned: success
          type: str
          sample: "2026-11-23T21:34:51Z"
        sample:
          description: The last of its messages as logged, at most 2000 characters.
          returned: success
          type: str
          sample: 'E1123 21:34:51.2 4239 run.go:72] "command failed" err="failed to run Kubelet: ..."'
runtime:
  description: The journal of the container runtime's unit, with the keys of RV(kubelet).
  returned: success
  type: dict
  sample: {unit: containerd.service, truncated: false, starts: [], patterns: []}
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
    module = AnsibleModule(argument_spec={**_gather.NODE_SPEC, **_gather.JOURNAL_SPEC}, supports_check_mode=True)
    try:
        result = _gather.gather(module.params, ("units", "journal"))
    except _gather.OptionError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
