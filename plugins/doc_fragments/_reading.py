# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the actions which read a node share; the code is plugin_utils/_reading.py. Private."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment C(nodeclinic.kubelet._reading)."""

    DOCUMENTATION = r"""
options:
  unit:
    description: systemd unit of the kubelet. Without it, it is found on the node.
    type: str
  runtime_unit:
    description: systemd unit of the container runtime. Without it, it is found on the node.
    type: str
  node_name:
    description: Name of the Node object. Without it, the name under which the kubelet registers.
    type: str
  profile:
    description: Layout of the node's files and units. V(auto) tells it from the node.
    type: str
    default: auto
    choices: [auto, kubeadm, manual, k3s, rke2, microk8s, eks, crio, kubespray]
  journal_lines:
    description: At most this many of the newest journal lines of the kubelet's unit are read.
    type: int
  journal_since:
    description: Older journal lines are not read, in a form that C(journalctl --since) understands.
    type: str
  gather_subset:
    description: Parts of the evidence to read. A part that is left out is an unknown in the result.
    type: list
    elements: str
    choices: [all, units, journal, files, host, probes]
  timeout:
    description: Seconds after which one command or probe on the node is given up.
    type: int
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

    ATTRIBUTES = r"""
attributes:
  action:
    support: full
    description: Runs on the controller.
  action_group:
    support: full
    membership: nodeclinic.kubelet.kubelet
    description: Use C(group/nodeclinic.kubelet.kubelet) in C(module_defaults) to set defaults for all of them.
  async:
    support: none
    description: Can be used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode.
  diff_mode:
    support: N/A
    description: Shows differences in diff mode; there are none.
  platform:
    support: full
    platforms: posix
    description: Systems on which it works.
"""
