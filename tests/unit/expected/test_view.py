# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks/expected.yml shows and writes: every value, who expects it, what is there, and who disagrees."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peer_table import table
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peers import Peer, PeerTable
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.view import view
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Expectation,
    Matcher,
    Names,
    Observed,
    Origin,
    Seen,
    Source,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.expected import expected_block, expected_blocks
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._views import views, write_views

INVENTORY = Source(Origin.DECLARED, "inventory")
CLUSTER = Source(Origin.CONTROL_PLANE, "kubelet-config")
REFERENCE = Source(Origin.REFERENCE, "reference node worker-1")


def node(**values: Any) -> Observed:
    """A node with these values (two underscores stand for a dot), each at its own place."""
    seen = {
        path.replace("__", "."): Seen(value, f"/etc/{number}:1") for number, (path, value) in enumerate(values.items())
    }
    return Observed(seen, names=Names(("worker-2",), ("10.0.0.2",)))


def wanted(path: str, value: Any, source: Source = CLUSTER) -> Expectation:
    """One source expects one value."""
    return Expectation(path, Matcher("exact", value), source)


def shown(observed: Observed, *expectations: Expectation, **more: Any) -> dict[str, Any]:
    """The view of a node."""
    return view("worker-2", observed, expectations, more.get("split", {}), more.get("unread", {}))


def screen(seen: dict[str, Any], width: int = 100) -> str:
    """The view as it is printed."""
    return expected_block(seen, width=width, colour=False)


def test_value_that_is_right_is_shown_with_all_who_expect_it() -> None:
    """Sources that agree are one line."""
    seen = shown(
        node(config__clusterDNS=["10.96.0.10"]),
        wanted("config.clusterDNS", ["10.96.0.10"], REFERENCE),
        wanted("config.clusterDNS", ["10.96.0.10"]),
    )
    (entry,) = seen["expected"]
    assert (entry["state"], entry["sources"]) == ("as_expected", ["kubelet-config", "reference node worker-1"])
    assert (entry["origin"], entry["value"]) == ("control_plane", ["10.96.0.10"])
    assert "  expected by kubelet-config, reference node worker-1\n    config.clusterDNS  10.96.0.10" in screen(seen)
    assert "1 value expected, 0 different" in screen(seen)
    assert "different here" not in screen(seen)


def test_difference_comes_first_with_its_place() -> None:
    """What wants a look is at the top: what should be, what is there, and where."""
    seen = shown(
        node(config__a="x", config__clusterDNS=["10.96.0.99"]),
        wanted("config.a", "x"),
        wanted("config.clusterDNS", ["10.96.0.10"]),
    )
    lines = screen(seen).splitlines()
    assert lines[0] == "worker-2  2 values expected, 1 different"
    assert lines[2:6] == [
        "  different here, or in dispute",
        "    config.clusterDNS",
        "      expected  10.96.0.10  by kubelet-config",
        "      here      10.96.0.99  (/etc/1:1)",
    ]


def test_sources_that_do_not_agree_are_shown_also_where_the_node_is_right() -> None:
    """A conflict among the sources is worth knowing before one of them is trusted."""
    seen = shown(
        node(config__maxPods=50),
        wanted("config.maxPods", 50, INVENTORY),
        wanted("config.maxPods", 110),
    )
    assert seen["expected"][0]["conflicts"] == [{"expected": "110", "source": "kubelet-config"}]
    assert "1 in dispute" in screen(seen)
    assert "      expected  50  by inventory\n      but       110  by kubelet-config\n" in screen(seen)


def test_names_of_this_node_stand_where_the_reference_had_its_own() -> None:
    """Placeholders are filled in."""
    seen = shown(node(flags__x="worker-2"), wanted("flags.x", "{node}", REFERENCE))
    assert (seen["expected"][0]["state"], seen["expected"][0]["expected"]) == ("as_expected", "worker-2")


def test_default_is_said_where_nothing_is_set() -> None:
    """A zero value of kubeadm is what it means."""
    seen = shown(node(config__syncFrequency="0s"), wanted("config.syncFrequency", "0s"), wanted("config.podCIDR", ""))
    said = {entry["path"]: entry["expected"] for entry in seen["expected"]}
    assert said == {"config.syncFrequency": "1m0s (the default)", "config.podCIDR": "unset"}


def test_what_was_not_read_is_said() -> None:
    """A path at which nobody looked is neither right nor wrong."""
    seen = shown(node(), wanted("kernel.vm.swappiness", "60", REFERENCE))
    assert seen["expected"][0]["state"] == "unknown"
    assert "60 (not read here)" in screen(seen)
    assert "1 not read here" in screen(seen)


