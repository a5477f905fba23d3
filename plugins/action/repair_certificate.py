# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a key and a request on a node that needs a new client certificate. Options are documented in modules/."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    run_module,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.actions_renewal import refusal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import cluster_answer
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repairing import POLICY_OPTIONS, policy_of

REQUEST = "nodeclinic.kubelet.certificate_request"

ARGUMENT_SPEC = {
    **{name: POLICY_OPTIONS[name] for name in ("allow", "deny", "enabled", "risks")},
    "diagnosed": {"type": "dict", "required": True},
    "brakes": {"type": "dict", "default": {}},
    "cluster": {"type": "dict"},
    "node_name": {"type": "str"},
}


class ActionModule(ActionBase):
    """Contacts the node only where a new certificate is needed, allowed, and can be signed."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """``request`` is empty where none is needed or none can be made; ``reason`` then says why, if it is needed."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        with clear_failures():
            policy = policy_of(options)
        host, found = str(task_vars["inventory_hostname"]), options["diagnosed"].get("diagnosis") or {}
        nothing = {**result, "changed": False, "request": "", "planned": False, "reason": ""}
        braked = (options["brakes"].get("refused") or {}).get(host)
        needed, reason = refusal(found, policy, cluster_answer(options["cluster"]))
        if braked or not needed or reason:
            return {**nothing, "reason": reason}
        node = str(found["node_name"])
        answer = run_module(self, REQUEST, {"node": node}, task_vars)
        if answer.failure:
            return {**nothing, "reason": str(answer.values.get("msg") or answer.failure)}
        known_as = {host, str(task_vars.get("ansible_host") or host), str(options["node_name"] or host)}
        return {
            **nothing,
            **answer.for_ansible,
            "changed": True,
            "planned": self._task.check_mode,
            "node": node,
            "known_as": sorted(known_as),
            "request": answer.values["request"],
            "public_key_sha256": answer.values["public_key_sha256"],
        }
