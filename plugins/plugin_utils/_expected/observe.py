# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a snapshot to what of it can be compared: values by path, with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._model.configuration import Kubeconfig
from .._model.expected import Names, Observed, Seen
from .._model.service import CommandLine
from .._model.snapshot import Snapshot
from . import observe_files, observe_machine
from .defaults import FLAGS, LEGACY, LISTS
from .kept import kept

Found = tuple[str, Seen]
ROLES = ("client", "serving", "client-ca", "server-ca")
_OWN_FIELDS = ("apiVersion", "kind")
_ASKS_RUNTIME = (1, 31)  # from here on a kubelet without a cgroup driver of its own takes the runtime's
_NOT_OWN = ("127.", "::1", "169.254.", "fe80:")  # addresses that every host has, or may have


def observe(node: Snapshot, files: Iterable[str] = ()) -> Observed:
    """Everything of a node that can be compared. ``files`` are paths to look up beside those that the kubelet uses."""
    pieces = (
        _service(node),
        _flags(node),
        _config(node),
        _kubeconfig(node.kubeconfig),
        _certificates(node),
        observe_files.units(node),
        observe_files.files(node, files),
        observe_machine.machine(node),
    )
    values = {path: Seen(kept(seen.value), seen.place) for piece in pieces for path, seen in piece}
    return Observed(values, tuple(_unread(node)), names(node))


def names(node: Snapshot) -> Names:
    """What only this node is called, first those names by which the cluster knows it."""
    flag = line_in_use(node).flag("node-ip")
    own = (node.node_name, node.host.hostname, node.host.hostname.partition(".")[0])
    addresses = (*_words(flag.value if flag else None), *node.cluster.addresses, *(node.host.addresses or ()))
    called = tuple(dict.fromkeys(name for name in own if name and name != "localhost"))
    given = node.value("clusterDNS", "", "cluster-dns")
    # IPVS, and a DNS cache on the node, have the address of the cluster's DNS on each node.
    not_own = {*called, *(map(str, given) if isinstance(given, list) else _words(str(given)))}
    reached = (each for each in addresses if each not in not_own and not each.startswith(_NOT_OWN))
    return Names(called, tuple(dict.fromkeys(reached)))


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _service(node: Snapshot) -> Iterator[Found]:
    for role, unit in (("kubelet", node.kubelet), ("runtime", node.runtime)):
        if unit is not None and unit.known:
            for name, value in (("active", unit.active_state), ("enabled", unit.enabled)):
                if value:
                    yield f"service.{role}.{name}", Seen(value, unit.name)


def line_in_use(node: Snapshot) -> CommandLine:
    """The command line that the next start has; of a refused unit the one on disk, or that of the live process."""
    lines = (node.command_line, node.command_line_on_disk, node.running)
    return next((line for line in lines if line is not None and line.flags), node.command_line)


def _flags(node: Snapshot) -> Iterator[Found]:
    """Flags by name; a bare one is true. Of a repeated one the last wins."""
    for flag in line_in_use(node).flags:
        yield f"flags.{flag.name}", Seen(True if flag.value is None else flag.value, str(flag.place))


def _config(node: Snapshot) -> Iterator[Found]:
    """Leaves of KubeletConfiguration as they take effect: a flag that sets the same wins."""
    line = line_in_use(node)
    if line.flags and line.flag("config") is None:
        yield from ((f"config.{path}", Seen(value, "default without --config")) for path, value in LEGACY.items())
    for path, found in node.config.fields.items():
        if "[" not in path and not isinstance(found.value, dict) and path not in _OWN_FIELDS:
            yield f"config.{path}", Seen(found.value, str(found.place))
    for path, name in FLAGS.items():
        flag = line.flag(name)
        if flag is not None:
            value = _words(flag.value) if path in LISTS else scalar(flag.value)
            yield f"config.{path}", Seen(value, str(flag.place))


def scalar(value: str | None) -> str | bool | int:
    """A flag's text as the field has it."""
    if value is None or value.lower() in ("true", "false"):
        return value is None or value.lower() == "true"
    return int(value) if value.isascii() and value.isdigit() else value


def _kubeconfig(config: Kubeconfig) -> Iterator[Found]:
    if config.server is not None:
        yield "kubeconfig.server", Seen(config.server.value, str(config.server.place))
    trusted = sorted({found.fingerprint_sha256 for found in config.ca.certificates})
    if trusted:
        value = trusted[0] if len(trusted) == 1 else trusted
        yield "kubeconfig.ca_sha256", Seen(value, str(config.ca.place or config.ca.path))


def _certificates(node: Snapshot) -> Iterator[Found]:
    for role in ROLES:
        use = node.certificate(role)
        leaf, place = use.leaf, use.path or str(use.place or "")
        if leaf is None:
            continue
        path = f"certificates.{role}"
        yield f"{path}.issuer", Seen(leaf.issuer, place)
        yield f"{path}.common_name", Seen(leaf.common_name, place)
        yield f"{path}.organizations", Seen(list(leaf.organizations), place)
        yield f"{path}.sans", Seen(list(leaf.sans), place)
        yield f"{path}.remaining_days", Seen(leaf.remaining(node.captured_at).days, place)
        if role.endswith("-ca"):
            prints = sorted({found.fingerprint_sha256 for found in use.certificates})
            yield f"{path}.fingerprint_sha256", Seen(prints[0] if len(prints) == 1 else prints, place)


def _unread(node: Snapshot) -> Iterator[str]:
    """Groups at which nobody could look whole, so that nothing in them is absent."""
    config, kubeconfig = node.config, node.kubeconfig
    unread_drop_in = any(fact.content is None and not fact.absent for fact in config.drop_ins)
    if (config.configured and config.file.content is None) or config.problem or unread_drop_in:
        yield "config"
    if not line_in_use(node).flags:
        yield "flags"
        yield "config"
    elif (
        node.setting("cgroupDriver", "cgroup-driver") is None
        and (node.kubelet_version or _ASKS_RUNTIME) >= _ASKS_RUNTIME
    ):
        yield "config.cgroupDriver"
    if kubeconfig.server is None or kubeconfig.problem:
        yield "kubeconfig"
    elif not kubeconfig.ca.certificates:
        yield "kubeconfig.ca_sha256"
    if not node.kubelet.known:
        yield "unit"
    yield from (f"certificates.{role}" for role in ROLES if node.certificate(role).leaf is None)
