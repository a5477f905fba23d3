# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: every cause, one file per group. A cause is added by writing it; it is found by its type."""

from __future__ import annotations

from types import ModuleType

from .._model.cause import Cause
from . import (
    config_file,
    config_flags,
    config_gates,
    config_managers,
    config_values,
    service_dropin,
    service_exec,
    service_process,
    service_state,
    symptoms,
)

_MODULES: tuple[ModuleType, ...] = (
    config_file,
    config_flags,
    config_gates,
    config_managers,
    config_values,
    service_dropin,
    service_exec,
    service_process,
    service_state,
    symptoms,
)

CATALOGUE: tuple[Cause, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Cause)
)
