# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replay
short_description: Judge saved bundles without contacting any host
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Judges one bundle of M(nodeclinic.kubelet.capture), or every bundle in a directory, with the rules that
    M(nodeclinic.kubelet.diagnose) uses on a live node. Prints and writes the results in the same form.
  - The clock of a diagnosis is the time at which the evidence was read, so a replay gives the same result at any time.
  - Bundles that cannot be read are named in the failure of the task, after all others were judged.
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
  - nodeclinic.kubelet._reading.signatures
  - nodeclinic.kubelet._reading.compared
options:
  bundle_dir:
    description:
      - One bundle (a directory with a C(bundle.json)) or a directory of bundles.
      - In a directory of bundles every directory is one, except those whose name begins with a dot.
    type: path
    required: true
  results_dir:
    description: Directory on the controller for the results, each named after its bundle's directory.
    type: path
    default: ./kubelet-results
  fleet:
    description:
      - V(auto) compares bundles that were captured within 10 minutes of each other, as M(nodeclinic.kubelet.report) does.
      - V(off) judges each bundle by itself.
    type: str
    default: "off"
    choices: [auto, "off"]
  fail_on:
    description:
      - Fail when a root cause or risk of this severity or worse was found in any bundle.
      - Unless V(never), a bundle that could not be judged fails the task as well.
    type: str
    default: never
    choices: [never, info, warning, error, critical]
seealso:
  - module: nodeclinic.kubelet.capture
"""

EXAMPLES = r"""
- name: Judge last night's bundles with today's rules
  nodeclinic.kubelet.replay:
    bundle_dir: /var/tmp/kubelet-bundles
    results_dir: /var/tmp/kubelet-results
  run_once: true
"""

RETURN = r"""
verdicts:
  description: Verdict of each bundle.
  returned: success
  type: dict
  sample: {"worker-1": "healthy", "worker-2": "down"}
fleet:
  description: What the bundles share, as M(nodeclinic.kubelet.report) returns it. Null where they share nothing.
  returned: success
  type: dict
  sample: null
"""
