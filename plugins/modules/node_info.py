# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Read everything that tells why a kubelet does not work, in one round trip
version_added: "1.0.0"
description:
  - Reads the units of the kubelet and of the container runtime, their journals, every file that the kubelet uses, facts
    about the host, and probes from the node (name resolution, connection, TLS and HTTP to the API server with the
    node's own client certificate, healthz of the kubelet, the runtime's socket).
  - Everything is bounded in time and size. At most 25 programs are started and about 256 KiB returned.
  - What is returned are raw facts. M(nodeclinic.kubelet.diagnose) runs this module and tells what they mean.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  gather_subset:
    description:
      - Parts to read. V(all) is everything, V(min) is V(units), V(journal) and V(files).
      - A part with C(!) before it is left out; with only such names, all other parts are read.
    type: list
    elements: str
    default: [all]
    choices:
      - all
      - min
      - units
      - journal
      - files
      - host
      - probes
      - "!units"
      - "!journal"
      - "!files"
      - "!host"
      - "!probes"
  files:
    description:
      - Absolute paths of further files of which kind, owner and mode are read; their content is not. At most 64.
    type: list
    elements: str
    default: []
  sysctls:
    description:
      - Further kernel settings that are read, such as V(vm.max_map_count). At most 64. Secret ones are not.
    type: list
    elements: str
    default: []
  node_name:
    description:
      - Name of the Node object that is asked for. Without it, O(ignore:--hostname-override) of the kubelet,
        else the host name.
    type: str
  raw_journal:
    description: Also return the masked journal lines themselves, as a bundle has them.
    type: bool
    default: false
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
seealso:
  - module: nodeclinic.kubelet.diagnose
  - module: nodeclinic.kubelet.capture
"""

EXAMPLES = r"""
- name: Read everything
  nodeclinic.kubelet.node_info:
  register: node

- name: Read only what is quick, from a node where the runtime hangs
  nodeclinic.kubelet.node_info:
    gather_subset: [min]
    timeout: 10

- name: Read all but the probes, of a kubelet with another unit name
  nodeclinic.kubelet.node_info:
    unit: my-kubelet.service
    gather_subset: ["!probes"]
"""

RETURN = r"""
evidence:
  description:
    - What was read, unjudged and masked, in the format C(node-bundle/1).
    - Give it to nothing but this collection; M(nodeclinic.kubelet.diagnose) says what it means.
  returned: success
  type: dict
  contains:
    format:
      description: Name and version of the format.
      returned: success
      type: str
      sample: node-bundle/1
    node:
      description: Host name of the node.
      returned: success
      type: str
      sample: worker-2
    captured_at:
      description: When it was read, in UTC; the clock of every judgement about it.
      returned: success
      type: str
      sample: "2026-11-23T21:34:56Z"
    kubelet_unit:
      description: Unit of the kubelet.
      returned: success
      type: str
      sample: kubelet.service
    runtime_unit:
      description: Unit of the container runtime; null when it has none of its own or none was found.
      returned: success
      type: str
      sample: containerd.service
    parts:
      description:
        - What became of each part, with the reason where it is not C(ok).
        - A part like C(files:/etc/shadow) or C(journal:containerd.service) tells of that piece only.
      returned: success
      type: dict
      sample: {units: {status: ok, reason: ""}, probes: {status: not_collected, reason: not asked for}}
    units:
      description: Properties, text and state of the units of the kubelet and of the container runtime.
      returned: when gathered
      type: dict
      sample: {kubelet.service: {active: active, enabled: enabled}}
    journal:
      description:
        - Their journals, reduced to starts and patterns. C(kernel) holds the kernel's messages of this boot that tell of a
          fault (disks, memory, hung mounts).
      returned: when gathered
      type: dict
      sample: {kubelet.service: {lines: 812, truncated: false}}
    files:
      description: Facts of files by path, with masked text and, for private keys, the SHA-256 of the public half.
      returned: when gathered
      type: dict
      sample: {/etc/kubernetes/bootstrap-kubelet.conf: {type: absent}}
    host:
      description: Operating system, memory, disks, listening ports, clock, kernel settings, versions.
      returned: when gathered
      type: dict
      sample: {hostname: worker-2, cgroup: v2}
    probes:
      description: Name resolution, connection, TLS, HTTP answers and the runtime's socket, seen from the node.
      returned: when gathered
      type: list
      elements: dict
      sample: [{probe: connect, host: controlplane, port: 6443, status: refused}]
    raw_journal:
      description: Masked journal lines of each unit, as C(journalctl -o json) writes them.
      returned: when O(raw_journal=true)
      type: dict
      sample: {kubelet.service: "{}"}
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
    module = AnsibleModule(
        argument_spec={
            **_gather.NODE_SPEC,
            **_gather.JOURNAL_SPEC,
            "gather_subset": {
                "type": "list",
                "elements": "str",
                "default": [_gather.ALL],
                "choices": list(_gather.SUBSETS),
            },
            "files": {"type": "list", "elements": "str", "default": []},
            "sysctls": {"type": "list", "elements": "str", "default": []},
            "node_name": {"type": "str"},
            "raw_journal": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = _gather.gather(module.params, _gather.parts_of(module.params["gather_subset"]))
    except _gather.OptionError as exc:
        module.fail_json(msg=str(exc), options_refused=True)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
