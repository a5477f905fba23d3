# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line flags and feature gates that the kubelet refuses."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._config import SET_FLAG, correct
from ._logs import starting_fails

SOURCES = ("kubernetes cmd/kubelet/app/options", "kubernetes CHANGELOG files, sections on removed flags")
DOCKERSHIM_FLAGS = frozenset(
    (
        "network-plugin",
        "network-plugin-mtu",
        "cni-conf-dir",
        "cni-bin-dir",
        "cni-cache-dir",
        "docker",
        "docker-endpoint",
        "image-pull-progress-deadline",
        "experimental-dockershim-root-directory",
        "non-masquerade-cidr",
        "dynamic-config-dir",
    )
)
LOGGING_FLAGS = frozenset(
    (
        "logtostderr",
        "log-dir",
        "log-file",
        "log-file-max-size",
        "alsologtostderr",
        "stderrthreshold",
        "skip-headers",
        "skip-log-headers",
        "add-dir-header",
        "one-output",
        "log-backtrace-at",
    )
)
REMOVED_IN = {
    **dict.fromkeys(DOCKERSHIM_FLAGS, "1.24"),
    **dict.fromkeys(LOGGING_FLAGS, "1.26"),
    "container-runtime": "1.27",
    "pod-infra-container-image": "1.35",
}
REMOVE = Remedy(
    "Remove the flag from the file that gives it (for a unit file: `systemctl daemon-reload`), then `systemctl restart"
    " kubelet`. Parsing stops at the first unknown flag: another may show after it.",
    "remove-flag",
    "safe",
)


def _refused(node: Snapshot) -> tuple[str, Match] | None:
    """The flag that the last start refused, and the line that says so."""
    said = _logs.current(node, "flag-refused", window=None) if starting_fails(node) else None
    return (said.groups["flag"], said) if said else None


def _flag_hit(node: Snapshot, name: str, said: Match) -> Hit:
    flag = node.command_line.flag(name)
    removed = f"was removed in Kubernetes {REMOVED_IN[name]}" if name in REMOVED_IN else "is not a flag of this kubelet"
    version = f" (kubelet {node.host.kubelet_version.split()[-1]})" if node.host.kubelet_version else ""
    where = str(flag.place) if flag else "the command line"
    quoted: tuple[Evidence, ...] = (_quote.flag(flag),) if flag else ()
    return Hit(f"--{name} in {where} {removed}{version}: the kubelet exits at once", (*quoted, _quote.log(said)))


@cause(
    "config/removed-flag-pod-infra-image",
    title="--pod-infra-container-image is passed to a kubelet that no longer has it",
    effect=Effect.DOWN,
    gate=1,
    healthy="kubeadm-flags.env and the drop-ins do not pass --pod-infra-container-image to kubelet 1.35 and newer.",
    see="*unknown flag: --pod-infra-container-image* after an upgrade to 1.35 or newer.",
    why=(
        "kubeadm wrote this flag into kubeadm-flags.env for years. The upgrade by kubeadm 1.35 removes it; a bare"
        " package upgrade, own extra arguments and machine images do not."
    ),
    remedy=REMOVE,
    apart={"config/unknown-flag": "the general form, for flags that are misspelt or not known to be removed"},
    versions="removed in 1.35, deprecated since 1.27",
    sources=SOURCES,
)
def removed_flag_pod_infra_image(node: Snapshot) -> Iterator[Hit]:
    """The last start refused exactly this flag."""
    refused = _refused(node)
    if refused and refused[0] == "pod-infra-container-image":
        yield _flag_hit(node, *refused)


