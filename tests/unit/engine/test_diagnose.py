# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole engine: one broken rule hides nothing, verdicts follow what was seen, results fit their schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from corpus._load import NAMES, load_snapshot
from unit.causes._certificate_nodes import CURRENT, DATED
from unit.causes._faults_service import SERVICE, failed
from unit.causes._make import evidence, healthy, node_of, stopped, unit
from unit.engine._rules import SEEN, holding, rule

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.judge import EVIDENCE_LIMIT, judge
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.cause import Cause
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import PartState
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.diagnosis import Diagnosis
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect, Evidence, Hit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView, Probe, Probes
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import Journal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "result.schema.json").read_text())


def broken(node: Snapshot) -> list[Hit]:
    """A judgement with a bug."""
    raise ZeroDivisionError(node.host_name)


def valid(diagnosis: Diagnosis) -> dict[str, Any]:
    """The result, held against its schema."""
    result = diagnosis.to_dict()
    jsonschema.validate(json.loads(json.dumps(result)), SCHEMA, format_checker=jsonschema.FormatChecker())
    return result


def test_broken_rule_is_shown_and_hides_nothing() -> None:
    """A bug in one cause is an error of that cause; the others are judged."""
    result = valid(diagnose(failed("validation-failed"), [rule("x/bug", broken)]))
    assert [root["id"] for root in result["root_causes"]] == ["config/validation-failed"]
    assert [(e["id"], e["error"]) for e in result["rule_errors"]] == [("x/bug", "ZeroDivisionError: healthy")]


def test_rule_that_breaks_late() -> None:
    """A judgement that breaks after its first hit counts as broken, not as half true."""

    def late(node: Snapshot) -> Any:
        yield Hit("half", SEEN)
        broken(node)

    found, errors = judge(healthy(), [rule("x/late", late), holding("x/good")])
    assert ([f.id for f in found], [e.id for e in errors]) == (["x/good"], ["x/late"])


def test_worst_hit_speaks() -> None:
    """Several hits of one cause are one finding: the worst one's words, the evidence of all up to a limit."""
    hits = [
        Hit("mild", (Evidence("host", "mild"),), Effect.RISK),
        *(Hit(f"bad {n}", (Evidence("host", f"bad {n}"), *SEEN)) for n in range(20)),
    ]
    (finding,), errors = judge(healthy(), [rule("x/many", lambda dummy: hits)])
    assert not errors
    assert finding.effect is Effect.DOWN
    assert finding.summary == "bad 0 (and 19 more like it)"
    assert len(finding.evidence) == EVIDENCE_LIMIT
    assert finding.evidence.count(SEEN[0]) == 1


def test_excerpts_and_summaries_have_limits() -> None:
    """Hostile evidence does not swell the result."""
    long = rule("x/long", lambda dummy: [Hit("s" * 5000, (Evidence("journal", "e" * 5000),))])
    result = valid(diagnose(healthy(), [long]))
    assert len(result["summary"]) <= 300
    assert len(result["root_causes"][0]["evidence"][0]["excerpt"]) <= 600


@pytest.mark.parametrize("case", NAMES)
def test_results_fit_their_schema(case: str) -> None:
    """Every recorded node's result is valid, and its summary short."""
    assert len(valid(diagnose(load_snapshot(case)))["summary"]) <= 300


def without(node: Snapshot, *parts: str) -> Snapshot:
    """The node without these parts of its evidence."""
    empty: dict[str, dict[str, Any]] = {
        "units": {"kubelet": Unit("kubelet.service"), "runtime": None},
        "journal": {"log": Journal()},
        "cluster": {"cluster": ClusterView()},
        "probes": {"probes": Probes()},
    }
    lost = {part: PartState("denied", "no right to read it") for part in parts}
    changes = {key: value for part in parts for key, value in empty[part].items()}
    return replace(node, parts={**node.parts, **lost}, **changes)


