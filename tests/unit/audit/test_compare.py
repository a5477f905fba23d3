# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed from run to run: new, gone, since when; and what must not be called a change."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pytest
from unit.audit._runs import CA, EXPIRED, FULL, VALID, day, finding, node, of, overview, run, runs, unreached

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.compare import Known, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.history import past
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.record import seen, unjudged

NOTHING = {name: [] for name in ("new", "gone", "verdicts", "added", "missing", "renamed", "flapping")}


def test_first_run_changes_nothing() -> None:
    """Without history nothing is new, and what holds holds since this run."""
    (first,) = runs([node(verdict="down", roots=[CA])])
    assert first["changes"] == NOTHING
    assert first["history"] == {"runs": 1, "first": day(1)}
    assert of(first)["findings"][0]["since"] == day(1)
    assert not of(first)["findings"][0]["new"]
    assert of(first)["was"] is None


def test_break_stay_heal() -> None:
    """A cause is new once, keeps its beginning, and is gone once; so does the verdict."""
    broken = node(verdict="down", roots=[CA])
    _first, breaks, stays, heals, well = runs([node()], [broken], [broken], [node()], [node()])
    assert breaks["changes"]["new"] == [{"host": "worker-1", "id": CA, "kind": "cause"}]
    assert breaks["changes"]["verdicts"] == [{"host": "worker-1", "from": "healthy", "to": "down"}]
    assert stays["changes"] == NOTHING
    assert (of(stays)["since"], of(stays)["was"]) == (day(2), "healthy")
    assert (of(stays)["findings"][0]["since"], of(stays)["findings"][0]["new"]) == (day(2), False)
    assert heals["changes"]["gone"] == [{"host": "worker-1", "id": CA, "kind": "cause"}]
    assert (of(well)["since"], of(well)["was"]) == (day(4), "down")
    assert well["changes"] == NOTHING


def test_one_cause_in_the_place_of_another() -> None:
    """The verdict stays and so does its beginning; the causes change."""
    *_earlier, last = runs([node(verdict="down", roots=[CA])], [node(verdict="down", roots=[EXPIRED])])
    assert [change["id"] for change in last["changes"]["new"]] == [EXPIRED]
    assert [change["id"] for change in last["changes"]["gone"]] == [CA]
    assert last["changes"]["verdicts"] == []
    assert of(last)["since"] == day(1)


def test_unreached_node_keeps_what_was_known() -> None:
    """Its findings are neither gone nor, when it answers again, new; certificates, versions and name stay."""
    expiry = {"use": "client", "path": "/p", "not_before": "2025-11-01T00:00:00Z", "not_after": "2026-11-20T00:00:00Z"}
    broken = node(verdict="down", roots=[CA], facts={"kubelet_version": "v1.36.2", "certificates": [expiry]})
    first, lost, again, back = runs([broken], [unreached()], [unreached()], [broken])
    assert lost["changes"]["gone"] == []
    assert (of(lost)["verdict"], of(lost)["reachable"], of(lost)["was"]) == ("unknown", False, "down")
    for made in (lost, again):
        (held,) = of(made)["findings"]
        assert (held["id"], held["since"], held["confirmed"]) == (CA, day(1), False)
        assert of(made)["certificates"] == of(first)["certificates"] != []
        assert (of(made)["versions"], of(made)["node_name"]) == ({"kubelet": "v1.36.2"}, "worker-1")
    assert back["changes"]["new"] == []
    assert (of(back)["findings"][0]["since"], of(back)["findings"][0]["confirmed"]) == (day(1), True)


def test_unreached_node_that_was_repaired() -> None:
    """What was only hidden is gone when the node can be looked at again."""
    *_earlier, back = runs([node(verdict="down", roots=[CA])], [unreached()], [node()])
    assert [change["id"] for change in back["changes"]["gone"]] == [CA]


