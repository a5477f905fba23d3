# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Keep the diagnoses of a fleet, and say what changed
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Takes the diagnoses that M(nodeclinic.kubelet.diagnose) registered on the hosts of the play, and compares them with what is
    known from earlier runs. It says since when what is wrong is wrong, what is new, and what is gone. What could not be looked at
    is neither.
  - Shows first the nodes that are worse than before as M(nodeclinic.kubelet.report) shows them, then what is still broken, in a
    few lines.
  - Keeps the run as one file, and writes a report and metrics beside it. The form of a run is docs/audit.schema.json.
  - Compares the nodes with each other first, as M(nodeclinic.kubelet.report) does, in whose place it stands.
  - In check mode everything is shown and nothing is kept.
  - Fails when none of the nodes could be judged, as O(fail_on) says, and when the run or what is made of it could not be written.
    Everything is shown and kept before.
  - Runs on the controller. Use it with C(run_once).
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
options:
  registered:
    description: Name of the variable in which each host's result of M(nodeclinic.kubelet.diagnose) is registered.
    type: str
    required: true
  directory:
    description:
      - Directory on the controller in which runs are kept. Of one fleet; another fleet needs its own.
      - Only one audit at a time writes there; another waits for it for up to a minute.
    type: path
    default: ./kubelet-audit
  keep:
    description: Number of runs to keep. V(0) keeps all.
    type: int
    default: 400
  metrics:
    description:
      - File for metrics in the text format of Prometheus, such as one in the directory of node_exporter's textfile collector.
      - Without it, C(metrics.prom) in O(directory).
    type: path
  limited:
    description:
      - Whether only a part of the fleet is in the play. Nodes that are not in it stay as they were then, as long as they are in the
        inventory. Otherwise they are said to be missing.
    type: bool
    default: false
  fleet:
    description: As O(nodeclinic.kubelet.report#module:fleet).
    type: str
    default: auto
    choices: [auto, "off"]
  peers:
    description: As O(nodeclinic.kubelet.report#module:peers).
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
  - module: nodeclinic.kubelet.report
"""

EXAMPLES = r"""
- name: Diagnose
  nodeclinic.kubelet.diagnose:
  become: true
  register: diagnosed

- name: Keep what was found, and say what changed
  nodeclinic.kubelet.audit:
    registered: diagnosed
    directory: /var/lib/kubelet-audit
    metrics: /var/lib/prometheus/node-exporter/nodeclinic.prom
    limited: "{{ ansible_limit is defined }}"
  run_once: true
  delegate_to: localhost
  become: false
"""

RETURN = r"""
at:
  description: Time of the run.
  returned: success
  type: str
  sample: "2026-11-24T03:00:00Z"
run_file:
  description: File in which the run is kept. Null in check mode.
  returned: success
  type: str
  sample: ./kubelet-audit/runs/20261124T030000Z.json
counts:
  description: Nodes by verdict.
  returned: success
  type: dict
  sample: {"healthy": 40, "at_risk": 2, "degraded": 1, "down": 1, "unknown": 1}
changes:
  description: What changed since the last run, as docs/audit.schema.json describes it.
  returned: success
  type: dict
  sample:
    new: [{"host": "worker-2", "id": "certificate/client-expired", "kind": "cause"}]
    gone: []
    verdicts: [{"host": "worker-2", "from": "healthy", "to": "down"}]
    added: []
    missing: []
    renamed: []
    flapping: []
"""
