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
