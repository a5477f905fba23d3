# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own signatures: what is refused and how that reads, and what they do in a diagnosis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.causes._make import healthy, line, logged, stopped

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.diagnosis import Diagnosis
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures import _extra
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._extra import SignatureError
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import UserSignatures

LINE = 'E1123 21:39:03.837977   10831 csi.go:72] "Attach failed" err="iscsi: session lost on "sda""'


def entry(**changes: Any) -> dict[str, Any]:
    """A signature that is in order, but for ``changes``; None removes a key."""
    given = {
        "id": "storage/iscsi-session-lost",
        "pattern": r'iscsi: session lost on "\w+"',
        "severity": "critical",
        "title": "an iSCSI session is lost",
        "remedy": "Ask the storage team.",
        "match": [LINE],
        **changes,
    }
    return {key: value for key, value in given.items() if value is not None}


def parsed(**changes: Any) -> _extra.Extra:
    """The signature as parsed."""
    return _extra.parse([("entry 1", entry(**changes))])[0]


MISTAKES = [
    ({"id": "Storage"}, "id must have the form layer/name"),
    ({"id": "certificate/client-expired"}, "id is one of the catalogue's"),
    ({"id": "fleet/api-endpoint-down"}, "id is one of the catalogue's"),
    ({"id": "symptom/mine"}, "the layers fleet and symptom are the catalogue's"),
    ({"id": None}, "entry 1: id is missing"),
    ({"pattern": "("}, "pattern is no regular expression: missing )"),
    ({"pattern": "a{99999999999}"}, "pattern is no regular expression"),
    ({"pattern": "(" * 900 + ")" * 900}, "pattern is longer than 1000 characters"),
    ({"pattern": " "}, "pattern must not be empty"),
    ({"severity": "high"}, "severity must be one of critical, error, warning, info, not 'high'"),
    ({"source": "kernel"}, "source must be one of kubelet, systemd, runtime, any, not 'kernel'"),
    ({"title": 7}, "title must be a string, not a number"),
    ({"title": True}, "title must be a string, not a boolean"),
    ({"remedy": ["x"]}, "remedy must be a string, not a list"),
    ({"match": []}, "match must have at least one line"),
    ({"match": "text"}, "match must be a list of strings"),
    ({"match": [1]}, "match must be a list of strings"),
    ({"match": ["  "]}, "match has an empty line"),
    ({"match": ["x" * 5000]}, "match may have at most 50 lines of 4000 characters"),
    ({"explains": "a/b"}, "explains must be a list of strings"),
    ({"once_per_start": "yes"}, "once_per_start must be true or false, not a string"),
    ({"nomatches": ["x"]}, "unknown key 'nomatches' (did you mean nomatch?)"),
]


@pytest.mark.parametrize(("changes", "words"), MISTAKES)
def test_mistake_is_named_with_entry_and_key(changes: dict[str, Any], words: str) -> None:
    """One sentence says which entry and which key is wrong, and how."""
    with pytest.raises(SignatureError) as refused:
        parsed(**changes)
    assert words in str(refused.value)
    assert str(refused.value).startswith("entry 1")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("thing", [None, 7, [], "text"])
def test_entry_that_is_no_mapping_is_named(thing: object) -> None:
    """A list of anything else is refused."""
    with pytest.raises(SignatureError, match="entry 3: must be a mapping"):
        _extra.parse([("entry 3", thing)])


def test_all_mistakes_are_told_at_once() -> None:
    """Several entries, several mistakes: one run shows them, up to a limit."""
    with pytest.raises(SignatureError) as refused:
        _extra.parse([(f"entry {n}", {"id": 1}) for n in range(20)])
    assert "entry 0: pattern is missing; entry 0: severity is missing" in str(refused.value)
    assert "and 110 more" in str(refused.value)


def test_id_that_is_given_twice_is_refused() -> None:
    """The second of two names the first."""
    with pytest.raises(SignatureError, match=r"entry 2 \(storage/iscsi-session-lost\): id is that of entry 1 too"):
        _extra.parse([("entry 1", entry()), ("entry 2", entry())])


def test_more_than_a_run_can_bear_is_refused() -> None:
    """The number of signatures is bounded."""
    with pytest.raises(SignatureError, match="at most 200"):
        _extra.parse([("x", entry())] * 201)


def test_examples_are_held_against_the_pattern() -> None:
    """Lines of match that it misses and lines of nomatch that it hits are quoted as the pattern sees them."""
    extra = parsed(match=[LINE, "other"], nomatch=["fine", LINE])
    problems = list(_extra.example_problems(extra, [0, 3], ""))
    entry_1 = "entry 1 (storage/iscsi-session-lost): pattern"
    assert problems == [
        f"{entry_1} does not match line 2 of match, seen as 'other'",
        f"{entry_1} matches line 2 of nomatch, seen as {extra.match[0]!r}",
    ]
    assert list(_extra.example_problems(extra, [0, 1], "")) == []


