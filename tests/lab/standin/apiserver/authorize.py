# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may do: administrators everything, nodes what the Node authorizer lets them, others nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .identity import User


@dataclass(frozen=True)
class Action:
    verb: str
    resource: str  # plural, e.g. nodes
    group: str  # API group, "" for core
    namespace: str
    name: str

    @property
    def qualified(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


OPEN_TO_NODES = {"services", "csidrivers", "runtimeclasses", "pods", "events", "certificatesigningrequests", "csinodes"}
BOOTSTRAP = {
    ("create", "certificatesigningrequests"),
    ("get", "certificatesigningrequests"),
    ("list", "certificatesigningrequests"),
}


def refusal(user: User, action: Action, node_authorizer: bool, subresource: str = "") -> str | None:
    """The message of the 403, None when allowed."""
    if user.is_admin:
        return None
    if subresource == "approval":
        return _cannot(user, replace(action, resource=f"{action.resource}/{subresource}"))
    own = user.node if node_authorizer else ""
    if "system:bootstrappers" in user.groups and (action.verb, action.resource) in BOOTSTRAP:
        return None
    if action.resource == "configmaps" and action.namespace == "kube-public" and action.verb == "get":
        return None
    if not own:
        return _cannot(user, action)
    if action.resource == "nodes":
        return _about_node(user, action, own)
    if action.resource == "leases":
        reason = "can only access node lease with the same name as the requesting node"
        return None if action.name == own else _cannot(user, action, reason)
    return None if action.resource in OPEN_TO_NODES else _cannot(user, action)


def _about_node(user: User, action: Action, own: str) -> str | None:
    if action.name == own:
        return None
    if action.verb in ("get", "list", "watch"):
        return _cannot(user, action, f"node '{own}' cannot read '{action.name}', only its own Node object")
    return f'nodes "{action.name}" is forbidden: node "{own}" is not allowed to modify node "{action.name}"'


def _cannot(user: User, action: Action, reason: str = "") -> str:
    shown = f'{action.qualified} "{action.name}"' if action.name and action.verb != "create" else action.qualified
    where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
    tail = f": {reason}" if reason else ""
    return (
        f'{shown} is forbidden: User "{user.name}" cannot {action.verb} resource "{action.resource}" '
        f'in API group "{action.group}" {where}{tail}'
    )
