# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes that the actions have in common; the code is plugin_utils/_reading.py. Private."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment C(nodeclinic.kubelet._reading)."""

    DOCUMENTATION = r"""
options:
  node_name:
    description: Name of the Node object. Without it, the name under which the kubelet registers.
    type: str
  gather_subset:
    description:
      - Parts of the evidence to read. V(all) is everything, V(min) is V(units), V(journal) and V(files).
      - A part with C(!) before it is left out. What is left out is an unknown in the result.
    type: list
    elements: str
    default: [all]
    choices: [all, min, units, journal, files, host, probes, "!units", "!journal", "!files", "!host", "!probes"]
  cluster:
    description:
      - The registered result of M(nodeclinic.kubelet.cluster_info), from which the view of this node is taken.
      - Without it, and after a skipped task, the control plane's view is an unknown.
    type: dict
  cluster_query:
    description: Whether a control plane was to be asked. With V(off) the unknown says so.
    type: str
    default: auto
    choices: [auto, "off"]
"""

    ACTION = r"""
attributes:
  action:
    support: full
    description: Runs on the controller.
  async:
    support: none
    description: Can be used with the C(async) keyword.
"""

    # Of the actions that compare a node with expected values; the code is plugin_utils/_comparison.py.
    COMPARED = r"""
options:
  expected:
    description:
      - What the node should be, as docs/expected.md describes it. Values by group (C(service), C(flags), C(config),
        C(kubeconfig), C(certificates), C(unit), C(files), C(versions), C(kernel), C(swap), C(runtime), C(cni)), nested
        as in the files that they are about. A value may be a matcher, a mapping with one of C(exact), C(one_of),
        C(regex), C(range), C(at_least), C(at_most), C(absent) and C(present).
      - It has precedence over every other source. A difference is a risk; one that belongs to a root cause is told
        with it.
    type: dict
    default: {}
  expected_from:
    description:
      - Nodes to compare with (C(node:worker-1), a host of the inventory, read once for the run) and baselines that
        C(playbooks/baseline.yml) wrote (C(file:PATH), from the inventory's directory, else from where
        C(ansible-playbook) was started). The first that says anything about a value counts.
    type: list
    elements: str
    default: []
  references:
    description:
      - The registered result of M(nodeclinic.kubelet.observe) for the nodes in O(expected_from), in a loop or not.
      - A node that it does not hold, or that could not be read, expects nothing; the result says so under C(unknowns).
    type: dict
  ignore:
    description:
      - Findings and differences that are known and accepted. Each item has C(id) or C(path) (globs), C(reason), and
        C(until), the last day as C(YYYY-MM-DD) or V(never). A day that has passed is reported.
      - What makes a node down or degraded is never hidden.
    type: list
    elements: dict
    default: []
  hardening:
    description: Whether the node is also compared with recommendations of the CIS Kubernetes Benchmark for kubelets.
    type: bool
    default: false
  peers:
    description:
      - Whether the node is compared with the values that a clear majority of its peers share. V(auto) does so where
        enough of them are known, from this run or from an earlier one in the same directory of results.
      - After M(nodeclinic.kubelet.diagnose), M(nodeclinic.kubelet.report) does it, which has the results of all nodes.
      - In a replay only V(on) compares, for bundles may be of different clusters.
    type: str
    default: auto
    choices: [auto, "off", "on"]
  peers_max_age:
    description: Days for which the peers of an earlier run are used.
    type: int
    default: 30
  peer_group_by:
    description:
      - What the nodes of a group have in common. C(role), C(profile) and C(os) are told from the node,
        C(instance_type) from the label of its Node object; every other name is an inventory variable.
    type: list
    elements: str
    default: [role, profile, os]
"""

    # Of the actions that judge.
    SIGNATURES = r"""
options:
  extra_signatures:
    description:
      - Log signatures of your own, beside those of the catalogue. Each item is a signature (a mapping) or the path of
        a YAML file on the controller that holds a list of them. A relative path starts at the inventory's directory,
        else where C(ansible-playbook) was started.
      - Keys of a signature are C(id) (C(layer/name)), C(pattern) (a Python regular expression), C(severity)
        (V(critical), V(error), V(warning) or V(info)), C(title), C(remedy), C(match) (log lines that must match), and
        optionally C(nomatch) (lines that must not), C(explains) (ids or globs of what follows from it), C(source)
        (V(kubelet), V(systemd), V(runtime) or V(any)) and C(once_per_start).
      - They are checked before a node is contacted. A pattern that takes longer than a second on a node is stopped,
        and the result says so under C(rule_errors).
    type: list
    elements: raw
    default: []
"""