@pytest.mark.parametrize(("source", "unread", "gone"), [("journal", ["journal"], False), ("file", ["journal"], True)])
def test_part_that_could_not_be_read_hides_what_it_showed(source: str, unread: list[str], gone: bool) -> None:
    """Without the journal, what only the journal showed is not gone; what the files showed is."""
    full = finding(FULL, "warning", source)
    *_earlier, last = runs(
        [node(verdict="at_risk", risks=[full])], [node(verdict="degraded", roots=[CA], unread=unread)]
    )
    assert bool(last["changes"]["gone"]) is gone
    assert [each["id"] for each in of(last)["findings"] if not each["confirmed"]] == ([] if gone else [FULL])


def test_limited_run_leaves_the_others_as_they_were() -> None:
    """They are not missing, keep their beginnings, count on, and nothing of them is new; the next whole run goes on."""
    first = run(day(1), [node("a", "down", [CA]), node("b"), node("c")])
    limited = run(day(2), [node("b", "at_risk", risks=[FULL])], first, others={"a", "b", "c"})
    assert limited["limited"]
    assert limited["changes"]["missing"] == []
    assert limited["counts"] == {"healthy": 1, "at_risk": 1, "degraded": 0, "down": 1, "unknown": 0}
    assert (of(limited, "a")["at"], of(limited, "a")["since"], of(limited, "b")["at"]) == (day(1), day(1), day(2))
    whole = run(day(3), [node("a", "down", [CA]), node("b"), node("c")], limited, others={"a", "b", "c"})
    assert not whole["limited"]
    assert whole["changes"]["new"] == []
    assert of(whole, "a")["findings"][0]["since"] == day(1)


def test_limited_run_twice_tells_news_once() -> None:
    """What was new in an earlier run is not new in one that did not look at the node."""
    first = run(day(1), [node("a"), node("b")])
    second = run(day(2), [node("a", "down", [CA])], first, others={"a", "b"})
    third = run(day(3), [node("b")], second, others={"a", "b"})
    assert of(second, "a")["findings"][0]["new"]
    assert not of(third, "a")["findings"][0]["new"]
    assert third["changes"] == NOTHING


def test_host_that_left_is_named_once() -> None:
    """A host that is in the fleet no more is missing in one run and not known in the next."""
    first, second, third = runs([node("a"), node("b")], [node("a")], [node("a")])
    assert [made["changes"]["missing"] for made in (first, second, third)] == [[], ["b"], []]
    assert [made["limited"] for made in (second, third)] == [False, False]
    assert [each["host"] for each in second["nodes"]] == ["a"]


def test_host_that_left_the_inventory_is_missing_in_a_limited_run_too() -> None:
    """A limited run keeps only hosts that the inventory still has."""
    first = run(day(1), [node("a"), node("b"), node("c")])
    second = run(day(2), [node("a")], first, others={"a", "c"})
    assert second["changes"]["missing"] == ["b"]
    assert [each["host"] for each in second["nodes"]] == ["a", "c"]


def test_host_that_was_added() -> None:
    """It is named, and what is wrong with it is new."""
    _first, second = runs([node("a")], [node("a"), node("b", "down", [CA])])
    assert second["changes"]["added"] == ["b"]
    assert second["changes"]["new"] == [{"host": "b", "id": CA, "kind": "cause"}]
    assert second["changes"]["verdicts"] == []


def test_renamed_host_goes_on() -> None:
    """Another name in the inventory for the same Node object is no new node, and nothing of it is new or gone."""
    old, new = node("old", "down", [CA], node_name="n1"), node("new", "down", [CA], node_name="n1")
    _first, second = runs([old, node("b")], [new, node("b")])
    assert second["changes"] == {**NOTHING, "renamed": [{"host": "new", "from": "old"}]}
    assert of(second, "new")["since"] == day(1)


@pytest.mark.parametrize("name", [None, "localhost"])
def test_hosts_that_share_a_name_are_not_taken_for_each_other(name: str | None) -> None:
    """Nodes whose Node objects are not known, or have one name, are not the same node."""
    before = [node("a", node_name=name), node("b", node_name=name)]
    _first, second = runs(before, [node("c", node_name=name), node("d", node_name=name)])
    assert second["changes"]["renamed"] == []
    assert (second["changes"]["added"], second["changes"]["missing"]) == (["c", "d"], ["a", "b"])


