# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in the format of logrus, which containerd, CRI-O, K3s and RKE2 log with."""

from __future__ import annotations

import json
import re
import sys
import time


def log(level: str, message: str, *, nanoseconds: bool = False, **values: str) -> None:
    """One line on standard error; containerd's have nanoseconds, the supervisors' seconds and the zone."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    fraction = f".{time.time_ns() % 1_000_000_000:09d}" if nanoseconds else ""
    pairs = "".join(f" {key}={_value(value)}" for key, value in values.items())
    sys.stderr.write(f'time="{stamp}{fraction}Z" level={level} msg={_value(message)}{pairs}\n')
    sys.stderr.flush()


def _value(text: str) -> str:
    return text if re.fullmatch(r"[\w./@^+:-]*(\.\.\.)?", text) else json.dumps(text, ensure_ascii=False)