def test_lines_may_come_from_journalctl() -> None:
    """The head that journalctl puts before the message is no part of what patterns see."""
    assert _extra.as_seen(f"Nov 23 21:39:09 worker-3 kubelet[7335]: {LINE}", "kubelet") == _extra.as_seen(
        LINE, "kubelet"
    )


def judged(node: Snapshot, **changes: Any) -> Diagnosis:
    """The node's diagnosis with this one signature, searched for within the limits of a run."""
    return diagnose(node, UserSignatures((parsed(**changes),)).causes(node))


def ids(findings: Any) -> list[str]:
    """Ids of findings."""
    return [finding.id for finding in findings]


def test_signature_is_a_root_cause() -> None:
    """It has its severity, title, remedy and the log line, and no page."""
    data = judged(logged(healthy(), LINE, count=3)).to_dict()
    found = data["root_causes"][0]
    assert data["verdict"] == "down"
    assert (found["id"], found["severity"]) == ("storage/iscsi-session-lost", "critical")
    assert found["summary"] == "an iSCSI session is lost"
    assert found["remedy"] == {"text": "Ask the storage team.", "repair": None, "automatic": "never"}
    assert found["evidence"][0]["count"] == 3
    assert "session lost" in found["evidence"][0]["excerpt"]
    assert "docs" not in found


@pytest.mark.parametrize(
    ("severity", "verdict", "group"),
    [
        ("critical", "down", "root_causes"),
        ("error", "degraded", "root_causes"),
        ("warning", "at_risk", "risks"),
        ("info", "healthy", "risks"),
    ],
)
def test_severity_decides_on_the_verdict(severity: str, verdict: str, group: str) -> None:
    """As for causes of the catalogue."""
    found = judged(logged(healthy(), LINE), severity=severity)
    assert found.verdict == verdict
    assert ids(getattr(found, group)) == ["storage/iscsi-session-lost"]


def test_old_lines_are_over() -> None:
    """A line of an hour ago says nothing of now, unless it is logged once per start."""
    node = logged(healthy(), LINE, ago=3600)
    assert not judged(node).root_causes
    assert ids(judged(node, once_per_start=True).root_causes) == ["storage/iscsi-session-lost"]


def test_line_of_an_earlier_start_is_over() -> None:
    """What an earlier start logged is history for both kinds."""
    node = logged(healthy(), LINE, newest=False)
    assert not judged(node).root_causes
    assert not judged(node, once_per_start=True).root_causes


def test_explains_makes_consequences() -> None:
    """What a signature explains is its consequence, here by a glob; without that both are roots."""
    node = logged(healthy(), LINE, "the mount is gone")
    mount = parsed(id="storage/mount-gone", pattern="mount is gone", severity="error", match=["the mount is gone"])
    apart = diagnose(node, UserSignatures((parsed(), mount)).causes(node))
    assert ids(apart.root_causes) == ["storage/iscsi-session-lost", "storage/mount-gone"]
    joined = diagnose(node, UserSignatures((parsed(explains=["storage/mount-*"]), mount)).causes(node))
    assert ids(joined.root_causes) == ["storage/iscsi-session-lost"]
    assert [f.explained_by for f in joined.consequences] == [("storage/iscsi-session-lost",)]


def test_source_is_heeded() -> None:
    """systemd's lines are not the kubelet's, and the runtime's come from its own log."""
    node = stopped(healthy())
    said = replace(line("unit entered the red state", node.captured_at), source="systemd")
    node = replace(node, log=replace(node.log, patterns=(*node.log.patterns, said)))
    changes = {"pattern": "entered the red state", "match": ["unit entered the red state"]}
    for source, expected in (("systemd", True), ("any", True), ("kubelet", False), ("runtime", False)):
        assert ("storage/iscsi-session-lost" in ids(judged(node, source=source, **changes).root_causes)) is expected
    runtime = line("snapshotter broke", healthy().captured_at - timedelta(seconds=5))
    node = replace(healthy(), runtime_log=replace(healthy().runtime_log, read=True, patterns=(runtime,)))
    changes = {"pattern": "snapshotter broke", "match": ["snapshotter broke"]}
    for source, expected in (("runtime", True), ("any", True), ("kubelet", False)):
        assert bool(judged(node, source=source, **changes).root_causes) is expected


def test_pattern_that_does_not_end_is_stopped_and_said() -> None:
    """The diagnosis goes on without it, and the result names it as the user's own."""
    node = logged(healthy(), "x" * 1900)
    found = judged(node, pattern="(x+x+)+y", match=["xxy"])
    assert found.verdict == "healthy"
    assert [error.to_dict() for error in found.rule_errors] == [
        {"id": "storage/iscsi-session-lost", "error": "pattern took longer than 1 s and was stopped", "own": True}
    ]
