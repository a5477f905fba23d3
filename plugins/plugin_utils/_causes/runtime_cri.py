# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime answers, but not as the kubelet needs it: no CRI service, too old, or with a broken configuration."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote, _runtime
from .runtime_service import WITHOUT_RUNTIME

CRI_PLUGINS = ("cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images")
OLDEST_WITH_V1, OLDEST_WITH_CONFIG = (1, 6), (2, 0)


def _disabled(node: Snapshot) -> str:
    """The entry of disabled_plugins that switches CRI off, or empty."""
    entries = _runtime.containerd_config(node).get("disabled_plugins", [])
    return next((e for e in entries if e in CRI_PLUGINS), "") if isinstance(entries, list) else ""


def _line_of(text: str | None, word: str) -> int | None:
    """Line (1-based) on which a word first stands."""
    return next((n for n, line in enumerate((text or "").splitlines(), 1) if word in line), None)


@cause(
    "runtime/cri-plugin-disabled",
    title="containerd runs with its CRI plugin disabled",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    healthy="disabled_plugins in containerd's configuration does not list the CRI plugin.",
    see="*code = Unimplemented desc = unknown service runtime.v1.RuntimeService*.",
    why="Docker's containerd.io package ships a configuration with the plugin disabled; an upgrade put it in place.",
    remedy=Remedy(
        "Take the entry out of disabled_plugins, restart containerd, then the kubelet.",
        "enable-cri-plugin",
        "needs-approval",
    ),
    apart={
        "runtime/cri-v1alpha2-only": "there containerd is older than 1.6 and nothing is disabled",
        "runtime/cri-plugin-load-failed": "there nothing is disabled, and containerd's journal says why it failed",
    },
    sources=("https://github.com/containerd/containerd/issues/8139",),
)
def cri_plugin_disabled(node: Snapshot) -> Iterator[Hit]:
    """disabled_plugins lists CRI: down when the kubelet meets it, a risk before containerd is restarted."""
    entry = _disabled(node)
    if not entry:
        return
    said = _logs.current(node, "cri-unimplemented", window=None)
    path = _runtime.config_path(node)
    line = _line_of(node.file(path).content, "disabled_plugins")
    where = f"{path}:{line}" if line else path
    fact = Evidence("file", f"disabled_plugins = [... {entry!r} ...]", where)
    failing = _logs.starting_fails(node) or said is not None
    text = f"{where} disables containerd's CRI plugin ({entry})"
    yield Hit(
        text if failing else f"{text}: it takes effect at containerd's next restart",
        (fact, *((_quote.log(said),) if said else ())),
        Effect.DOWN if failing else Effect.RISK,
    )


@cause(
    "runtime/cri-plugin-load-failed",
    title="containerd's CRI plugin failed to load",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    healthy="`ctr plugins ls` shows the cri plugins as ok.",
    see="containerd is active and logs *failed to load plugin ... cri*; the kubelet says *unknown service runtime.v1*.",
    why="Options that exclude each other, an unknown snapshotter, or keys of another configuration version.",
    remedy=Remedy("Correct the option that containerd's journal names, restart containerd, then the kubelet."),
    apart={
        "runtime/cri-plugin-disabled": "there the configuration lists the plugin as disabled",
        "runtime/config-invalid": "there containerd does not start at all",
    },
    sources=("containerd plugins/cri",),
)
def cri_plugin_load_failed(node: Snapshot) -> Iterator[Hit]:
    """containerd says so of its newest start, and the kubelet misses the service or cannot start."""
    said = _runtime.runtime_said(node, "cri-plugin-load-failed")
    missed = _logs.current(node, "cri-unimplemented", window=None)
    if said is None or _disabled(node) or not (missed or _logs.starting_fails(node)):
        return
    why = f": {said.groups['why'][:120]}" if said.groups.get("why") else ""
    yield Hit(
        f"containerd could not load {said.groups['plugin']}{why}",
        (_quote.log(said), *((_quote.log(missed),) if missed else ())),
    )


@cause(
    "runtime/cri-v1alpha2-only",
    title="the runtime is too old for CRI v1",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    healthy="containerd is 1.6 or newer, CRI-O 1.20 or newer.",
    see="*CRI v1 runtime API is not implemented for endpoint*, or *unknown service runtime.v1.RuntimeService*.",
    why="Kubernetes 1.26 dropped CRI v1alpha2, and this runtime speaks nothing else.",
    remedy=Remedy("Upgrade the runtime."),
    apart={"runtime/cri-plugin-disabled": "much more common: look at disabled_plugins first"},
    versions="1.26 and newer",
    sources=("https://github.com/kubernetes/website/issues/38385",),
)
def cri_v1alpha2_only(node: Snapshot) -> Iterator[Hit]:
    """The service is missing and the runtime's version is known to be too old."""
    said = _logs.current(node, "cri-unimplemented", window=None)
    version = _runtime.runtime_version(node)
    old = version is not None and version < OLDEST_WITH_V1 and "containerd" in node.host.runtime_version
    if said and old and not _disabled(node):
        text = f"{node.host.runtime_version} does not speak CRI v1, which this kubelet needs"
        yield Hit(text, (_quote.host(node.host.runtime_version, "containerd --version"), _quote.log(said)))


