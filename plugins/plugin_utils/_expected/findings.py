# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From differences to findings: one per id, or more weight for a finding that the node has already."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

from .._causes import CATALOGUE
from .._engine.remedies import noted
from .._engine.verdict import cut
from .._model.cause import Cause
from .._model.expected import Difference, Origin
from .._model.finding import Effect, Evidence, Finding, Remedy
from .catalogue import BY_GROUP
from .ids import BY_ID
from .matchers import value_text
from .say import expected_by, names, place_of, shown, told

Result = dict[str, Any]
EVIDENCE_LIMIT = 12
WORKS = ("healthy", "at_risk")
_OWNERS = ("root_causes", "consequences", "risks")
_COMPARES = {cause.id: cause.compares for cause in CATALOGUE if cause.compares}

# What harms pods or the cluster when it is wrong, while the node itself works and shows nothing.
_UNSEEN = re.compile(r"config\.(?:clusterDNS|clusterDomain|authentication\.webhook\.enabled)\Z")
_NODE_LOCAL = "169.254."  # addresses at which NodeLocal DNSCache answers on each node
# What can be why a node does not work. One that works with another value has come to no harm by it.
_BREAKS = re.compile(
    r"""
    config\.(?:cgroupDriver|staticPodPath|containerRuntimeEndpoint|port
        |authentication\..+|authorization\.mode|rotateCertificates|serverTLSBootstrap)\Z
    | kubeconfig\.(?:server|ca_sha256)\Z
    | certificates\.(?:client|client-ca|server-ca)\.(?:issuer|common_name|organizations|fingerprint_sha256)\Z
    | runtime\.(?:endpoint|cgroup_driver)\Z
    """,
    re.VERBOSE,
)


def breaks(path: str) -> bool:
    """True for a value that can be why a node does not work."""
    return _BREAKS.match(path) is not None


def effect(difference: Difference, verdict: str = "") -> Effect:
    """What a difference does: a risk where the user declared the value or where it breaks, else information.

    ``verdict`` is that on the node. One that works has come to no harm by another address of the API server, another
    cgroup driver or another path: what would break it has a cause of its own.
    """
    if difference.expected.id:
        return BY_ID[difference.expected.id].effect
    if difference.expected.source.origin == Origin.DECLARED:
        return Effect.RISK
    if _UNSEEN.match(difference.path):
        return Effect.INFO if _node_local(difference) else Effect.RISK
    return Effect.RISK if breaks(difference.path) and verdict not in WORKS else Effect.INFO


def _node_local(difference: Difference) -> bool:
    """True for the address of a DNS cache on the node itself, which an add-on puts before the cluster's."""
    value = difference.seen.value if difference.seen else None
    return isinstance(value, list) and bool(value) and all(str(each).startswith(_NODE_LOCAL) for each in value)


def findings(
    differences: Iterable[Difference], verdict: str = "", layout: tuple[str, str] = ("", "")
) -> tuple[Finding, ...]:
    """One finding for each id, with every difference as a piece of its evidence; the first that does most harm
    speaks. ``verdict`` is that on the node before it was compared, ``layout`` its profile and the kubelet's unit."""
    by_id: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_id[cause_of(difference).id].append(difference)
    return tuple(_finding(BY_ID[name], found, verdict, layout) for name, found in by_id.items())


def strengthen(result: Mapping[str, Any], differences: Iterable[Difference]) -> tuple[Result, tuple[Difference, ...]]:
    """The result with its findings told what the value should be, and the differences that belong to none of them.

    A difference belongs to a finding whose cause compares its path, or that quotes the line where it stands. A root
    cause says the first one in its summary.
    """
    changed: Result = deepcopy(dict(result))
    left = []
    for difference in differences:
        found = None if difference.expected.id else _owner(changed, difference)
        if found is None:
            left.append(difference)
        else:
            _tell(changed, found, difference)
    return changed, tuple(left)


def evidence(difference: Difference) -> Evidence:
    """A difference as a piece of evidence: the value seen, and what who expects."""
    return Evidence("expected", told(difference), place_of(difference))


def cause_of(difference: Difference) -> Cause:
    """The entry of the catalogue that a difference is a finding of, where it belongs to no other."""
    return BY_ID.get(difference.expected.id) or BY_GROUP[difference.path.partition(".")[0]]


def _finding(cause: Cause, differences: Sequence[Difference], verdict: str, layout: tuple[str, str]) -> Finding:
    ordered = sorted(differences, key=lambda each: (-effect(each, verdict), each.expected.source.origin))
    first, others = ordered[0], len(ordered) - 1
    return Finding(
        id=cause.id,
        title=cause.title,
        effect=effect(first, verdict),
        summary=shown(first) + (f" (and {others} more like it)" if others else ""),
        evidence=tuple(evidence(difference) for difference in ordered[:EVIDENCE_LIMIT]),
        remedy=noted(_remedy(cause, ordered), *layout),
    )


def _remedy(cause: Cause, differences: Sequence[Difference]) -> Remedy:
    """The cause's remedy; it may run alone where the user declared every value of it."""
    declared = all(each.expected.source.origin == Origin.DECLARED for each in differences)
    safe = cause.remedy.repair is not None and declared
    return Remedy(cause.remedy.text, cause.remedy.repair, "safe" if safe else cause.remedy.automatic)


def _owner(result: Result, difference: Difference) -> Result | None:
    """The finding of the node to which a difference belongs, root causes first."""
    present: list[Result] = [finding for part in _OWNERS for finding in result[part]]
    for finding in present:
        if any(fnmatchcase(difference.path, pattern) for pattern in _COMPARES.get(finding["id"], ())):
            return finding
    place = place_of(difference)
    quoting = (each for each in present if any(item.get("locator") == place for item in each["evidence"]))
    return next(quoting, None) if place.startswith("/") else None


def _tell(result: Result, finding: Result, difference: Difference) -> None:
    """Add a difference to a finding; the first one of a root cause also to its summary and to the result's."""
    items = finding["evidence"]
    known = any(item["source"] == "expected" for item in items)
    items.insert(len(items) if known else 1, evidence(difference).to_dict())
    # That a file should exist is said by every cause that misses it.
    if known or difference.path.startswith("files.") or not any(finding is root for root in result["root_causes"]):
        return
    summary = finding["summary"]
    wanted = f"expected {value_text(difference.expected.matcher.value)}"
    sources = (difference.expected.source, *difference.agreeing)
    alone = len(sources) == 1 and sources[0].origin != Origin.PEERS
    same = f"; {names(sources)} {'says' if alone else 'say'} the same"
    said = same if wanted in summary else f"; {expected_by(difference)}"
    if result["summary"].startswith(summary):
        result["summary"] = cut(f"{summary}{said}", result["summary"][len(summary) :])
    finding["summary"] = f"{summary}{said}"
