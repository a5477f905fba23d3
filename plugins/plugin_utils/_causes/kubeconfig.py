# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig as a file: missing, broken, or without the context that it names.

With a bootstrap kubeconfig configured, nearly all of these end in the same last line, ``unable to load bootstrap
kubeconfig: stat ...: no such file or directory``, which names the wrong file. The state of the files decides here; the
line before the last one is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _quote
from ._api import START, alive, start_effect
from ._quote import age
from ._startup import ended_on, said
from ._trust import valid

BOOTSTRAP = ("kubernetes pkg/kubelet/certificate/bootstrap/bootstrap.go",)
CLIENTCMD = ("kubernetes staging/src/k8s.io/client-go/tools/clientcmd/validation.go",)
RESTORE = ("restore-kubeconfig", "needs-approval")
UMBRELLA = (
    "The log ends in *unable to load bootstrap kubeconfig: stat .../bootstrap-kubelet.conf: no such file or"
    " directory*, again and again; that file is missing on every node that has joined."
)


@cause(
    "kubeconfig/kubelet-conf-missing",
    title="the kubeconfig does not exist",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    compares=("flags.kubeconfig",),
    healthy="The file of --kubeconfig exists, or a bootstrap kubeconfig is there to make it.",
    see=UMBRELLA,
    why=(
        "Without kubelet.conf the kubelet falls back to the bootstrap kubeconfig, which kubeadm deletes after the"
        " join. A clean-up, a restore without /etc/kubernetes, or a half-done `kubeadm reset` removed it."
    ),
    remedy=Remedy(
        "On a control-plane node: `kubeadm kubeconfig user --org system:nodes --client-name system:node:NAME`; put the"
        " output at the path of --kubeconfig with mode 0600 and `systemctl restart kubelet`.",
        *RESTORE,
    ),
    apart={
        "kubeconfig/unparseable": "there the file exists and a line before the last one says what is wrong with it",
        "config/not-joined-yet": "there config.yaml is missing too: the node never joined",
        "certificate/client-expired": "there the line before says that the client certificate is expired",
    },
    sources=BOOTSTRAP,
)
def kubelet_conf_missing(node: Snapshot) -> Iterator[Hit]:
    """The file of --kubeconfig is absent and nothing can bootstrap a new one; a node that never joined is apart."""
    config, bootstrap = node.kubeconfig, node.bootstrap_kubeconfig
    if not config.file.looked_at and not node.config.file.absent:
        yield from _umbrella_alone(node)
    if not config.configured or not config.file.absent or node.config.file.absent:
        return
    if bootstrap.configured and not bootstrap.file.absent:
        return
    rest = f" and {bootstrap.path} is not there to make one" if bootstrap.configured else ""
    later = "; the running kubelet read it at its start, the next start fails" if alive(node) else ""
    evidence = (_quote.file(config.file, f"named by {config.source}"), *said(node, "bootstrap-umbrella"))
    yield Hit(f"{config.path} does not exist{rest}{later}", evidence, start_effect(node), _rebuild(node))


_REASONS = ("kubeconfig-refused", "kubeconfig-unreadable", "client-expired-at-start", "bootstrap-tls-refused")


def _umbrella_alone(node: Snapshot) -> Iterator[Hit]:
    """Nobody saw the file: when no line gives another reason before the last one, the file is missing."""
    last = ended_on(node, "bootstrap-umbrella")
    if last is not None and not said(node, *_REASONS):
        path = node.kubeconfig.path or "the kubeconfig"
        yield Hit(f"{path} does not exist: the kubelet looks for {last.groups['path']} instead", (_quote.log(last),))


def _rebuild(node: Snapshot) -> Remedy | None:
    """How to get the file back where the certificate is still good."""
    current = node.certificate("client-rotated")
    if not valid(node, current):
        return None
    return Remedy(
        f"The client certificate {current.path} is valid: write {node.kubeconfig.path} (mode 0600) with the cluster's"
        " server and CA (as on another node) and with client-certificate and client-key both naming that file, then"
        " `systemctl restart kubelet`.",
        *RESTORE,
    )


