# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubelet_ignore: what is accepted until a day, what is never hidden, and what is refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from unit.expected._compared import compared, found

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import ExpectedError
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.ignore import (
    Exemption,
    apply,
    check,
    exemptions,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.result import own_differences
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import failures

DECLARED = {"config": {"maxPods": 250}, "versions": {"kubelet": "1.35.0"}}
DAY = "2026-11-23"  # of the recorded nodes


def rule(until: str = "never", **what: str) -> dict[str, str]:
    """An entry of kubelet_ignore."""
    return {**what, "reason": "agreed with the platform team", "until": until}


def test_difference_is_ignored_by_its_path() -> None:
    """It is no finding any more, and stands under ignored with its reason; all differences are listed still."""
    result = compared("healthy", expected=DECLARED, ignore=[rule(path="versions.*")]).result
    assert [risk["id"] for risk in result["risks"]] == ["expected/kubelet-configuration"]
    (entry,) = result["ignored"]
    assert entry["path"] == "versions.kubelet"
    assert entry["reason"] == "agreed with the platform team"
    assert "1.36.2; expected 1.35.0" in entry["summary"]
    assert {each["path"] for each in result["differences"]} == {"config.maxPods", "versions.kubelet"}


def test_finding_is_ignored_by_its_id() -> None:
    """With all it is about; the others stay, and the summary is about them."""
    assert found("healthy", expected=DECLARED, ignore=[rule(id="expected/version")]) == {
        "expected/kubelet-configuration": "warning"
    }
    result = compared("healthy", expected=DECLARED, ignore=[rule(id="expected/kubelet-*")]).result
    assert result["verdict"] == "at_risk"
    assert result["summary"].startswith("works, but: kubelet version")


def test_nothing_left_is_healthy() -> None:
    """A node whose every difference is accepted is as healthy as one without any, and fails no run."""
    result = compared("healthy", expected=DECLARED, ignore=[rule(id="expected/*")]).result
    plain = compared("healthy").result
    assert (result["verdict"], result["summary"]) == (plain["verdict"], plain["summary"])
    assert failures([result], "info") == ""
    assert failures([compared("healthy", expected=DECLARED).result], "info") != ""


def test_risk_of_the_catalogue_is_ignored_too() -> None:
    """A risk that is no difference is accepted in the same way."""
    bare = {**compared("healthy").result, "verdict": "at_risk", "summary": "works, but: x"}
    bare["risks"] = [{"id": "resource/disk-nearly-full", "severity": "warning", "summary": "x"}]
    result = apply(bare, exemptions([rule(id="resource/*")]), "healthy")
    assert (result["verdict"], result["risks"]) == ("healthy", [])
    assert [each["id"] for each in result["ignored"]] == ["resource/disk-nearly-full"]


def test_unread_configuration_is_not_healthy_by_an_exception() -> None:
    """What could not be judged without its risk is unknown, not healthy."""
    bare = {**compared("healthy").result, "verdict": "at_risk", "summary": "works, but: x"}
    bare["risks"] = [{"id": "a/b", "severity": "warning", "summary": "x"}]
    assert apply(bare, exemptions([rule(id="a/b")]), "unknown")["verdict"] == "unknown"


@pytest.mark.parametrize("name", ["ca-path-wrong", "cert-expired", "containerd-stopped"])
def test_what_does_harm_is_never_hidden(name: str) -> None:
    """Root causes, verdict and summary stay as they are, and a line says that the exception was not applied."""
    plain = compared(name).result
    result = compared(name, ignore=[rule(id="*/*"), rule(path="*")]).result
    assert result["root_causes"] == plain["root_causes"]
    assert (result["verdict"], result["summary"]) == (plain["verdict"], plain["summary"])
    assert plain["root_causes"][0]["id"] in next(
        risk["summary"] for risk in result["risks"] if risk["id"] == "exception/not-hidden"
    )


def test_exception_holds_through_its_last_day() -> None:
    """The day is that of the evidence."""
    assert found("healthy", expected=DECLARED, ignore=[rule(DAY, id="expected/*")]) == {}


def test_passed_end_date_is_reported() -> None:
    """The finding is back, and a line says that its exception ended, with day and reason."""
    result = compared("healthy", expected=DECLARED, ignore=[rule("2026-11-22", path="versions.kubelet")]).result
    ids = [risk["id"] for risk in result["risks"]]
    assert "expected/version" in ids
    said = next(risk for risk in result["risks"] if risk["id"] == "exception/ended")
    assert said["severity"] == "info"
    assert "ended on 2026-11-22 (agreed with the platform team)" in said["summary"]


def test_ended_exception_for_nothing_says_nothing() -> None:
    """An old exception is no finding on nodes that do not need it."""
    assert found("healthy", ignore=[rule("2026-01-01", id="expected/*"), rule("2026-01-01", path="*")]) == {}


def test_nothing_is_repaired_that_is_accepted() -> None:
    """What is accepted by path or by id is no difference that a repair would answer."""
    done = compared("healthy", expected=DECLARED)
    for entry in (rule(path="config.maxPods"), rule(id="expected/kubelet-*")):
        left = own_differences(done.bare, done.observed, done.expectations, exemptions([entry]))
        assert [each.path for each in left] == ["versions.kubelet"]


def test_exemption_survives_json() -> None:
    """It is registered with a node's result, to be applied again with its peers."""
    (one,) = exemptions([rule("2030-01-01", path="config.*")])
    assert Exemption(**json.loads(json.dumps(one.to_dict()))) == one


def test_all_is_refused_with_a_sentence() -> None:
    """Reason and last day are needed, and each mistake is named with what is allowed."""
    good: dict[str, Any] = rule(path="files./etc/*")
    check([good, rule(id="hardening/*"), rule("2027-02-28", id="mine/own-signature")])
    for entry, words in (
        ("x", "kubelet_ignore entry 2 must be a mapping with id or path, reason and until, not 'x'"),
        ({**good, "id": "a/b"}, "entry 2 must have either id or path"),
        ({"reason": "x", "until": "never"}, "entry 2 must have either id or path"),
        ({**good, "reason": " "}, "reason must say why this is accepted"),
        ({"path": "config.*", "until": "never"}, "reason must say why this is accepted, not None"),
        ({**good, "until": "soon"}, "until must be the last day as YYYY-MM-DD, or \"never\", not 'soon'"),
        ({**good, "until": "20270101"}, "until must be the last day"),
        ({"path": "config.*", "reason": "x"}, "until must be the last day"),
        ({**good, "untill": "never"}, "untill is not known (did you mean until?)"),
        (rule(id="flag"), "id must be an id or a glob of ids"),
        (rule(id="expected/flags"), "id expected/flags is not known (did you mean expected/flag?)"),
        (rule(path="confg.maxPods"), "path confg.maxPods begins with confg, which is no group (did you mean config?)"),
        (rule(path=""), "path must be a path or a glob of paths"),
    ):
        with pytest.raises(ExpectedError) as caught:
            check([good, entry])
        assert words in str(caught.value)