RISK = holding("x/risk", Effect.RISK)
VERDICTS: dict[str, tuple[Snapshot, list[Cause], str]] = {
    "all is well": (healthy(), [], "healthy"),
    "a note harms nothing": (healthy(), [holding("x/note", Effect.INFO)], "healthy"),
    "what is over harms nothing": (healthy(), [holding("x/over", Effect.RESOLVED)], "healthy"),
    "a risk": (healthy(), [RISK], "at_risk"),
    "a broken function": (healthy(), [holding("x/part", Effect.DEGRADED), RISK], "degraded"),
    "a fault": (healthy(), [holding("x/down"), holding("x/part", Effect.DEGRADED)], "down"),
    "a loop without a known cause": (stopped(healthy()), [], "down"),
    "without the control plane": (without(healthy(), "cluster"), [], "healthy"),
    "without the journal": (without(healthy(), "journal"), [], "healthy"),
    "without systemd": (without(healthy(), "units"), [], "unknown"),
    "without anything that says it works": (without(healthy(), "cluster", "probes", "journal"), [], "unknown"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name: str) -> None:
    """The worst finding decides; without one, what was seen to work."""
    node, extra, verdict = VERDICTS[name]
    assert valid(diagnose(node, extra))["verdict"] == verdict


def test_unread_configuration_is_not_healthy() -> None:
    """A node that works, whose configuration nobody could read, may not start again: unknown, with the file named."""
    changed = evidence()
    changed["files"]["/var/lib/kubelet/config.yaml"] = {"type": "denied"}
    result = valid(diagnose(node_of(changed)))
    assert result["verdict"] == "unknown"
    assert {"files:/var/lib/kubelet/config.yaml"} <= {unknown["part"] for unknown in result["unknowns"]}
    assert "/var/lib/kubelet/config.yaml" in result["summary"]


def test_key_that_nobody_could_open() -> None:
    """Of an Ed25519 key on a node without openssl nobody knows whether it is the certificate's: that is said, and a
    node that works is no less healthy. A key that is not there is another matter."""
    changed = evidence()
    pair = changed["files"][DATED]
    pair["public_key_sha256"] = []
    result = valid(diagnose(node_of(changed)))
    (unknown,) = [each for each in result["unknowns"] if "only openssl reads" in each["reason"]]
    assert (result["verdict"], unknown["reason"].endswith(CURRENT)) == ("healthy", True)
    pair["content"] = pair["content"].partition("-----BEGIN EC")[0]
    assert "only openssl reads" not in str(diagnose(node_of(changed)).unknowns)


def test_an_own_request_in_vain_outweighs_ready() -> None:
    """Ready=True may be minutes old."""
    node = healthy()
    own = replace(node.probes.node_object, status="timeout", code=None)
    blind = replace(node, probes=replace(node.probes, node_object=own, readyz=Probe("http")))
    assert diagnose(blind).verdict != "healthy"


def test_first_failing_stage_hides_the_rest() -> None:
    """A start that stops early says so; a node that runs hides nothing."""
    assert "stage 8 of 20" in valid(diagnose(failed("validation-failed")))["hidden"]
    assert "hidden" not in valid(diagnose(healthy()))
    assert "hidden" not in valid(diagnose(failed("reserved-cgroup-missing"))), "the last stage hides nothing"


def test_unexplained_silence_of_a_young_kubelet() -> None:
    """A kubelet that started a second ago has not yet been heard: the summary says to look again."""
    node = unit(healthy(), started_ago=1)
    ready = replace(node.cluster.conditions["Ready"], status="Unknown")
    lost = replace(node, cluster=replace(node.cluster, conditions={"Ready": ready}, lease_renewed_at=None))
    assert "look again in a minute" in diagnose(lost).summary


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("service/not-running", "kubelet is stopped"),
        ("service/start-limit-hit", "kubelet failed"),
        ("service/masked", "kubelet.service is masked"),
        ("service/killed-repeatedly", "kubelet exits right after each start (5 restarts"),
    ],
)
def test_state_in_words(name: str, words: str) -> None:
    """What the service does, for a person."""
    assert words in diagnose(SERVICE[name]()).facts["state"]


def test_one_restart_is_one() -> None:
    """Numbers and their nouns agree."""
    assert "(1 restart," in diagnose(unit(stopped(healthy()), NRestarts="1")).facts["state"]


def test_clock_is_that_of_the_evidence() -> None:
    """The same node a year later is judged by its own time: certificates have expired, nothing else matters."""
    later = replace(healthy(), captured_at=healthy().captured_at + timedelta(days=400))
    assert diagnose(later).captured_at.startswith("2027-12-28")
    assert diagnose(healthy()).verdict == "healthy"
