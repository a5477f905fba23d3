# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issue
short_description: Have the cluster sign a kubelet's client certificate
version_added: "1.0.0"
description:
  - Submits a certificate request as a CertificateSigningRequest with the signer C(kubernetes.io/kube-apiserver-client-kubelet),
    approves it, and waits for the certificate. Run it on a host of the control plane.
  - It is approved only if the request, as the API server has it, has the subject C(O=system:nodes, CN=system:node:NAME) and
    nothing else, no alternative names or other extensions, the usages of a kubelet's client certificate, and the public key
    that the node reported; and if the cluster has this node, with its name or one of its addresses among O(known_as).
  - The same request again returns the same certificate.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  request:
    description: Certificate request in PEM, as M(nodeclinic.kubelet.certificate_request) makes it on the node.
    type: str
    required: true
  node:
    description: Name of the node.
    type: str
    required: true
  public_key_sha256:
    description: SHA-256 (hexadecimal) of the public key, as the node reported it.
    type: str
    required: true
  known_as:
    description: Names and addresses of the host in the inventory.
    type: list
    elements: str
    required: true
  kubeconfig:
    description:
      - Kubeconfig with the right to create and approve requests.
      - Without it, the one that M(nodeclinic.kubelet.cluster_info) would use.
    type: path
  kubectl:
    description: Name or path of kubectl.
    type: str
    default: kubectl
  timeout:
    description: Seconds to wait for the signature. From 1 to 600.
    type: int
    default: 30
extends_documentation_fragment:
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.no_diff
seealso:
  - module: nodeclinic.kubelet.certificate_request
  - module: nodeclinic.kubelet.repair
"""

EXAMPLES = r"""
- name: Make a key and a request on the node
  nodeclinic.kubelet.certificate_request:
    node: worker-2
  register: asked

- name: Have the cluster sign it
  nodeclinic.kubelet.certificate_issue:
    node: worker-2
    request: "{{ asked.request }}"
    public_key_sha256: "{{ asked.public_key_sha256 }}"
    known_as: ["{{ inventory_hostname }}", "{{ ansible_host }}"]
  delegate_to: "{{ groups['kubelet_control_plane'][0] }}"
  register: issued
"""

RETURN = r"""
certificate:
  description: The certificate in PEM. Empty in check mode.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----"
name:
  description: Name of the CertificateSigningRequest.
  returned: success
  type: str
  sample: nodeclinic-worker-2-3b1f0c7f7dd2ba1f
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _issue
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import cluster
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host


def main() -> None:
    """Returns the certificate, or fails with the reason why there is none."""
    module = AnsibleModule(
        argument_spec={
            "request": {"type": "str", "required": True},
            "node": {"type": "str", "required": True},
            "public_key_sha256": {"type": "str", "required": True, "no_log": False},
            "known_as": {"type": "list", "elements": "str", "required": True},
            "kubeconfig": {"type": "path"},
            "kubectl": {"type": "str", "default": "kubectl"},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    given = module.params
    if not 1 <= given["timeout"] <= 600:
        module.fail_json(msg=f"timeout is {given['timeout']}, but must be from 1 to 600.")
    asked = _issue.Asked(given["request"], given["node"], given["public_key_sha256"], tuple(given["known_as"]))
    host = Host(seconds=given["timeout"] + 120.0, max_processes=given["timeout"] + 20)
    kubeconfig = given["kubeconfig"] or cluster.default_kubeconfig(host)
    try:
        if kubeconfig is None:
            raise _issue.NotIssuedError("no kubeconfig was found")
        _issue.require_kubelets(asked.request, asked)
        if module.check_mode:
            module.exit_json(changed=True, name="", certificate="")
        found = _issue.issue(_issue.Cluster(host, given["kubectl"], kubeconfig), asked, float(given["timeout"]))
    except _issue.NotIssuedError as exc:
        module.fail_json(msg=f"No certificate was issued: {exc}.")
    module.exit_json(changed=True, **found)


if __name__ == "__main__":
    main()
