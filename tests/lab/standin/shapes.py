# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a log line: what stays the same when another node logs it at another time.

real_lines.yml holds the shapes of lines of a real kubelet; a test compares the stand-in's with them.
"""

from __future__ import annotations

import re

MASKS = [
    (r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ ", r"\1 "),
    (r' event="&Event\{.*', " event=EVENT"),
    (r"https://[^/\s\"\\]+", "https://SERVER"),
    (r"dial tcp [\d.]+:\d+", "dial tcp ADDRESS"),
    (r"lookup \S+ on [\d.]+:53", "lookup HOST on ADDRESS"),
    (r"(valid for|x509: certificate is valid for) .*?, not [\w.-]+", "valid for NAMES, not HOST"),
    (r"current time \S+ is (after|before) [\dT:Z-]+", r"current time TIME is \1 TIME"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z| \+0000 UTC)?", "TIME"),
    (r"worker-99", "OTHER-NODE"),
    (r"worker-\d+", "NODE"),
    (r"NODE\.[0-9a-f]{16}", "NODE.NUMBER"),
    (r'interval="[\d.]+m?s"', "interval=TIME"),
    (r"listen tcp [\d.]+:\d+", "listen tcp ADDRESS"),
    (r"timeout=\d+m\d+s&timeoutSeconds=\d+", "timeout=TIME"),
    (r"(resourceVersion|timeoutSeconds)=\d+", r"\1=NUMBER"),
    (r"\bv1\.\d+\.\d+", "VERSION"),
    (r"Channel #\d+ SubChannel #\d+", "Channel"),
    (r"(PID |/proc/|pid=)\d+", r"\1PID"),
    (r"0x[0-9a-f]+\??", "POINTER"),
    (r" port=\d+", " port=PORT"),
    (r"kubelet-client-[\d-]+\.pem", "kubelet-client-TIME.pem"),
]


def shape(line: str) -> str:
    """The line with its severity, without its time and pid, and with every node-specific part masked."""
    for pattern, replacement in MASKS:
        line = re.sub(pattern, replacement, line)
    return line.strip()
