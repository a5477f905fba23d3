# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
short_description: Tell every certificate that the kubelet uses
version_added: "1.0.0"
description:
  - Finds the certificates from the kubelet's own configuration (kubeconfig, flags, KubeletConfiguration) and not from
    default paths, and tells subject, issuer, names, usages, validity, whether the private key matches, whether the CA
    in use issued it, and whether it names this node.
  - A private key never leaves the node; only the SHA-256 of its public half does.
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
- name: Look at the certificates of the kubelet
  nodeclinic.kubelet.certificate_info:
  register: kubelet

- name: Fail when the client certificate ends within 30 days
  ansible.builtin.assert:
    that: item.chain[0].days_left > 30
  loop: "{{ kubelet.certificates | selectattr('role', 'eq', 'client') }}"
  loop_control:
    label: "{{ item.path }}"
"""

RETURN = r"""
certificates:
  description: One entry for each use of a certificate.
  returned: success
  type: list
  elements: dict
  contains:
    role:
      description: What it is used for, such as C(client), C(serving), C(client_ca) or C(server_ca).
      returned: success
      type: str
      sample: client
    path:
      description: The file that it is in.
      returned: success
      type: str
      sample: /var/lib/kubelet/pki/kubelet-client-current.pem
    place:
      description: Where that file is named.
      returned: success
      type: str
      sample: /etc/kubernetes/kubelet.conf:17
    embedded:
      description: Whether it is embedded in the kubeconfig.
      returned: success
      type: bool
      sample: false
    rotation_link:
      description: Where the symbolic link that rotation renews leads; null for a plain file.
      returned: success
      type: dict
      sample:
        target: kubelet-client-2026-11-23-20-53-12.pem
        resolves: /var/lib/kubelet/pki/kubelet-client-2026-11-23-20-53-12.pem
    problem:
      description: Why it cannot be used; null when it can.
      returned: success
      type: str
      sample: null
    key_path:
      description: The file that its private key is in.
      returned: success
      type: str
      sample: /var/lib/kubelet/pki/kubelet-client-current.pem
    key_matches:
      description: Whether that private key belongs to it; null when that is not known.
      returned: success
      type: bool
      sample: true
    issued_by_trusted:
      description: Whether the CA that the other side trusts issued it; null when that is not known.
      returned: success
      type: bool
      sample: true
    names_this_node:
      description: Whether it is this node's identity (CN C(system:node:NAME), O C(system:nodes)); null for other roles.
      returned: success
      type: bool
      sample: true
    chain:
      description: The certificates in the file, the kubelet's own first.
      returned: success
      type: list
      elements: dict
      sample:
        - subject: CN=system:node:worker-1,O=system:nodes
          common_name: system:node:worker-1
          organizations: [system:nodes]
          issuer: CN=KUBERNETES-CA
          serial: 4f1a09
          sans: []
          key_usages: [digital_signature]
          extended_key_usages: [clientAuth]
          is_ca: false
          self_signed: false
          not_before: "2018-04-20T10:00:00Z"
          not_after: "2019-04-20T10:00:00Z"
          days_left: -2774
          expired: true
          signature_algorithm: sha256WithRSAEncryption
          fingerprint_sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
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