@cause(
    "config/removed-flag-dockershim",
    title="a flag of dockershim is passed to a kubelet that no longer has it",
    effect=Effect.DOWN,
    gate=1,
    explains=("runtime/dockershim-removed",),
    healthy="No dockershim or CNI flag is passed to kubelet 1.24 and newer.",
    see="*unknown flag: --network-plugin* (or --cni-conf-dir, --docker-endpoint, ...) after an upgrade.",
    why="Kubernetes 1.24 removed dockershim with its flags; a kubeadm-flags.env written by 1.23 still holds them.",
    remedy=REMOVE,
    apart={"config/unknown-flag": "the general form"},
    versions="removed in 1.24",
    sources=SOURCES,
)
def removed_flag_dockershim(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a flag that went with dockershim."""
    refused = _refused(node)
    if refused and refused[0] in DOCKERSHIM_FLAGS:
        yield _flag_hit(node, *refused)


@cause(
    "config/removed-flag-container-runtime",
    title="--container-runtime is passed to a kubelet that no longer has it",
    effect=Effect.DOWN,
    gate=1,
    healthy="Only --container-runtime-endpoint (or its field in the configuration file) names the runtime.",
    see="*unknown flag: --container-runtime* after an upgrade to 1.27 or newer.",
    why="With dockershim gone the flag could only say `remote`, and was removed in 1.27.",
    remedy=REMOVE,
    apart={"config/unknown-flag": "the general form; --container-runtime-endpoint is another flag and still valid"},
    versions="removed in 1.27",
    sources=SOURCES,
)
def removed_flag_container_runtime(node: Snapshot) -> Iterator[Hit]:
    """The last start refused exactly this flag."""
    refused = _refused(node)
    if refused and refused[0] == "container-runtime":
        yield _flag_hit(node, *refused)


@cause(
    "config/removed-flag-logging",
    title="a log file flag is passed to a kubelet that no longer has it",
    effect=Effect.DOWN,
    gate=1,
    healthy="The kubelet logs to standard error, and journald keeps it.",
    see="*unknown flag: --logtostderr* (or --log-dir, --log-file, ...) after an upgrade to 1.26 or newer.",
    why="The klog file flags were removed from all components in 1.26; units of binary installations still pass them.",
    remedy=REMOVE,
    apart={"config/unknown-flag": "the general form"},
    versions="removed in 1.26",
    sources=SOURCES,
)
def removed_flag_logging(node: Snapshot) -> Iterator[Hit]:
    """The last start refused one of klog's file flags."""
    refused = _refused(node)
    if refused and refused[0] in LOGGING_FLAGS:
        yield _flag_hit(node, *refused)


@cause(
    "config/unknown-flag",
    title="the kubelet is given a flag that it does not know",
    effect=Effect.DOWN,
    gate=1,
    healthy="Every flag on the command line is one that `kubelet --help` lists.",
    see="*failed to parse kubelet flag: unknown flag: --x*, and an exit with status 1.",
    why="The flag is misspelt, or the binary was upgraded past the release that removed it.",
    remedy=REMOVE,
    apart={
        "config/removed-flag-dockershim": "names the removed flags of dockershim, this one all that are not on a list",
        "service/environment-file-syntax": "the unknown flag may be a piece of a value whose quote is missing",
        "config/removed-flag-container-runtime": "that one is known: removed in 1.27, with nothing to replace it",
        "config/removed-flag-logging": "those of klog are known: removed in 1.26",
        "config/removed-flag-pod-infra-image": "that one is known: removed in 1.35",
        "service/dropin-stale-override": "there the flag stands in a drop-in of /etc that replaces the packaged one",
    },
    versions="up to 1.23 the line reads 'Error: unknown flag'",
    sources=SOURCES,
)
def unknown_flag(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a flag that no more special cause names, or a stray word."""
    refused = _refused(node)
    if refused and refused[0] not in REMOVED_IN:
        yield _flag_hit(node, *refused)
    stray = _logs.current(node, "stray-word", window=None) if starting_fails(node) else None
    if stray:
        text = f"the word {stray.groups['word']!r} on the command line belongs to no flag (a missing quote?)"
        yield Hit(text, (_quote.log(stray),))


@cause(
    "config/flag-value-invalid",
    title="a flag has a value that the kubelet cannot read",
    effect=Effect.DOWN,
    gate=1,
    healthy="Every flag's value has the type that `kubelet --help` names.",
    see='*invalid argument "x" for "--flag"*, and an exit with status 1.',
    why="A number, duration or list was mistyped, or a shell variable in the environment file was left empty.",
    remedy=correct("Correct the value in the file that gives the flag, then `systemctl restart kubelet`.", SET_FLAG),
    apart={"config/type-mismatch": "there the value stands in the configuration file"},
    sources=SOURCES,
)
def flag_value_invalid(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a flag's value."""
    said = _logs.current(node, "flag-value-invalid", window=None) if starting_fails(node) else None
    bare = _logs.current(node, "flag-without-value", window=None) if starting_fails(node) else None
    if bare is not None:
        flag = node.command_line.flag(bare.groups["flag"])
        where = f" ({flag.place})" if flag else ""
        quoted = (_quote.flag(flag),) if flag else ()
        wrong = (f"flags.{flag.name}",) if flag and not flag.value else ()
        text = f"--{bare.groups['flag']}{where} is given without its value"
        yield Hit(text, (*quoted, _quote.log(bare)), at_fault=wrong)
    if said is None:
        return
    flag = node.command_line.flag(said.groups["flag"])
    where = f" ({flag.place})" if flag else ""
    yield Hit(
        f"--{said.groups['flag']}={said.groups['value']}{where} is refused: {said.groups['why'][:120]}",
        (*((_quote.flag(flag),) if flag else ()), _quote.log(said)),
        at_fault=(f"flags.{flag.name}",) if flag and flag.value == said.groups["value"] else (),
    )


@cause(
    "config/node-labels-forbidden",
    title="--node-labels sets a label that a kubelet may not set",
    effect=Effect.DOWN,
    gate=3,
    explains=("apiserver/rbac-missing",),
    healthy="--node-labels uses only kubelet.kubernetes.io/, node.kubernetes.io/ and own prefixes.",
    see="*unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels*, or a 403 that lists labels.",
    why="node-role.kubernetes.io/ and node-restriction.kubernetes.io/ labels may not be set by a kubelet on itself.",
    remedy=correct(
        "Remove the label from --node-labels and set it with `kubectl label node`, then restart the kubelet.", SET_FLAG
    ),
    apart={"apiserver/rbac-missing": "there the 403 names RBAC, here NodeRestriction names labels"},
    versions="1.16 and newer",
    sources=("kubernetes cmd/kubelet/app/options/options.go", "kubernetes plugin/pkg/admission/noderestriction"),
)
def node_labels_forbidden(node: Snapshot) -> Iterator[Hit]:
    """The kubelet refused its own labels, or the API server did."""
    said = _logs.current(node, "node-labels-forbidden")
    if said is None:
        return
    flag = node.command_line.flag("node-labels")
    labels = said.groups.get("labels") or said.groups.get("refused", "")
    where = f" ({flag.place})" if flag else ""
    text = f"--node-labels{where} sets labels that a kubelet may not set: {labels}"
    wrong = ("flags.node-labels",) if flag else ()
    yield Hit(text, (*((_quote.flag(flag),) if flag else ()), _quote.log(said)), at_fault=wrong)


@cause(
    "config/cloud-provider-in-tree",
    title="--cloud-provider names a provider that is no longer built in",
    effect=Effect.DOWN,
    gate=18,
    healthy="--cloud-provider is `external` or absent.",
    see='*cloud provider "aws" was specified, but built-in cloud providers are disabled*.',
    why="The built-in providers were switched off by 1.29 and their code removed by 1.31.",
    remedy=correct(
        "Deploy the provider's cloud-controller-manager, set `--cloud-provider=external` and drop --cloud-config.",
        SET_FLAG,
    ),
    apart={"identity/cloud-provider-uninitialized": "that follows when `external` is set and no controller runs"},
    versions="1.29 and newer",
    sources=("kubernetes pkg/kubelet/kubelet.go",),
)
def cloud_provider_in_tree(node: Snapshot) -> Iterator[Hit]:
    """The last start refused the provider."""
    said = _logs.current(node, "cloud-provider-in-tree", window=None) if starting_fails(node) else None
    if said is None:
        return
    flag = node.command_line.flag("cloud-provider")
    where = f" ({flag.place})" if flag else ""
    text = f"--cloud-provider={said.groups['provider']}{where} is no longer built into the kubelet"
    wrong = ("flags.cloud-provider",) if flag else ()
    yield Hit(text, (*((_quote.flag(flag),) if flag else ()), _quote.log(said)), at_fault=wrong)
