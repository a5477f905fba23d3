# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what nodes share as a baseline on the controller. Options are documented in modules/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._baseline_files import holds
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    registered,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.baseline import (
    Node,
    baseline,
    document,
    text,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import read_text, write_atomically
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Observed

ARGUMENT_SPEC = {
    "registered": {"type": "str", "required": True},
    "file": {"type": "path", "default": "./kubelet-baseline.yml"},
    "overwrite": {"type": "bool", "default": False},
}
MODE = 0o644
POOR_EXAMPLES = ("degraded", "down", "unknown")


class ActionModule(ActionBase):
    """Collects what `observe` registered on each host and writes one file."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """A file that holds the same values is left alone; one that holds others is replaced only where asked to."""
        result = super().run(tmp, task_vars)
        del tmp
        options = checked_options(self, ARGUMENT_SPEC)
        read = registered(task_vars or {}, options["registered"], "observed")
        nodes = [_node(entry) for entry in read if entry["observed"]]
        left_out = [f"{entry['name']}: {entry['unreadable']}" for entry in read if not entry["observed"]]
        if not nodes:
            raise AnsibleActionFail("; ".join(left_out) or "there is no node to make a baseline of")
        found, path = baseline(nodes), Path(options["file"])
        with clear_failures():
            before = read_text(path)
        done = {**result, "changed": not holds(before, document(found)), "baseline_file": str(path)}
        done["warnings"] = [*left_out, *(f"{node.name}: {node.doubt}" for node in nodes if node.doubt)]
        if not done["changed"]:
            return done
        after = text(found, nodes, left_out)
        done["diff"] = {"before_header": str(path), "after_header": str(path), "before": before or "", "after": after}
        if self._task.check_mode:
            return done
        if before is not None and not options["overwrite"]:
            raise AnsibleActionFail(
                f"{path} is there already and holds other values: --check --diff shows them,"
                " kubelet_baseline_overwrite (overwrite) replaces the file"
            )
        with clear_failures():
            write_atomically(path, after, MODE)
        return done


def _node(entry: Mapping[str, Any]) -> Node:
    found = entry["diagnosis"]
    doubt = f"{found['verdict']} when it was read ({found['summary']})" if found["verdict"] in POOR_EXAMPLES else ""
    return Node(entry["name"], Observed.from_dict(entry["observed"]), found["captured_at"], doubt)
