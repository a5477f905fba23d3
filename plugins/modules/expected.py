# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expected
short_description: Show what is expected of nodes, and by whom
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Prints, for each node that M(nodeclinic.kubelet.observe) registered, every value that is expected of it, who expects it, what
    the node has where that differs, what other sources expect instead, and where the peers have no clear majority.
  - The same is written as C(_expected/<inventory_hostname>.json) to O(results_dir) on the controller, also in check mode.
  - Fails when none of the nodes could be read.
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
options:
  registered:
    description: Name of the variable in which each host's result of M(nodeclinic.kubelet.observe) is registered.
    type: str
    required: true
  results_dir:
    description: Directory on the controller. An earlier run of M(nodeclinic.kubelet.report) may have left peers there.
    type: path
    default: ./kubelet-results
  peers:
    description: Whether peers are asked. V(off) leaves them out.
    type: str
    default: auto
    choices: [auto, "off", "on"]
  peers_max_age:
    description: Days for which the peers of an earlier run are used.
    type: int
    default: 30
seealso:
  - module: nodeclinic.kubelet.observe
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Read the node, with what the control plane publishes
  nodeclinic.kubelet.observe:
    cluster: "{{ control_plane }}"
  register: observed

- name: Show what is expected of it
  nodeclinic.kubelet.expected:
    registered: observed
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
files:
  description: Paths of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [./kubelet-results/_expected/worker-2.json]
"""
