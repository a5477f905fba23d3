# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's one entry: a snapshot in, a diagnosis out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from time import perf_counter

from .._causes import CATALOGUE
from .._causes._quote import iso
from .._model.cause import Cause
from .._model.certificate import CertificateUse
from .._model.diagnosis import Diagnosis, Unknown
from .._model.finding import Effect
from .._model.snapshot import Snapshot
from .facts import facts, state
from .gates import hidden_after
from .judge import judge
from .order import Ordered, order
from .verdict import summary, verdict
from .version import CATALOGUE_VERSION, COLLECTION_VERSION

_PRIVATE = "PRIVATE KEY-----"
_UNOPENED = (
    "the key could not be opened (it has a passphrase, or is of a kind that only openssl reads, which the node may"
    " lack), so nobody knows whether it belongs to the certificate"
)


def diagnose(snapshot: Snapshot, extra: Iterable[Cause] = ()) -> Diagnosis:
    """Judge one node by the catalogue (and ``extra`` causes, such as a user's own log signatures). Pure."""
    started = perf_counter()
    catalogue = (*CATALOGUE, *extra)
    findings, errors = judge(snapshot, catalogue)
    ordered = order(findings, {cause.id: cause for cause in catalogue} if extra else _by_id())
    given, unknowns = verdict(snapshot, ordered), _unknowns(snapshot)
    return Diagnosis(
        host=snapshot.host_name,
        node_name=snapshot.node_name,
        captured_at=iso(snapshot.captured_at) or "",
        verdict=given,
        summary=summary(snapshot, ordered, given, state(snapshot), unknowns),
        root_causes=ordered.root_causes,
        consequences=ordered.consequences,
        risks=ordered.risks,
        resolved=ordered.resolved,
        unknowns=unknowns,
        rule_errors=tuple(errors),
        facts=facts(snapshot),
        hidden=_hidden(snapshot, ordered),
        engine={
            "collection_version": COLLECTION_VERSION,
            "catalogue_version": CATALOGUE_VERSION,
            "seconds": round(perf_counter() - started, 4),
        },
    )


@cache
def _by_id() -> dict[str, Cause]:
    return {cause.id: cause for cause in CATALOGUE}


def _unknowns(snapshot: Snapshot) -> tuple[Unknown, ...]:
    """Parts that were not read whole, each with its reason, the configuration files that could not be read, and the
    keys that nobody could compare with their certificates."""
    parts = {
        name: Unknown(name, part.status, part.reason or part.status)
        for name, part in snapshot.parts.items()
        if not part.ok
    }
    uses = snapshot.certificates.values()
    for fact in (snapshot.config.file, snapshot.kubeconfig.file, *(use.file for use in uses)):
        if fact.type in ("denied", "error"):
            unread = Unknown(f"files:{fact.path}", fact.type, fact.error or "could not be read")
            parts.setdefault(unread.part, unread)
    unpaired = (use for use in uses if use.leaf is not None and use.key_match is None)
    for use in (use for use in unpaired if _PRIVATE in _key(snapshot, use)):
        unopened = Unknown(f"files:{use.key_file.path}", "error", f"{_UNOPENED} {use.path}")
        parts.setdefault(unopened.part, unopened)
    return tuple(parts.values())


def _key(snapshot: Snapshot, use: CertificateUse) -> str:
    """The masked text of the key's file, behind links."""
    fact = use.key_file
    return (fact if fact.content is not None else snapshot.file(fact.resolves or "")).content or ""


def _hidden(snapshot: Snapshot, ordered: Ordered) -> str:
    """What a start that stops early cannot show; empty when the kubelet gets through its start."""
    if snapshot.kubelet.running and not snapshot.crash_looping:
        return ""
    known = [f.gate for f in ordered.root_causes if f.effect == Effect.DOWN and f.gate is not None]
    return hidden_after(min(known)) if known else ""
