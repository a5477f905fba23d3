# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's result with what was found by comparing it: findings, the verdict that follows, and all differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._engine.verdict import cut
from .._model.expected import Difference, Expectation, Observed
from .compare import compare, unjudged
from .findings import cause_of, findings, strengthen
from .ignore import Exemption, apply, excepted, split
from .kept import kept
from .matchers import words

Result = dict[str, Any]
_ORDER = ("warning", "info")
PART = "expected"


def compared(
    bare: Mapping[str, Any],
    observed: Observed,
    expectations: Iterable[Expectation],
    exceptions: Sequence[Exemption] = (),
    calm: str = "healthy",
) -> Result:
    """The result ``bare`` of a node, compared with what is expected of it; ``bare`` is left as it is.

    ``exceptions`` are the user's; ``calm`` is the verdict on the node when nothing is wrong with it.
    """
    wanted = tuple(expectations)
    differences = compare(observed, wanted)
    kept, ignored = split(differences, exceptions, str(bare["captured_at"])[:10])
    result, own = strengthen(bare, _once(kept))
    found = [finding.to_dict() for finding in findings(own, bare["verdict"], _layout(bare, observed))]
    result["risks"] = sorted([*result["risks"], *found], key=lambda finding: _ORDER.index(finding["severity"]))
    result["unknowns"] = [*result["unknowns"], *_unknowns(observed, wanted)]
    _judge_again(result, found)
    result["observed"] = {path: seen.value for path, seen in observed.values.items()}
    result["names"] = {"node": list(observed.names.node), "addresses": list(observed.names.addresses)}
    result["differences"] = [_told(difference) for difference in differences]
    return apply(result, exceptions, calm, ignored)


def _layout(bare: Mapping[str, Any], observed: Observed) -> tuple[str, str]:
    """Profile of a node, and its kubelet's unit without the suffix."""
    unit = observed.values.get("service.kubelet.active")
    return str(bare["facts"].get("profile") or ""), (unit.place if unit else "kubelet").removesuffix(".service")


def own_differences(
    bare: Mapping[str, Any],
    observed: Observed,
    expectations: Iterable[Expectation],
    exceptions: Sequence[Exemption] = (),
) -> tuple[Difference, ...]:
    """The differences that belong to none of the findings of a node: those that are findings of their own."""
    day = str(bare["captured_at"])[:10]
    kept, _ignored = split(compare(observed, expectations), exceptions, day)
    own = strengthen(bare, _once(kept))[1]
    return tuple(each for each in own if not excepted(cause_of(each).id, exceptions, day))


def _once(differences: Iterable[Difference]) -> list[Difference]:
    """Without the flag (and the runtime's endpoint) that is seen as a field of the configuration already."""
    found = list(differences)
    fields = {each.seen.place for each in found if each.seen and each.path.startswith("config.")}
    return [
        each
        for each in found
        if not (each.path.startswith(("flags.", "runtime.endpoint")) and each.seen and each.seen.place in fields)
    ]


def _judge_again(result: Result, found: Iterable[Mapping[str, Any]]) -> None:
    """A node that works is at risk by what differs; anything worse stays as it is."""
    first = next((finding for finding in found if finding["severity"] == "warning"), None)
    if first is not None and result["verdict"] == "healthy":
        result["verdict"] = "at_risk"
        result["summary"] = cut(f"works, but: {first['summary']}")


def _unknowns(observed: Observed, expectations: Iterable[Expectation]) -> Iterable[dict[str, str]]:
    """What the user declared and nobody could look at."""
    for wanted in unjudged(observed, expectations):
        reason = f"{wanted.source.text} declares it, and it could not be read on this node"
        yield {"part": f"{PART}:{wanted.path}", "status": "not_collected", "reason": reason}


def _told(difference: Difference) -> Result:
    """As in result.schema.json under ``differences``."""
    matcher = difference.expected.matcher
    told: Result = {
        "path": difference.path,
        "seen": difference.seen.value if difference.seen else None,
        "place": difference.seen.place if difference.seen else "",
        "expected": words(matcher),
        "sources": [source.text for source in (difference.expected.source, *difference.agreeing)],
        "dissenting": [{"expected": words(o.matcher), "source": o.source.text} for o in difference.dissenting],
    }
    if matcher.kind == "exact":
        told["value"] = kept(matcher.value)
    if difference.expected.id:
        told["id"] = difference.expected.id
    return told
