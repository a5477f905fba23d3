# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repair_brakes
short_description: Tell which nodes of a run must not be repaired now
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Looks at the diagnoses of all hosts of the play, those of other batches included, before any of them is repaired.
  - A node whose cause is the control plane's is refused, and so are nodes that share one cause with too many others.
  - A node that could not be judged is told too.
  - Runs on the controller. Use it with C(run_once), after all hosts were diagnosed; it fails before that.
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
options:
  registered:
    description: Name of the variable in which each host's result of M(nodeclinic.kubelet.diagnose) is registered.
    type: str
    required: true
  max_share:
    description:
      - Share of the judged nodes (0 to 1) that may have the same root cause. With more, they are all refused.
      - Fewer than three nodes never are.
    type: float
    default: 0.3
seealso:
  - module: nodeclinic.kubelet.repair
"""

EXAMPLES = r"""
- name: Decide which hosts must be left alone
  nodeclinic.kubelet.repair_brakes:
    registered: diagnosed
  run_once: true
  delegate_to: localhost
  register: brakes
"""

RETURN = r"""
refused:
  description: Reasons by host name; hosts that may be repaired are not in it.
  returned: always
  type: dict
  sample: {worker-2: "apiserver/connection-refused is a fault of the control plane, not of this node"}
unable:
  description: Why a node could not be judged, by host name; others are not in it.
  returned: always
  type: dict
  sample: {worker-9: "it could not be judged: the node could not be reached: timed out"}
"""
