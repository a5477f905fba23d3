# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a stand-in kubelet ends."""

from __future__ import annotations


class CommandFailed(Exception):  # noqa: N818 -- named after the message it becomes
    """A start-up gate refused: the text of err= in "command failed", exit status 1."""


class Panic(Exception):  # noqa: N818 -- what Go calls it
    """A Go panic: the text after "panic: ", exit status 2."""


class Exits(Exception):  # noqa: N818
    """The process logs its reason itself and exits with status 1."""
