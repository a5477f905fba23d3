# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of the kubelet's start, in order. A stage that fails ends the process, so nothing behind it shows.

Order read from kubelet 1.36 and seen in its logs. Before about 1.28 the connection to the container runtime came
after the container manager: there, errors of stage 17 (swap) show before those of stage 14 (runtime).
"""

from __future__ import annotations

GATES: dict[int, str] = {
    0: "systemd starts the process",
    1: "command line flags",
    2: "feature gates given as flags",
    3: "validation of flags",
    4: "reading the --config file",
    5: "merging the --config-dir drop-ins",
    6: "feature gates of the configuration file",
    7: "logging options",
    8: "validation of the configuration",
    9: "TLS files and ciphers",
    10: "systemd watchdog",
    11: "host name and lock file",
    12: "kubeconfig and client certificate",
    13: "client CA file",
    14: "connection to the container runtime",
    15: "cgroup driver from the runtime",
    16: "cAdvisor",
    17: "container manager (swap, reserved resources)",
    18: "node address, cloud provider, credential provider",
    19: "listening on port 10250",
    20: "start of the container manager",
}


def hidden_after(gate: int) -> str:
    """One sentence on what a start that stops at ``gate`` cannot show; empty after the last stage."""
    if gate >= max(GATES):
        return ""
    return (
        f"the start stops at stage {gate} of {max(GATES)} ({GATES[gate]}): what only later stages would log shows after"
        " this repair"
    )
