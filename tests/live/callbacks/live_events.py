# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback of the tests alone: one JSON line for each result of a task, in the file that LIVE_EVENTS names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: live_events
type: notification
short_description: Writes each task result to a file
description: For tests that count tasks and look at results as Ansible has them.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] - ansible-core has no type information
    """Writes host, action and result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "live_events"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: Any) -> None:
        line = {
            "host": result.host.get_name(),
            "action": result.task.action,
            "run_once": bool(result.task.run_once),
            "result": result.result,
        }
        with Path(os.environ["LIVE_EVENTS"]).open("a") as file:
            file.write(json.dumps(line) + "\n")

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_unreachable = v2_runner_on_skipped = _write