def test_clock_that_went_back() -> None:
    """The last run counts although it is of the future, beginnings stay, and a note says so."""
    first = run(day(9), [node(verdict="down", roots=[CA])])
    second = run(day(2), [node(verdict="down", roots=[CA])], first)
    assert second["changes"] == NOTHING
    assert of(second)["since"] == day(9)
    assert ["clock" in note for note in second["notes"]] == [True]


def test_flapping() -> None:
    """Three changes of the verdict in the last ten runs, also between known and unknown; two are none."""
    up, down = [node()], [node(verdict="down", roots=[CA])]
    assert runs(up, down, up)[-1]["changes"]["flapping"] == []
    flapping = [{"host": "worker-1", "times": 3, "runs": 4}]
    assert runs(up, down, up, down)[-1]["changes"]["flapping"] == flapping
    assert runs(up, [unreached()], up, [unreached()])[-1]["changes"]["flapping"] == flapping
    assert runs(up, down, up, down, *[down] * 9)[-1]["changes"]["flapping"] == []


def test_runs_without_the_node_do_not_flap() -> None:
    """Where a limited run left a node out, its old verdict is no observation."""
    made = [run(day(1), [node("a"), node("b")])]
    for number, verdict in ((2, "down"), (3, "healthy")):
        made.append(run(day(number), [node("b", verdict)], made[-1], others={"a", "b"}, history=made))
    last = run(day(4), [node("a"), node("b", "down")], made[-1], others={"a", "b"}, history=made)
    assert last["changes"]["flapping"] == [{"host": "b", "times": 3, "runs": 4}]


def test_fleet_cause() -> None:
    """It is new, stays and goes as a finding of a node does; in a limited run it is only not confirmed."""
    down = overview("fleet/api-endpoint-down", ["a", "b"])
    first = run(day(1), [node("a"), node("b")])
    second = run(day(2), [node("a"), node("b")], first, shared=down)
    limited = run(day(3), [node("a")], second, others={"a", "b"})
    last = run(day(4), [node("a"), node("b")], limited)
    change = {"host": None, "id": "fleet/api-endpoint-down", "kind": "cause"}
    assert second["changes"]["new"] == [change]
    assert (limited["fleet"][0]["confirmed"], limited["fleet"][0]["since"]) == (False, day(2))
    assert limited["changes"]["gone"] == []
    assert last["changes"]["gone"] == [change]


def test_host_whose_task_failed() -> None:
    """A mistake in a host's variables makes it unknown, and hides nothing of what was known."""
    first = run(day(1), [node("a", "down", [CA])])
    failed = unjudged("a", "timeout is 0, but must be from 1 to 600.", day(2))
    second = compare([failed], [], Known(first), at=day(2))
    VALID.validate(second)
    assert of(second, "a")["summary"] == "timeout is 0, but must be from 1 to 600."
    assert (of(second, "a")["verdict"], second["changes"]["gone"]) == ("unknown", [])


def test_other_version_is_noted() -> None:
    """What a newer catalogue finds is not blamed on the node without a word."""
    first = {**run(day(1), [node()]), "version": "0.9.0"}
    assert ["0.9.0" in note for note in run(day(2), [node()], first)["notes"]] == [True]


def test_large_fleet_is_compared_in_a_moment() -> None:
    """5,000 nodes after 5,000 others: no step looks at all nodes for each node."""
    hosts = [f"worker-{number}" for number in range(5000)]
    before = run(day(1), [], None)
    known = Known(before, [{**past(before), "verdicts": dict.fromkeys(hosts, "healthy")}] * 30)
    known = replace(known, last=compare([seen(node(host), day(1)) for host in hosts], [], known, at=day(1)))
    results = [seen(node(f"x{host}", "down", [CA], node_name=host), day(2)) for host in hosts]
    began = perf_counter()
    made = compare(results, [], known, at=day(2))
    assert perf_counter() - began < 5
    assert len(made["changes"]["renamed"]) == 5000