@cause(
    "kubeconfig/unparseable",
    title="the kubeconfig is empty, no valid YAML, or incomplete",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="The kubeconfig is valid YAML with a cluster, a user and a context that joins them.",
    see=UMBRELLA + " The line before it (bootstrap.go) gives the reason; a broken file is treated as none at all.",
    why="It was truncated by a full disk or an interrupted copy, or edited by hand.",
    remedy=Remedy(
        "Restore the file from a backup, or make it anew on a control-plane node: `kubeadm kubeconfig user --org"
        " system:nodes --client-name system:node:NAME`. Then `systemctl restart kubelet`.",
        *RESTORE,
    ),
    apart={
        "kubeconfig/context-missing": "there all entries are fine and only current-context names none of them",
        "certificate/rotation-symlink-dangling": "there the reason is *unable to read client-cert*",
        "resource/disk-full": "a full disk leaves a file of size 0",
        "certificate/client-pem-missing": "there the reason is *unable to read client-cert ...: no such file*",
        "kubeconfig/kubelet-conf-missing": "there the file is missing, and no line before gives another reason",
    },
    sources=BOOTSTRAP + CLIENTCMD,
)
def unparseable(node: Snapshot) -> Iterator[Hit]:
    """The kubeconfig exists, and client-go cannot use it for any reason but its current-context."""
    config = node.kubeconfig
    problem = config.problem if config.problem_kind != "context-missing" else None
    for part in (config.ca, config.client_certificate):
        if part.kind == "data" and part.problem is not None and "base64" in part.problem.message:
            problem = problem or part.problem
    if problem is None:
        yield from _without_login(node)
        yield from _refused(node)
        return
    content = Evidence("file", _line_of(node, problem.place.line) or problem.message, str(problem.place))
    changed = ""
    if config.file.mtime:
        changed = f" (written {age((node.captured_at - config.file.mtime).total_seconds())} ago)"
    yield Hit(
        f"{problem.place} cannot be used: {problem.message[:120]}{changed}",
        (content, _quote.file(config.file), *said(node, "kubeconfig-refused", "bootstrap-umbrella")),
        start_effect(node),
    )


def _without_login(node: Snapshot) -> Iterator[Hit]:
    """A directory; or a user without certificate, which the start-up check beside a bootstrap kubeconfig wants even
    where the kubelet's rotated certificate is valid."""
    config, bootstrap = node.kubeconfig, node.bootstrap_kubeconfig
    lines = said(node, "kubeconfig-refused", "bootstrap-tls-refused", "bootstrap-umbrella")
    if config.file.type == "directory":
        text = f"{config.path} ({config.source}) is a directory, not a kubeconfig"
        yield Hit(text, (_quote.file(config.file), *lines), start_effect(node))
    bootstraps = bootstrap.configured and not bootstrap.file.absent
    if config.server is None or config.scheme == "http" or not bootstrap.configured or bootstraps:
        return
    if config.client_certificate.kind == "none":
        later = "; the next start of the kubelet fails" if alive(node) else ""
        text = f"{config.path}: the user of the current context has no client certificate{later}"
        yield Hit(text, (_quote.file(config.file), *lines), start_effect(node))


def _refused(node: Snapshot) -> Iterator[Hit]:
    """Nobody could read the file: the kubelet's own reason counts, unless it is about another file or the context."""
    match = ended_on(node, "kubeconfig-refused") if not node.kubeconfig.file.looked_at else None
    reason = (match.groups.get("reason") or match.groups.get("cause", "")) if match else ""
    if match is not None and not any(words in reason for words in _OTHER_REASONS):
        yield Hit(f"{match.groups.get('path', 'the kubeconfig')} cannot be used: {reason[:150]}", (_quote.log(match),))


_OTHER_REASONS = ("unable to read ", "context was not found", "does not exist", "no such file", "permission denied")


def _line_of(node: Snapshot, line: int | None) -> str:
    """The text of a line of the kubeconfig, empty when it was not read."""
    fact = node.kubeconfig.file
    content = fact.content if fact.content is not None else node.file(fact.resolves or fact.path).content
    lines = (content or "").splitlines()
    return lines[line - 1][:200] if line is not None and 0 < line <= len(lines) else ""


@cause(
    "kubeconfig/context-missing",
    title="current-context names no context",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="current-context is the name of an entry under contexts.",
    see=UMBRELLA + " The line before it says *context was not found* or *no configuration has been provided*.",
    why="The context was renamed, or files of two clusters were merged by hand.",
    remedy=Remedy(
        "Set current-context to the name of an existing context (`kubectl config --kubeconfig FILE get-contexts`) and"
        " `systemctl restart kubelet`.",
        "set-current-context",
        "needs-approval",
    ),
    apart={"kubeconfig/unparseable": "there the file itself is broken"},
    sources=CLIENTCMD,
)
def context_missing(node: Snapshot) -> Iterator[Hit]:
    """The interpreter could not follow current-context."""
    config = node.kubeconfig
    match = None if config.file.looked_at else ended_on(node, "kubeconfig-refused")
    if match is not None and (
        "context was not found" in match.pattern.text or '" does not exist' in match.pattern.text
    ):
        yield Hit("current-context of the kubeconfig names no context", (_quote.log(match),))
    if config.problem is None or config.problem_kind != "context-missing":
        return
    current = config.current_context
    what = _quote.field(current) if current else Evidence("file", config.problem.message, str(config.problem.place))
    yield Hit(
        f"{config.problem.place}: {config.problem.message}",
        (what, *said(node, "kubeconfig-refused", "bootstrap-umbrella")),
        start_effect(node),
    )
