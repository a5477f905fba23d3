# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_confirm
short_description: Keep a repair, or undo it
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads and judges a repaired node once more, with the control plane's view where there is one.
  - Undoes all rounds of the repair where a cause that it answered is still there, a new one appeared, or the node is not
    Ready and no other cause explains it.
  - Fails when the repair was undone, here or before.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.signatures
attributes:
  diff_mode:
    support: none
    description: The differences are those that M(nodeclinic.kubelet.repair) showed.
options:
  repaired:
    description: The registered result of M(nodeclinic.kubelet.repair) for this node.
    type: dict
    required: true
  results_dir:
    description: Directory on the controller for the result, C(<inventory_hostname>.json).
    type: path
    default: ./kubelet-results
seealso:
  - module: nodeclinic.kubelet.repair
"""

EXAMPLES = r"""
- name: Keep the repair or undo it
  nodeclinic.kubelet.repair_confirm:
    repaired: "{{ repaired }}"
"""

RETURN = r"""
diagnosis:
  description: The diagnosis after the repair, in the form of the result file, with C(repair), what was done.
  returned: always
  type: dict
  sample: {host: worker-2, verdict: healthy}
result_file:
  description: Path of the result file on the controller.
  returned: always
  type: str
  sample: ./kubelet-results/worker-2.json
"""
