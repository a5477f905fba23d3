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
  - Reads the evidence of one node with M(nodeclinic.kubelet.node_info), in one round trip, and returns its values by path,
    in the form that O(nodeclinic.kubelet.diagnose#module:references) and M(nodeclinic.kubelet.baseline) take.
  - Nothing is written and nothing is changed. A node that cannot be read does not fail the task.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
options:
  name:
    description: What the node is called where others are compared with it. Without it, the host's name in the inventory.
    type: str
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
  description: Values by path, each with its place, and what else is needed to compare them. Empty where nothing was read.
  returned: success
  type: dict
  sample: {"values": {"config.clusterDNS": [["10.96.0.10"], "/var/lib/kubelet/config.yaml:19"]}, "unread": [], "names": {}}
unreadable:
  description: Why the node could not be read, in one sentence; empty when it was.
  returned: success
  type: str
  sample: ""
read_at:
  description: When the node was read, by its own clock, in UTC.
  returned: success
  type: str
  sample: "2026-11-24T09:50:00Z"
verdict:
  description: Verdict of a diagnosis of the same evidence.
  returned: success
  type: str
  sample: healthy
summary:
  description: Summary of that diagnosis.
  returned: success
  type: str
  sample: the kubelet works
"""
