# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair
short_description: Repair a Kubernetes node, as far as that is safe
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads and judges the node, plans actions for its root causes, shows the plan, and has the node apply it as one transaction with
    M(nodeclinic.kubelet.repair_apply). The node is then judged again, and the repair is undone where its cause is still there or
    a new one appeared. Start-up faults hide later ones, so this is repeated while something safe is left.
  - In check mode nothing is changed; the differences are returned.
  - Does not fail for what had to be undone, nor where the node could not be read or root is needed.
    M(nodeclinic.kubelet.repair_confirm) does, and must follow.
  - The role R(nodeclinic.kubelet.repair, ansible_collections.nodeclinic.kubelet.repair_role) has both in the right order.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.diff
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.signatures
options:
  diagnosed:
    description: The registered result of M(nodeclinic.kubelet.diagnose) for this node. A healthy node is left alone.
    type: dict
    required: true
  brakes:
    description: The registered result of M(nodeclinic.kubelet.repair_brakes). A host that it refuses is left alone.
    type: dict
    default: {}
  allow:
    description: Classes (V(safe), V(needs-approval)) and ids of actions that may be done.
    type: list
    elements: str
    default: [safe]
  deny:
    description: Classes and ids of actions that must not be done. It wins over O(allow).
    type: list
    elements: str
    default: []
  enabled:
    description: V(false) only says what could be done.
    type: bool
    default: true
  risks:
    description: Also act on risks, which do no harm yet.
    type: bool
    default: false
  rounds:
    description: How often a plan is made and applied at most. At least one is.
    type: int
    default: 3
  stable_seconds:
    description: Seconds for which the kubelet must run with the same main process after a repair.
    type: int
    default: 20
  attempts:
    description: Failed attempts for one finding that are allowed on this node within O(cooldown); V(0) is no limit.
    type: int
    default: 3
  cooldown:
    description: Seconds for which a failed attempt counts.
    type: int
    default: 3600
  expected:
    description:
      - Values that are right, beside what the node itself and the control plane show, as in M(nodeclinic.kubelet.diagnose).
      - Everything else that is expected comes with O(diagnosed).
    type: dict
    default: {}
  peers:
    description: Whether values that the peers of an earlier run share are expected too.
    type: str
    default: auto
    choices: [auto, "off", "on"]
  peers_max_age:
    description: Days for which the peers of an earlier run are used.
    type: int
    default: 30
  requested:
    description:
      - The registered result of M(nodeclinic.kubelet.repair_certificate) for this node, where a new client certificate is
        needed.
    type: dict
    default: {}
  issued:
    description: The registered result of M(nodeclinic.kubelet.certificate_issue) for that request.
    type: dict
    default: {}
  results_dir:
    description: Directory on the controller for the result, C(<inventory_hostname>.json).
    type: path
    default: ./kubelet-results
seealso:
  - module: nodeclinic.kubelet.repair_confirm
  - module: nodeclinic.kubelet.repair_brakes
  - module: nodeclinic.kubelet.repair_rollback
"""

EXAMPLES = r"""
- name: Diagnose
  nodeclinic.kubelet.diagnose:
  register: diagnosed

- name: Repair what is safe, and start a kubelet that somebody stopped
  nodeclinic.kubelet.repair:
    diagnosed: "{{ diagnosed }}"
    allow: [safe, start-kubelet]
  register: repaired

- name: Keep the repair or undo it
  nodeclinic.kubelet.repair_confirm:
    repaired: "{{ repaired }}"
  when: repaired.to_confirm or repaired.failure | length > 0
"""

RETURN = r"""
diagnosis:
  description: The diagnosis after the repair, in the form of the result file, with C(repair), what was done.
  returned: always
  type: dict
  contains:
    repair:
      description: What was done; docs/repair.md describes it.
      returned: always
      type: dict
      sample: {state: committed, reason: "", rounds: [], not_offered: [], uncovered: []}
before:
  description: The diagnosis before the repair.
  returned: always
  type: dict
  sample: {host: worker-2, verdict: down}
comparison:
  description: What is expected of the node, for M(nodeclinic.kubelet.repair_confirm). No stable interface.
  returned: always
  type: dict
  sample: {}
places:
  description: Lines and paths that the repair wrote.
  returned: always
  type: list
  elements: str
  sample: ["/var/lib/kubelet/config.yaml:9"]
to_confirm:
  description: Whether a repair stands that M(nodeclinic.kubelet.repair_confirm) has to confirm.
  returned: always
  type: bool
  sample: true
result_file:
  description: Path of the result file on the controller.
  returned: always
  type: str
  sample: ./kubelet-results/worker-2.json
"""
