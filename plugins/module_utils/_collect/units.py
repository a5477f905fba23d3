# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's unit and the container runtime's, as systemd has them."""

from __future__ import annotations

import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles, _redact, _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

# Units of these kinds can fail or be missing; slices and targets are always there.
_STARTED = (".service", ".socket", ".mount", ".device")
_MOST_REQUIRED = 20

Show = t.Dict[str, str]  # noqa: UP006 - evaluated at run time, also by Python 3.9


class Shown(t.NamedTuple):
    """Properties of units by the name they were asked for, and how asking went."""

    shows: dict[str, Show]
    status: str
    reason: str


def show(host: Host, units: t.Sequence[str]) -> Shown:
    """`systemctl show` of several units at once; nothing in it is secret any more."""
    result = host.run(["systemctl", "show", "--no-pager", "--", *units], timeout=5.0)
    if result.status != _schema.OK or (result.exit_code and not result.out.strip()):
        return Shown({}, _status(result), _reason(result))
    blocks = [parse_show(_redact.redact(block)) for block in result.out.strip("\n").split("\n\n")]
    if len(blocks) == len(units):
        return Shown(dict(zip(units, blocks)), _schema.OK, "")
    return Shown({block.get("Id", ""): block for block in blocks}, _schema.OK, "")


def parse_show(text: str) -> Show:
    """Properties of `systemctl show`; what is given several times is joined with line ends."""
    properties: Show = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals:
            properties[key] = f"{properties[key]}\n{value}" if key in properties else value
    return properties


def cat(host: Host, unit: str) -> str:
    """`systemctl cat`: unit file and drop-ins with their paths; empty when systemd refuses."""
    return _redact.redact(host.run(["systemctl", "cat", "--no-pager", "--", unit], timeout=5.0).out)


def unit_evidence(properties: Show, text: str) -> dict[str, t.Any]:
    """The evidence of one unit."""
    absent = properties.get("LoadState") in ("not-found", "masked")
    return {
        "show": properties,
        "cat": text,
        "enabled": properties.get("UnitFileState") or (properties["LoadState"] if absent else ""),
        "active": properties.get("ActiveState", ""),
    }


def required(host: Host, properties: Show) -> dict[str, t.Any]:
    """The states of services, sockets and mounts without which systemd does not start a unit; none in most cases."""
    words = " ".join(properties.get(key, "") for key in ("Requires", "Requisite", "BindsTo")).split()
    names = sorted({word for word in words if word.endswith(_STARTED)})[:_MOST_REQUIRED]
    if not names:
        return {}
    argv = ["systemctl", "show", "--no-pager", "--property=Id,LoadState,ActiveState,SubState,UnitFileState", "--"]
    blocks = host.run([*argv, *names], timeout=5.0).out.strip("\n").split("\n\n")
    if len(blocks) != len(names):
        return {}
    return {name: unit_evidence(parse_show(block), "") for name, block in zip(names, blocks)}


def kubelet_unit(shows: t.Mapping[str, Show], candidates: t.Sequence[str]) -> str:
    """The unit of this host's kubelet: of those that exist one that is not stopped, else the first of them."""
    loaded = [unit for unit in candidates if _is_loaded(shows.get(unit))]
    active = [unit for unit in loaded if not _is_stopped(shows[unit])]
    return next(iter([*active, *loaded]), candidates[0])


def runtime_unit(row: _profiles.Profile, shows: t.Mapping[str, Show], endpoint: str) -> str | None:
    """The unit of the container runtime that this kubelet uses; None when it has none of its own or none is known.

    :param endpoint: text with the kubelet's runtime endpoint, empty when unknown
    """
    if row.embeds_runtime:
        return None
    loaded = [runtime for runtime in _profiles.RUNTIMES if _is_loaded(shows.get(runtime.unit))]
    own = [r for r in loaded if row.runtime_units and r.unit.startswith(row.runtime_units)]
    named = [r for r in loaded if r.socket in endpoint] or [r for r in loaded if r.word in endpoint]
    active = [r for r in loaded if not _is_stopped(shows[r.unit])]
    preferred = [*own, *named] if row.embeds_kubelet else [*named, *own]
    return next((runtime.unit for runtime in [*preferred, *active, *loaded]), None)


def _is_loaded(properties: Show | None) -> bool:
    return (properties or {}).get("LoadState") not in (None, "not-found")


def _is_stopped(properties: Show) -> bool:
    return properties.get("ActiveState") in ("inactive", "failed")


def _status(result: RunResult) -> str:
    if result.status != _schema.OK:
        return result.status
    denied = "denied" in result.err.lower() or "not permitted" in result.err.lower()
    return _schema.DENIED if denied else _schema.ERROR


def _reason(result: RunResult) -> str:
    if result.status == _schema.ABSENT:
        return "there is no systemctl on this host"
    if result.status == _schema.TIMEOUT:
        return f"systemctl did not answer in {result.seconds:.0f} s"
    return _redact.redact(result.err.strip().partition("\n")[0]) or "systemctl failed"
