# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a repair early."""

from __future__ import annotations


class RefusedError(Exception):
    """Nothing was changed; the message is one sentence that says why."""


class StepError(Exception):
    """A step failed after changes had begun; the message is one sentence. What was changed is rolled back."""


class NotEndedError(StepError):
    """A program was not waited for any longer. What it has asked of systemd goes on."""
