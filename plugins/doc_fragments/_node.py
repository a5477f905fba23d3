# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes that the modules which read a node share. Private."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment C(nodeclinic.kubelet._node)."""

    DOCUMENTATION = r"""
options:
  unit:
    description:
      - systemd unit of the kubelet, with or without C(.service).
      - Without it, the first of C(kubelet.service) and the units of MicroK8s, K3s and RKE2 that exists on the node.
    type: str
  runtime_unit:
    description:
      - systemd unit of the container runtime.
      - Without it, the one that the kubelet's runtime endpoint speaks for, else the one that runs.
    type: str
  profile:
    description:
      - Layout of the node's files and units, as a distribution makes it. V(auto) tells it from the node.
      - Another value says which units and files are looked for where nothing on the node names them.
    type: str
    default: auto
    choices: [auto, kubeadm, manual, k3s, rke2, microk8s, eks, crio, kubespray]
  timeout:
    description:
      - Seconds after which the module stops and returns what it has. What is missing then has status C(timeout).
      - Each command, file and probe has a shorter limit of its own, so that one that hangs costs only itself.
      - From 1 to 600.
    type: int
    default: 30
notes:
  - The node needs Python 3.9 or newer and nothing else. Without privilege, what may not be read has status C(denied).
  - Private keys, tokens and passwords are masked on the node, byte for byte, before anything is returned.
"""

    JOURNAL = r"""
options:
  journal_lines:
    description: At most this many of the newest journal lines of the kubelet's unit are read. From 1 to 20000.
    type: int
    default: 2000
  journal_since:
    description: Older journal lines are not read, in a form that C(journalctl --since) understands, in UTC.
    type: str
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode; nothing on the node is ever changed.
  diff_mode:
    support: N/A
    description: Shows differences in diff mode; there are none.
  platform:
    support: full
    platforms: posix
    description: Systems on which it works.
  action_group:
    support: full
    membership: [nodeclinic.kubelet.kubelet]
    description: Use C(group/nodeclinic.kubelet.kubelet) in C(module_defaults) to set defaults for all of them.
"""

    # Of the modules whose result an action on the controller interprets.
    ACTION = r"""
attributes:
  action:
    support: full
    description: What the node returns is interpreted on the controller.
  async:
    support: none
    description: Can be used with the C(async) keyword.
"""
