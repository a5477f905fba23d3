# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does what an act asks for."""

from __future__ import annotations

import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import attributes, kernel, units

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.operations import Act
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System


def do(system: System, act: Act) -> None:
    """Asks systemd or the kernel.

    :raises StepError: they refuse
    """
    if act.kind == attributes.KIND:
        attributes.put(system, act.words["path"], act.words)
    elif act.kind == "sysctl":
        kernel.set_sysctl(system, act.words["name"], act.words["value"])
    elif act.kind == "swapoff":
        kernel.swap_off(system)
    elif act.words["verb"] == "restart":
        units.start_again(system, act.words["unit"])
    elif act.words["verb"] == "unmask":
        units.unmask(system, act.words["unit"])
    else:
        units.ask(system, act.words["verb"], act.words["unit"])
