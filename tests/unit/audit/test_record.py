# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a node's result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.audit._runs import CA, FULL, SCHEMA, VALID, day, finding, node, of, overview, run, unreached

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.metrics import metrics
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.record import seen
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import read_tree
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import judge

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "corpus"


@pytest.mark.parametrize("case", sorted(path.parent.name for path in CORPUS.glob("*/bundle.json"))[::6])
def test_recorded_nodes(case: str) -> None:
    """Of every recorded node what is kept is valid, and names its verdict and its causes."""
    result = judge(_bundle.read(read_tree(CORPUS / case)), host_name=case)
    entry = of(run(day(1), [result]), case)
    assert entry["verdict"] == result["verdict"]
    assert {cause["id"] for cause in result["root_causes"]} <= {each["id"] for each in entry["findings"]}
    assert (
        {"client", "server-ca"} & {each["use"] for each in entry["certificates"]}
        or "pem" in case
        or "kubeconfig" in case
    )
    assert entry["reachable"]


def test_sample_is_valid() -> None:
    """The run and the history that the reports are tried with have the documented form."""
    VALID.validate(json.loads((HERE / "sample_run.json").read_text()))
    past = {**SCHEMA["$defs"]["past"], "$defs": SCHEMA["$defs"]}
    for each in json.loads((HERE / "sample_history.json").read_text()):
        type(VALID)(past).validate(each)


def test_consequences_of_a_cause_are_left_out() -> None:
    """They go with it; without a root cause on the node they are what is known."""
    symptom = finding("symptom/ready-unknown", "critical", "cluster")
    with_cause = node(verdict="down", roots=[CA], risks=[FULL], consequences=[symptom])
    without = node(verdict="down", consequences=[symptom])
    kinds = [
        [(each["id"], each["kind"]) for each in seen(found, day(1)).entry["findings"]]
        for found in (with_cause, without)
    ]
    assert kinds == [[(CA, "cause"), (FULL, "risk")], [("symptom/ready-unknown", "consequence")]]


def test_unreached_node() -> None:
    """Why it could not be read is its summary."""
    entry = seen(unreached(), day(1)).entry
    assert (entry["reachable"], entry["summary"]) == (False, "the node could not be reached: No route to host")
    assert entry["unknowns"] == [
        "units, journal, files, host, probes (error): the node could not be reached: No route to host"
    ]


@pytest.mark.parametrize(
    ("begin", "end", "days", "expiring"),
    [
        ("2026-08-10", "2026-11-12", 10, False),  # a tenth of 94 days is 9.4
        ("2025-11-12", "2026-11-12", 10, True),
        ("2025-12-20", "2026-12-20", 48, False),
        ("2016-11-20", "2026-11-20", 18, True),  # a CA of ten years: less than 30 days
        ("2016-12-20", "2026-12-20", 48, False),
        ("2026-11-01", "2026-11-03", 1, False),  # short-lived, renewed at four fifths
        ("2025-10-20", "2026-10-20", -13, True),
    ],
)
def test_certificate_that_should_have_been_renewed(begin: str, end: str, days: int, expiring: bool) -> None:
    """By the share of its time that is left, and a month at most; an expired one always."""
    times = {"not_before": f"{begin}T00:00:00Z", "not_after": f"{end}T03:00:00Z"}
    given = {"use": "client", "path": None, **times}
    (kept,) = seen(node(captured_at="2026-11-02T00:00:00Z", facts={"certificates": [given]}), day(2)).entry[
        "certificates"
    ]
    assert (kept["days"], kept["expiring"]) == (days, expiring)


def test_certificate_of_no_calendar() -> None:
    """A year that cannot be read says nothing of that certificate, and nothing of the audit."""
    odd = {"use": "client", "path": None, "not_before": "1-01-01T00:00:00Z", "not_after": "2026-12-20T00:00:00Z"}
    far = {"use": "server-ca", "path": None, "not_before": "2026-01-01T00:00:00Z", "not_after": "9999-12-31T23:59:59Z"}
    made = run(day(1), [node(facts={"certificates": [odd, far]})])
    assert [each["use"] for each in of(made)["certificates"]] == ["server-ca"]
    assert 'use="server-ca"} 253402300799' in metrics(made)


def test_long_texts_are_cut() -> None:
    """Evidence may be as long as it likes."""
    long = finding(CA, summary="x" * 5000, remedy={"text": "y" * 5000, "automatic": "never"})
    (kept,) = seen(node(verdict="down", roots=[long], summary="z" * 5000), day(1)).entry["findings"]
    assert (len(kept["summary"]), len(kept["remedy"])) == (300, 1000)


def test_harmless_values_are_kept_short() -> None:
    """What differs from an expected value and does no harm has no remedy in the run: the result file has it."""
    (kept,) = seen(node(risks=[finding("expected/kubelet-config", "info")]), day(1)).entry["findings"]
    assert (kept["severity"], kept["remedy"]) == ("info", "")


@pytest.mark.parametrize(("automatic", "offered"), [("safe", "renew-client-certificate"), ("never", None)])
def test_repair_that_is_offered(automatic: str, offered: str | None) -> None:
    """Only a repair that may be done is named."""
    remedy = {"text": "x", "repair": "renew-client-certificate", "automatic": automatic}
    (kept,) = seen(node(verdict="down", roots=[finding(CA, remedy=remedy)]), day(1)).entry["findings"]
    assert kept["repair"] == offered


def test_fleet_cause_names_some_of_its_nodes() -> None:
    """It counts all of them."""
    hosts = [f"worker-{number}" for number in range(400)]
    made: dict[str, Any] = run(day(1), [node()], shared=overview("fleet/api-endpoint-down", hosts))
    assert (made["fleet"][0]["count"], len(made["fleet"][0]["nodes"])) == (400, 20)
