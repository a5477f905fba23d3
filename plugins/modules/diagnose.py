# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnose
short_description: Find out why a Kubernetes node is broken
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads the evidence of one node with M(nodeclinic.kubelet.node_info), in one round trip, and judges it on the controller.
  - Compares the node with expected values, of which docs/expected.md tells. None has to be declared.
  - Writes the diagnosis to a file on the controller, also in check mode. Nothing is changed on the node.
  - A node that cannot be reached or read does not fail the task. Its verdict is V(unknown), with the reason.
extends_documentation_fragment:
  - nodeclinic.kubelet._node
  - nodeclinic.kubelet._node.journal
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.signatures
  - nodeclinic.kubelet._reading.compared
options:
  results_dir:
    description:
      - Directory on the controller for the result, C(<inventory_hostname>.json). It is made where it is missing.
      - A relative path starts where C(ansible-playbook) was started.
      - Characters that a file name cannot hold safely are percent-encoded.
    type: path
    default: ./kubelet-results
seealso:
  - module: nodeclinic.kubelet.report
  - module: nodeclinic.kubelet.cluster_info
  - module: nodeclinic.kubelet.capture
"""

EXAMPLES = r"""
- name: Find out why these nodes are broken
  nodeclinic.kubelet.diagnose:
    results_dir: /var/tmp/kubelet-results
  become: true
  register: diagnosed

- name: Do something about expired client certificates
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }} needs a new client certificate"
  when: >-
    'certificate/client-expired' in diagnosed.diagnosis.root_causes | map(attribute='id')
"""

RETURN = r"""
diagnosis:
  description: The diagnosis, in the form of the result file (schema nodeclinic.kubelet/result/1).
  returned: always
  type: dict
  contains:
    verdict:
      description: V(healthy), V(at_risk), V(degraded), V(down) or V(unknown).
      returned: always
      type: str
      sample: down
    summary:
      description: One sentence a person can act on.
      returned: always
      type: str
      sample: clientCAFile /etc/kubernetes/pki/WRONG-CA-FILE.crt does not exist
    root_causes:
      description: What is broken, most severe first, each with its evidence and remedy.
      returned: always
      type: list
      elements: dict
      sample: []
    consequences:
      description: What follows from the root causes.
      returned: always
      type: list
      elements: dict
      sample: []
    risks:
      description: What is true and harms later.
      returned: always
      type: list
      elements: dict
      sample: []
    unknowns:
      description: Parts that could not be looked at, with the reason.
      returned: always
      type: list
      elements: dict
      sample: [{"part": "cluster", "status": "not_collected", "reason": "no control plane was asked"}]
    differences:
      description: Every value that is not as expected, by its path, with who expects what.
      returned: always
      type: list
      elements: dict
      sample: [{"path": "config.clusterDNS", "seen": ["10.96.0.99"], "expected": "10.96.0.10", "sources": ["kubelet-config"]}]
    ignored:
      description: Risks and differences that O(ignore) accepts. They do not count.
      returned: always
      type: list
      elements: dict
      sample: [{"path": "config.maxPods", "summary": "maxPods: 50; expected 110", "rule": "config.maxPods", "reason": "GPU node",
        "until": "never"}]
comparison:
  description: What M(nodeclinic.kubelet.report) needs to compare the node with its peers of the run. No stable interface.
  returned: always
  type: dict
  sample: {}
result_file:
  description: Path of the result file on the controller.
  returned: always
  type: str
  sample: ./kubelet-results/worker-2.json
"""
