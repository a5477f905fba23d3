# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_certificate
short_description: Ask for a new client certificate where a repair needs one
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Runs M(nodeclinic.kubelet.certificate_request) on a node if a root cause of its diagnosis is its client certificate, the action
    C(renew-client-certificate) is allowed, and a control plane can be asked. Every other node is not contacted.
  - Have M(nodeclinic.kubelet.certificate_issue) sign RV(request), and hand both results to M(nodeclinic.kubelet.repair).
  - That none can be made is told, and is no failure.
extends_documentation_fragment:
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.no_diff
  - nodeclinic.kubelet._reading.action
options:
  diagnosed:
    description: The registered result of M(nodeclinic.kubelet.diagnose) for this node.
    type: dict
    required: true
  brakes:
    description: The registered result of M(nodeclinic.kubelet.repair_brakes). A host that it refuses is left alone.
    type: dict
    default: {}
  cluster:
    description: The registered result of M(nodeclinic.kubelet.cluster_info).
    type: dict
  node_name:
    description: Name of the Node object, if the inventory says it.
    type: str
  allow:
    description: Classes (V(safe), V(needs-approval)) and ids of actions that may be done.
    type: list
    elements: str
    default: [safe]
  deny:
    description: Ids of actions that must not be done. It wins over O(allow).
    type: list
    elements: str
    default: []
  enabled:
    description: V(false) asks for nothing.
    type: bool
    default: true
  risks:
    description: Has no meaning here; a certificate that is only about to expire is not renewed.
    type: bool
    default: false
seealso:
  - module: nodeclinic.kubelet.certificate_request
  - module: nodeclinic.kubelet.certificate_issue
  - module: nodeclinic.kubelet.repair
"""

EXAMPLES = r"""
- name: Ask for a certificate where one is needed
  nodeclinic.kubelet.repair_certificate:
    diagnosed: "{{ diagnosed }}"
    cluster: "{{ control_plane }}"
    allow: [safe, renew-client-certificate]
  register: requested
"""

RETURN = r"""
request:
  description: Certificate request in PEM. Empty where none is needed or none could be made, and in check mode.
  returned: always
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----"
public_key_sha256:
  description: SHA-256 (hexadecimal) of its public key.
  returned: when one was made
  type: str
  sample: 3b1f0c7f7dd2ba1f0f3cf6b0a4b9dcdf6a0e7a6d9de5d7a0d7a5b0ecf9de0a11
node:
  description: Name of the node.
  returned: when one was made
  type: str
  sample: worker-2
known_as:
  description: Names and addresses of the host in the inventory.
  returned: when one was made
  type: list
  elements: str
  sample: [worker-2, 10.0.0.12]
planned:
  description: Whether one would be made without check mode.
  returned: always
  type: bool
  sample: false
reason:
  description: Why none could be made although one is needed.
  returned: always
  type: str
  sample: ""
"""
