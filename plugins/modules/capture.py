# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: capture
short_description: Save the evidence of a Kubernetes node as a bundle
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads the evidence of one node with M(nodeclinic.kubelet.node_info), in one round trip, and writes it as a directory of
    files on the controller. M(nodeclinic.kubelet.replay) judges it later, elsewhere or with newer rules.
  - Secrets are masked on the node, before anything leaves it. Nothing is changed on the node.
  - Fails for a node that cannot be read.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.signatures
  - nodeclinic.kubelet._reading.compared
options:
  bundle_dir:
    description:
      - Directory on the controller below which each host gets a directory of its own, named C(<inventory_hostname>).
      - The bundle is written beside its place and moved there when it is complete.
    type: path
    required: true
  overwrite:
    description: Whether a bundle that is there already is replaced. Otherwise the task fails and the bundle is kept.
    type: bool
    default: false
  results_dir:
    description: Where given, the same evidence is also judged, and the result written there as C(<inventory_hostname>.json).
    type: path
seealso:
  - module: nodeclinic.kubelet.replay
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Save the evidence before anything is repaired
  nodeclinic.kubelet.capture:
    bundle_dir: /var/tmp/kubelet-bundles
  become: true
"""

RETURN = r"""
bundle:
  description: Directory of the bundle on the controller.
  returned: success
  type: str
  sample: /var/tmp/kubelet-bundles/worker-2
result_file:
  description: Path of the result file on the controller.
  returned: when O(results_dir) is given
  type: str
  sample: ./kubelet-results/worker-2.json
"""
