# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Make a key and a request for a kubelet's client certificate on its node
version_added: "1.0.0"
description:
  - Makes a key (ECDSA, P-256) with openssl, and a request for the subject C(O=system:nodes, CN=system:node:NAME).
  - The key stays in C(/var/lib/nodeclinic/requests), readable to root alone, until a repair has put it beside its certificate.
    A key that nobody used is replaced.
  - Nothing that the kubelet uses is changed.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  node:
    description: Name of the node.
    type: str
    required: true
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.no_diff
requirements:
  - openssl on the node
seealso:
  - module: nodeclinic.kubelet.certificate_issue
"""

EXAMPLES = r"""
- name: Make a key and a request
  nodeclinic.kubelet.certificate_request:
    node: worker-2
  register: asked
"""

RETURN = r"""
request:
  description: Certificate request in PEM. Empty in check mode.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----"
public_key_sha256:
  description: SHA-256 (hexadecimal) of the public key. Empty in check mode.
  returned: success
  type: str
  sample: 3b1f0c7f7dd2ba1f0f3cf6b0a4b9dcdf6a0e7a6d9de5d7a0d7a5b0ecf9de0a11
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import client_key, shell, system


def main() -> None:
    """Makes both and returns the request."""
    module = AnsibleModule(argument_spec={"node": {"type": "str", "required": True}}, supports_check_mode=True)

    def work() -> dict[str, object]:
        node = system.System()
        if module.check_mode:
            client_key.require_openssl(node)
            return {"ok": True, "changed": True, "request": "", "public_key_sha256": ""}
        return {"ok": True, "changed": True, **client_key.make(node, module.params["node"])}

    shell.run(module, work)


if __name__ == "__main__":
    main()
