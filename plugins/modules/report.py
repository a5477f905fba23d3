# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Show the diagnoses of a play's nodes
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Prints the diagnoses that M(nodeclinic.kubelet.diagnose) registered on the hosts of the play, most severe first. There is
    one block for each node that is not healthy and one line for each healthy node.
  - Compares the nodes first, as O(fleet) says.
  - Colours are used where Ansible uses them. Text that came from a node is shown as text, whatever it contains.
  - Fails when none of the nodes could be judged, and as O(fail_on) says. Everything is shown before.
  - Runs on the controller. Use it with C(run_once).
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
options:
  registered:
    description: Name of the variable in which each host's result of M(nodeclinic.kubelet.diagnose) is registered.
    type: str
    required: true
  fleet:
    description:
      - V(auto) compares the nodes. A failure of the API endpoint that they share is then one cause of the fleet, shown first and
        written to C(_fleet.json) beside the results, and a consequence in each node's result file.
      - The registered results stay as they are.
    type: str
    default: auto
    choices: [auto, "off"]
  peers:
    description:
      - V(auto) compares each node with the values that a clear majority of its peers share, and writes its result file again
        where that changes it. V(off) does not.
      - Peers are the nodes of a group (O(nodeclinic.kubelet.diagnose#module:peer_group_by)). Those of this run count where they
        are at least four, and at least half as many as in the last run that had more. What they share is written to
        C(_peers.json) beside the results, with which a later run over a single node is compared.
    type: str
    default: auto
    choices: [auto, "off", "on"]
  peers_max_age:
    description: Days for which the peers of an earlier run are used.
    type: int
    default: 30
  fail_on:
    description:
      - Fail when a root cause or risk of this severity or worse was found on any node.
      - Unless V(never), a node that could not be judged fails the task as well.
    type: str
    default: never
    choices: [never, info, warning, error, critical]
seealso:
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Diagnose
  nodeclinic.kubelet.diagnose:
  become: true
  register: diagnosed

- name: Show what was found, and stop the pipeline for whatever keeps a node from working
  nodeclinic.kubelet.report:
    registered: diagnosed
    fail_on: error
  run_once: true
"""

RETURN = r"""
verdicts:
  description: Verdict of each host.
  returned: success
  type: dict
  sample: {"worker-1": "healthy", "worker-2": "down"}
fleet:
  description:
    - What the nodes share, in the form of a node's result with the fleet's causes as C(root_causes). Each names the C(nodes) that
      it covers.
    - Null where they share nothing.
  returned: success
  type: dict
  sample: null
split:
  description:
    - Values of which the peers of a group have one on about one half of the nodes, and another one on the other half, so that
      nothing is expected. Each has the C(group), the C(path), and as C(values) a list of value and number of nodes.
  returned: success
  type: list
  elements: dict
  sample: []
notes:
  description: Sentences about the run, as they are shown.
  returned: success
  type: list
  elements: str
  sample: []
"""
