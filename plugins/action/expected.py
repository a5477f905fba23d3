# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows what is expected of a play's nodes and by whom. Options are documented in modules/."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    registered,
    show,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import OFF, PEER_OPTIONS
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peers import PeerTable
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._peers import known_peers
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.expected import expected_blocks
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._views import (
    views,
    write_views,
)

ARGUMENT_SPEC = {
    "registered": {"type": "str", "required": True},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
    **PEER_OPTIONS,
}


class ActionModule(ActionBase):
    """Collects what `observe` registered on each host, and prints one table for each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails when no node could be read; what is expected of the others is shown before."""
        result = super().run(tmp, task_vars)
        del tmp
        options = checked_options(self, ARGUMENT_SPEC)
        entries = registered(task_vars or {}, options["registered"], "comparison")
        directory = Path(options["results_dir"])
        with clear_failures():
            peers = PeerTable()
            if options["peers"] != OFF:
                peers = known_peers(entries, directory, options["peers_max_age"]).table
            found = views(entries, peers)
            files = write_views(directory, found)
        show(partial(expected_blocks, found, files))
        if entries and not any(entry["observed"] for entry in entries):
            raise AnsibleActionFail("; ".join(f"{entry['name']}: {entry['unreadable']}" for entry in entries))
        return {**result, "changed": False, "files": files}