@cause(
    "runtime/version-too-old",
    title="the runtime is too old for this kubelet",
    effect=Effect.DOWN,
    gate=15,
    explains=WITHOUT_RUNTIME,
    compares=("versions.runtime",),
    healthy="The runtime supports the RuntimeConfig call (containerd 2.0, CRI-O 1.28).",
    see="*RuntimeConfig from runtime service failed ... Unimplemented*, and the kubelet exits.",
    why="Newer kubelets ask the runtime for its cgroup driver and no longer fall back when it cannot answer.",
    remedy=Remedy("Upgrade the runtime (containerd 2.x), or keep the kubelet one release back until then."),
    apart={"runtime/containerd-1x-near-end": "that is the warning of kubelets that still fall back"},
    versions="planned for 1.37",
    sources=("kubernetes cmd/kubelet/app/server.go", "kubernetes CHANGELOG-1.36.md"),
)
def version_too_old(node: Snapshot) -> Iterator[Hit]:
    """The last start stopped at the RuntimeConfig call."""
    said = _logs.current(node, "runtime-config-required", window=None) if _logs.starting_fails(node) else None
    if said:
        version = node.host.runtime_version or "the runtime"
        yield Hit(f"{version} cannot tell its cgroup driver, which this kubelet requires", (_quote.log(said),))


@cause(
    "runtime/containerd-1x-near-end",
    title="the next kubelet will refuse this containerd",
    effect=Effect.INFO,
    compares=("versions.runtime",),
    healthy="containerd is 2.0 or newer.",
    see="*CRI implementation should be updated to support RuntimeConfig. Falling back ...*.",
    why="The RuntimeConfig call becomes mandatory in 1.37; containerd 1.7 is out of support since September 2026.",
    remedy=Remedy("Upgrade containerd to 2.x before the kubelet goes to 1.37."),
    apart={
        "runtime/version-too-old": "there the kubelet already refuses",
        "runtime/cgroup-driver-mismatch": "there pods already fail for it",
    },
    versions="warning from 1.31 to 1.36",
    sources=("kubernetes CHANGELOG-1.36.md",),
)
def containerd_near_end(node: Snapshot) -> Iterator[Hit]:
    """containerd 1.x below a kubelet that warns of it."""
    said = _logs.current(node, "runtime-config-fallback", window=None)
    version = _runtime.runtime_version(node)
    known = version is not None and "containerd" in node.host.runtime_version
    if said and (not known or (version is not None and version < OLDEST_WITH_CONFIG)):
        text = f"{node.host.runtime_version or 'the runtime'} will be refused by kubelet 1.37"
        yield Hit(text, (_quote.log(said),))


@cause(
    "runtime/config-invalid",
    title="the runtime cannot read its configuration",
    effect=Effect.DOWN,
    explains=("runtime/service-down", *WITHOUT_RUNTIME),
    gate=14,
    healthy="`containerd config dump` or `crio config` succeeds.",
    see="The runtime's unit fails, and its journal says *failed to load TOML from /etc/containerd/config.toml*.",
    why="A hand edit, a table given twice, a broken drop-in, or a file written by a newer version.",
    remedy=Remedy("Correct the line that the runtime's journal names, then start the runtime."),
    apart={
        "runtime/service-down": "the general form; this is the reason for it",
        "runtime/cri-plugin-load-failed": "there containerd runs, and its CRI plugin alone did not load",
        "runtime/state-corrupt": "there the error is about meta.db or a panic, and config.toml is in order",
    },
    sources=("containerd cmd/containerd/server/config",),
)
def config_invalid(node: Snapshot) -> Iterator[Hit]:
    """The runtime said so in its newest start, and does not run."""
    said = _runtime.runtime_said(node, "runtime-toml-invalid")
    unit, ended = node.runtime, _runtime.supervised_end(node)
    if said is None or (unit is None and ended is None) or (unit is not None and unit.running):
        return
    name = unit.name if unit is not None else f"the containerd of {node.kubelet.name}"
    path = said.groups.get("path", "its configuration")
    text = f"{name} cannot read {path}: {said.groups.get('why', '').strip(' :')[:150]}"
    state = (_quote.unit(unit, "ActiveState", "Result"),) if unit is not None else ()
    lines = (_quote.log(ended),) if ended is not None else ()
    yield Hit(text, (_quote.log(said), *state, *lines), remedy=_template(node) if unit is None else None)


def _template(node: Snapshot) -> Remedy:
    """K3s and RKE2 write the file from a template at each start."""
    path, unit = _runtime.config_path(node), node.kubelet.name.removesuffix(".service")
    return Remedy(
        f"{path} is written anew at each start, from a template beside it where there is one: correct that (config.toml"
        f".tmpl, config-v3.toml.tmpl, config-v3.toml.d), then `systemctl restart {unit}`."
    )


@cause(
    "runtime/state-corrupt",
    title="the runtime's state on disk is damaged",
    effect=Effect.DOWN,
    explains=("runtime/service-down", *WITHOUT_RUNTIME),
    gate=14,
    healthy="The runtime opens its metadata database and recovers its state.",
    see="containerd panics in bolt or says *invalid database*; its unit restarts again and again.",
    why="A power loss or a full disk damaged /var/lib/containerd.",
    remedy=Remedy(
        "Drain the node, stop kubelet and runtime, move /var/lib/containerd away (or `crio wipe`), start them again:"
        " images and containers are made anew."
    ),
    apart={
        "runtime/config-invalid": "errors of the configuration name config.toml",
        "resource/disk-full": "there 'no space left on device' stands in the same log",
    },
    sources=("containerd plugins/metadata (bolt)", "cri-o crio-wipe"),
)
def state_corrupt(node: Snapshot) -> Iterator[Hit]:
    """The runtime said so in its newest start, and does not run."""
    said = _runtime.runtime_said(node, "runtime-state-corrupt")
    unit = node.runtime
    if said and unit is not None and not unit.running:
        yield Hit(f"{unit.name} cannot open its state: {said.pattern.text[:150]}", (_quote.log(said),))
