# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence: what a node said, as nested dictionaries of plain JSON values. Its parts may be missing or broken."""

from __future__ import annotations


class EvidenceError(ValueError):
    """The evidence or bundle is not one at all. The message is one sentence for the user."""
