# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes that the modules which change a node share. Private."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment C(nodeclinic.kubelet._repair)."""

    DOCUMENTATION = r"""
options: {}
notes:
  - Needs root on the node, Python 3.9 or newer, and nothing else.
  - One repair runs on a node at a time. Another one is refused, not queued.
  - Secrets are masked in everything that is returned. Copies of replaced files stay on the node, readable to root
    alone.
"""

    VERIFY = r"""
options:
  stable_seconds:
    description: The unit must run this long with the same main process and without a restart by systemd. From 0 to 600.
    type: float
    default: 20
  verify_timeout:
    description: Seconds within which that must be seen. From 0 to 1200.
    type: float
    default: 90
  healthz:
    description:
      - URL of the kubelet's healthz endpoint, plain HTTP, that must answer C(ok) at the end.
      - Without it, healthz is not asked.
    type: str
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode; nothing on the node is changed then, not even a record written.
  platform:
    support: full
    platforms: posix
    description: Systems on which it works; they need systemd.
  action_group:
    support: full
    membership: [nodeclinic.kubelet.kubelet]
    description: Use C(group/nodeclinic.kubelet.kubelet) in C(module_defaults) to set defaults for all of them.
"""

    DIFF = r"""
attributes:
  diff_mode:
    support: full
    description: Shows differences in diff mode, with secrets masked.
"""

    NO_DIFF = r"""
attributes:
  diff_mode:
    support: N/A
    description: Shows differences in diff mode; no file is changed.
"""
