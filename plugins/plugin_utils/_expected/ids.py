# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All entries that comparing can find, by id."""

from __future__ import annotations

from collections.abc import Mapping

from .._model.cause import Cause
from .catalogue import EXPECTED
from .exceptions import EXCEPTIONS
from .recommendations import HARDENING

BY_ID: Mapping[str, Cause] = {found.id: found for found in (*EXPECTED, *EXCEPTIONS, *HARDENING)}