def test_file_is_one_line() -> None:
    """Type, mode and owner of one file belong together."""
    values = {"type": "file", "mode": "0600", "owner": "root", "group": "root"}
    path = "files./etc/kubernetes/kubelet.conf"
    observed = Observed({f"{path}.{name}": Seen(value) for name, value in values.items()})
    seen = shown(observed, *(wanted(f"{path}.{name}", value) for name, value in values.items()))
    assert f"    {path}  file 0600 root:root" in screen(seen)


def test_undecided_peers_and_silent_sources_are_said() -> None:
    """Who could not be asked, and where the peers are split."""
    split = {"config.clusterDNS": (("10.96.0.10", 3), ("10.96.0.99", 3))}
    text = screen(shown(node(), split=split, unread={"cluster": "no control plane was asked"}))
    assert "  not asked: cluster: no control plane was asked" in text
    assert "    config.clusterDNS: 10.96.0.10 on 3 nodes; 10.96.0.99 on 3 nodes" in text


def test_hostile_values_are_text_and_lines_are_bounded() -> None:
    """Escapes of a terminal are shown, not obeyed, and nothing runs out of the screen."""
    seen = shown(node(flags__x="\x1b[2J" + "y" * 500), wanted("flags.x", "\x1b]0;z\x07" + "w" * 500))
    for colour in (False, True):
        text = expected_block(seen, width=80, colour=colour)
        assert "\x1b[2J" not in text
        assert "\x07" not in text
    assert all(len(line) <= 80 for line in screen(seen, 80).splitlines())


def entry(name: str, observed: Observed, **more: Any) -> dict[str, Any]:
    """What `observe` registers."""
    expectations = [wanted("config.a", "x").to_dict()]
    comparison = {"observed": observed.to_dict(), "expectations": expectations, "groups": ["role=worker", ""]}
    diagnosis = {"host": name, "captured_at": "2026-11-24T09:50:00Z", "unknowns": []}
    said = {"name": name, "observed": observed.to_dict(), "unreadable": "", "unpublished": {}}
    return {**said, "diagnosis": diagnosis, "comparison": comparison, **more}


def test_peers_of_the_run_expect_what_they_share() -> None:
    """Five workers, one of which has another value."""
    peers = {f"w{number}": node(config__a="x", config__b="1" if number else "2") for number in range(5)}
    known: PeerTable = table(Peer(name, ("role=worker", ""), "2026-11-24T09:50:00Z", o) for name, o in peers.items())
    found = views([entry(name, observed) for name, observed in peers.items()], known)
    by_path = {each["path"]: each for each in found[0]["expected"]}
    assert (by_path["config.b"]["state"], by_path["config.b"]["sources"]) == ("different", ["4 of 4 peers"])
    assert by_path["config.a"]["sources"] == ["kubelet-config", "4 of 4 peers"]
    assert {each["state"] for each in found[1]["expected"]} == {"as_expected"}


def test_sources_that_could_not_be_asked() -> None:
    """An unreachable reference and a ConfigMap that is not there are named, other unknowns of a diagnosis are not."""
    unknowns = [
        {"part": "expected:node:worker-9", "status": "error", "reason": "could not be reached"},
        {"part": "journal", "status": "denied", "reason": "not root"},
    ]
    said = entry("w", node(), unpublished={"kubelet_config": "not found"})
    said["diagnosis"]["unknowns"] = unknowns
    assert views([said], PeerTable())[0]["unread"] == {
        "expected:node:worker-9": "could not be reached",
        "kubelet_config": "not found",
    }


def test_node_that_could_not_be_read_says_so(tmp_path: Any) -> None:
    """Nothing is expected of it; the file says why."""
    said = {**entry("gone", Observed()), "observed": {}, "unreadable": "the node could not be reached: refused"}
    found = views([said], PeerTable())
    (file,) = write_views(tmp_path, found)
    assert file == str(tmp_path / "_expected" / "gone.json")
    assert json.loads((tmp_path / "_expected" / "gone.json").read_text())["unread"] == {
        "the node": "the node could not be reached: refused"
    }
    text = expected_blocks(found, [file], 100, False)
    assert "gone  0 values expected" in text
    assert text.endswith(f"1 node. Written to {file}")


def test_of_many_nodes_only_what_wants_a_look_is_shown() -> None:
    """A hundred tables are not read; each node's differences and the files are there."""
    good = shown(node(config__a="x"), wanted("config.a", "x"))
    bad = shown(node(config__a="y"), wanted("config.a", "x"))
    few, many = (expected_blocks([good] * number + [bad], ["d/w.json", "d/v.json"], 100, False) for number in (2, 60))
    assert few.count("expected by kubelet-config") == 3
    assert many.count("expected by kubelet-config") == 0
    assert many.count("1 value expected, 0 different") == 60
    assert "      expected  x  by kubelet-config\n      here      y" in many
    assert many.endswith("61 nodes. Written to d/")
