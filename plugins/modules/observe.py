# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: observe
short_description: Read what of a node can be compared with expected values
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads the evidence of one node with M(nodeclinic.kubelet.node_info), in one round trip, and returns its values by path
    and what is expected of them. M(nodeclinic.kubelet.baseline), M(nodeclinic.kubelet.expected) and
    O(nodeclinic.kubelet.diagnose#module:references) take the registered result.
  - Nothing is written and nothing is changed. A node that cannot be read does not fail the task.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.compared
options:
  name:
    description: What the node is called where others are compared with it. Without it, the host's name in the inventory.
    type: str
  results_dir:
    description: Directory on the controller with what earlier runs left. Nothing is written there.
    type: path
    default: ./kubelet-results
seealso:
  - module: nodeclinic.kubelet.baseline
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Read the node that others are compared with
  nodeclinic.kubelet.observe:
    name: worker-1
  delegate_to: worker-1
  run_once: true
  register: reference
"""

RETURN = r"""
name:
  description: What the node is called.
  returned: success
  type: str
  sample: worker-1
observed:
  description: Values by path, each with its place, and the node's names. Empty where nothing was read.
  returned: success
  type: dict
  sample: {"values": {"config.clusterDNS": [["10.96.0.10"], "/var/lib/kubelet/config.yaml:19"]}, "unread": [], "names": {}}
unreadable:
  description: Why the node could not be read, in one sentence; empty when it was.
  returned: success
  type: str
  sample: ""
diagnosis:
  description: Of the diagnosis of the same evidence C(host), C(captured_at), C(verdict), C(summary) and C(unknowns).
  returned: success
  type: dict
  sample: {"host": "worker-1", "captured_at": "2026-11-24T09:50:00Z", "verdict": "healthy", "summary": "works", "unknowns": []}
comparison:
  description: The values again, and what is expected of them, in the form that the other actions take.
  returned: success
  type: dict
  sample: {"expectations": [], "groups": ["role=worker", ""]}
unpublished:
  description: What the control plane does not publish or would not say, with the reason.
  returned: success
  type: dict
  sample: {}
"""
