# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_info
short_description: Tell which configuration the kubelet really uses, and where each value comes from
version_added: "1.0.0"
description:
  - Follows the kubelet's unit, its drop-ins in systemd's order and its EnvironmentFiles to the effective command line,
    with the file and line of every flag, and compares it with the arguments of the running process.
  - Reads KubeletConfiguration with its drop-in directory merged, and the kubeconfigs through their current context.
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
- name: Read the configuration of the kubelet
  nodeclinic.kubelet.config_info:
  register: config

- name: Show where the CA file for clients is set
  ansible.builtin.debug:
    msg: "{{ item.value }} from {{ item.place }}"
  loop: >-
    {{ config.kubelet_configuration.fields
       | selectattr('name', 'eq', 'authentication.x509.clientCAFile') }}
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
command_line:
  description: The command line that systemd starts.
  returned: success
  type: dict
  contains:
    binary:
      description: The program.
      returned: success
      type: str
      sample: /usr/bin/kubelet
    place:
      description: File and line of the ExecStart in effect.
      returned: success
      type: str
      sample: /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:11
    flags:
      description: Every flag with its value and the file and line that it comes from.
      returned: success
      type: list
      elements: dict
      sample:
        - name: config
          value: /var/lib/kubelet/config.yaml
          place: /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:4
          origin: KUBELET_CONFIG_ARGS
command_line_after_reload:
  description: The command line on disk where systemd has not read it yet, with the keys of RV(command_line); else null.
  returned: success
  type: dict
  sample: null
running_differs:
  description: Flags whose values differ between the unit and the running process; null when none runs.
  returned: success
  type: list
  elements: dict
  sample: [{name: v, configured: "2", running: "4"}]
environment_files:
  description: EnvironmentFiles of the unit.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /var/lib/kubelet/kubeadm-flags.env
      optional: true
      place: /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:6
      file: {path: /var/lib/kubelet/kubeadm-flags.env, type: file, mode: "0644", resolves: null}
kubelet_configuration:
  description: The effective KubeletConfiguration.
  returned: success
  type: dict
  contains:
    path:
      description: The file that O(ignore:config) names.
      returned: success
      type: str
      sample: /var/lib/kubelet/config.yaml
    place:
      description: Where the flag that names it is set.
      returned: success
      type: str
      sample: /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:4
    file:
      description: Type, mode and link target of the file.
      returned: success
      type: dict
      sample: {path: /var/lib/kubelet/config.yaml, type: file, mode: "0644", resolves: null}
    drop_ins:
      description: Files of the drop-in directory that are merged into it, in their order.
      returned: success
      type: list
      elements: str
      sample: []
    fields:
      description: Every field with its value and the file and line that it comes from.
      returned: success
      type: list
      elements: dict
      sample:
        - name: authentication.x509.clientCAFile
          value: /etc/kubernetes/pki/ca.crt
          place: /var/lib/kubelet/config.yaml:9
    unknown_fields:
      description: Fields that no kubelet knows.
      returned: success
      type: list
      elements: dict
      sample: []
    problems:
      description: What keeps the kubelet from reading it.
      returned: success
      type: list
      elements: str
      sample: []
kubeconfig:
  description: The kubeconfig through its current context; null when no flag names one.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      returned: success
      type: str
      sample: /etc/kubernetes/kubelet.conf
    place:
      description: Where the flag that names it is set.
      returned: success
      type: str
      sample: /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:3
    file:
      description: Type, mode and link target of the file.
      returned: success
      type: dict
      sample: {path: /etc/kubernetes/kubelet.conf, type: file, mode: "0600", resolves: null}
    current_context:
      description: Name of the context in use.
      returned: success
      type: str
      sample: default-context
    server:
      description: Address of the API server.
      returned: success
      type: str
      sample: https://controlplane:6443
    server_place:
      description: Where it is set.
      returned: success
      type: str
      sample: /etc/kubernetes/kubelet.conf:5
    certificate_authority:
      description: Where the CA certificate is, embedded or in a file.
      returned: success
      type: dict
      sample: {kind: data, path: null, place: "/etc/kubernetes/kubelet.conf:4", resolves: null, problem: null}
    client_certificate:
      description: Where the client certificate is, embedded or in a file.
      returned: success
      type: dict
      sample:
        kind: file
        path: /var/lib/kubelet/pki/kubelet-client-current.pem
        place: /etc/kubernetes/kubelet.conf:17
        resolves: /var/lib/kubelet/pki/kubelet-client-2026-11-23-20-53-12.pem
        problem: null
    client_key:
      description: Where the private key is, embedded or in a file.
      returned: success
      type: dict
      sample: {kind: file, path: /var/lib/kubelet/pki/kubelet-client-current.pem, problem: null}
    has_token:
      description: Whether a token is set. The token itself never leaves the node.
      returned: success
      type: bool
      sample: false
    exec_command:
      description: Program that is asked for credentials.
      returned: success
      type: str
      sample: null
    proxy_url:
      description: Proxy towards the API server.
      returned: success
      type: str
      sample: null
    insecure_skip_tls_verify:
      description: Whether the server's certificate goes unverified.
      returned: success
      type: bool
      sample: false
    problems:
      description: What keeps the kubelet from using it.
      returned: success
      type: list
      elements: str
      sample: []
bootstrap_kubeconfig:
  description: The bootstrap kubeconfig, with the keys of RV(kubeconfig); null when no flag names one.
  returned: success
  type: dict
  sample: null
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
        result = _gather.gather(module.params, ("units", "files", "host"))
    except _gather.OptionError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
