# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of a node because its peers have it, over nodes of a few values each."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peer_table import table
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peers import Peer, PeerTable, expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.saved_peers import from_dict, to_dict
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Names, Observed, Seen

GROUPS = ("role=worker", "role=worker, 4 CPUs, 16 GiB")
DNS, FLAG = "config.clusterDNS", "flags.v"
RIGHT, WRONG = ["10.96.0.10"], ["10.96.0.99"]


def seen(name: str, values: dict[str, Any], unread: tuple[str, ...] = ()) -> Observed:
    """A node that was looked at."""
    number = int(name.rpartition("-")[2])
    found = {path: Seen(value, "/some/file:1") for path, value in values.items()}
    return Observed(found, unread, Names((name,), (f"10.0.0.{number}",)))


def run(*nodes: dict[str, Any] | Observed, groups: tuple[str, str] = GROUPS) -> tuple[PeerTable, list[Observed]]:
    """The table of nodes named worker-1 and so on."""
    observed = [node if isinstance(node, Observed) else seen(f"worker-{n}", node) for n, node in enumerate(nodes, 1)]
    peers = [Peer(f"worker-{n}", groups, f"2026-11-24T10:00:{n % 60:02d}Z", node) for n, node in enumerate(observed, 1)]
    return table(peers), observed


def wanted(found: tuple[PeerTable, list[Observed]], number: int, groups: tuple[str, str] = GROUPS) -> dict[str, str]:
    """What is expected of worker-<number>, by path: the value and who says so. Saving the table changes nothing."""
    peers, observed = found
    node = observed[number - 1] if number <= len(observed) else observed[-1]
    told = expectations(peers, groups, f"worker-{number}", node)
    saved = from_dict(json.loads(json.dumps(to_dict(peers))))
    assert saved == peers
    assert expectations(saved, groups, f"worker-{number}", node) == told
    return {
        each.path: f"{'absent' if each.matcher.kind == 'absent' else each.matcher.value} by {each.source.text}"
        for each in told
    }


def test_the_odd_one_out() -> None:
    """A node is expected to have what all its peers have; of them four in five is a clear majority too."""
    found = run(*[{DNS: RIGHT}] * 5, {DNS: WRONG})
    assert wanted(found, 6) == {DNS: "['10.96.0.10'] by 5 of 5 peers"}
    assert wanted(found, 1) == {DNS: "['10.96.0.10'] by 4 of 5 peers"}
    assert found[0].groups[GROUPS[0]].outliers == {"worker-6": (DNS,)}


@pytest.mark.parametrize("others", [[RIGHT, RIGHT, WRONG], [RIGHT, RIGHT], [RIGHT, RIGHT, RIGHT, WRONG, WRONG]])
def test_no_clear_majority(others: list[Any]) -> None:
    """Fewer than three nodes, or two thirds and no more, expect nothing."""
    assert wanted(run(*[{DNS: value} for value in others], {DNS: ["10.96.0.77"]}), len(others) + 1) == {}


def test_even_split() -> None:
    """One half against the other expects nothing of either, and is told."""
    found = run(*[{DNS: RIGHT}] * 3, *[{DNS: WRONG}] * 3)
    assert wanted(found, 1) == wanted(found, 6) == {}
    group = found[0].groups[GROUPS[0]]
    assert group.even() == {DNS: (("10.96.0.10", 3), ("10.96.0.99", 3))}
    assert group.outliers == {}


def test_three_values() -> None:
    """Values that each node has for itself are no split into halves."""
    group = run(*[{DNS: [f"10.96.0.{number}"]} for number in range(8)])[0].groups[GROUPS[0]]
    assert DNS in group.split
    assert not group.even()


def test_a_node_is_not_its_own_peer() -> None:
    """Of four nodes three agree: they are enough for the fourth, and the fourth is not enough for one of them."""
    found = run(*[{DNS: RIGHT}] * 3, {DNS: WRONG})
    assert wanted(found, 4) == {DNS: "['10.96.0.10'] by 3 of 3 peers"}
    assert wanted(found, 1) == {}


def test_a_node_that_was_not_there() -> None:
    """All nodes of a saved table are peers of one that it does not hold."""
    found = run(*[{DNS: RIGHT}] * 3)
    assert wanted(found, 4) == {DNS: "['10.96.0.10'] by 3 of 3 peers"}


def test_a_setting_that_only_one_has() -> None:
    """A flag that nobody else has is expected to be absent, a field to have the kubelet's default."""
    found = run(*[{DNS: RIGHT}] * 4, {DNS: RIGHT, FLAG: "9", "config.registerNode": False})
    assert wanted(found, 5) == {
        DNS: "['10.96.0.10'] by 4 of 4 peers",
        FLAG: "absent by 4 of 4 peers",
        "config.registerNode": "True by 4 of 4 peers",
    }


def test_a_setting_that_one_lacks() -> None:
    """What all others set is expected of the node that does not."""
    found = run(*[{DNS: RIGHT, FLAG: "2"}] * 4, {DNS: RIGHT})
    assert wanted(found, 5)[FLAG] == "2 by 4 of 4 peers"
    assert found[0].groups[GROUPS[0]].outliers == {"worker-5": (FLAG,)}


def test_a_setting_that_is_new() -> None:
    """Also against a saved table in which no node has the setting."""
    peers, _observed = run(*[{DNS: RIGHT}] * 4)
    now = seen("worker-4", {DNS: RIGHT, FLAG: "9", "files./a.mode": "0600"})
    told = {each.path: each.source.text for each in expectations(peers, GROUPS, "worker-4", now)}
    assert told == {DNS: "3 of 3 peers", FLAG: "3 of 3 peers"}


def test_default_and_nothing_are_the_same() -> None:
    """Where some set the default and others set nothing, all agree."""
    found = run({DNS: RIGHT}, {"config.port": 10250, DNS: RIGHT}, {"config.port": 0, DNS: RIGHT}, {"config.port": 1})
    assert wanted(found, 4)["config.port"] == "10250 by 3 of 3 peers"
    assert found[0].groups[GROUPS[0]].outliers == {"worker-4": (DNS, "config.port")}


def test_nothing_set_is_unset() -> None:
    """A value that means nothing is as good as none, also where the table was saved."""
    found = run(*[{"config.shutdownGracePeriod": "0s", DNS: RIGHT}] * 4, {"config.shutdownGracePeriod": "9s"})
    assert "config.shutdownGracePeriod" not in wanted(found, 1)
    assert wanted(found, 5)["config.shutdownGracePeriod"] == "absent by 4 of 4 peers"


def test_unread_is_not_absent() -> None:
    """A peer whose configuration could not be read has no say in it, neither for nor against; its flags count."""
    unread = seen("worker-4", {FLAG: "2"}, ("config",))
    found = run(*[{DNS: RIGHT, FLAG: "2"}] * 3, unread, {DNS: WRONG, "config.port": 1, FLAG: "3"})
    assert wanted(found, 5) == {
        DNS: "['10.96.0.10'] by 3 of 3 peers",
        "config.port": "10250 by 3 of 3 peers",
        FLAG: "2 by 4 of 4 peers",
    }
    assert "worker-4" not in found[0].groups[GROUPS[0]].outliers


def test_a_lost_kubeconfig() -> None:
    """What peers have in theirs is told to a node that has none, and is no difference of it."""
    found = run(*[{"kubeconfig.server": "https://lb:6443"}] * 3, seen("worker-4", {}, ("kubeconfig",)))
    assert wanted(found, 4) == {"kubeconfig.server": "https://lb:6443 by 3 of 3 peers"}
    peers, observed = found
    assert compare(observed[3], expectations(peers, GROUPS, "worker-4", observed[3])) == ()


def test_files_that_were_not_looked_at() -> None:
    """The mode of a file is compared with those peers where it was seen."""
    mode = "files./etc/kubernetes/kubelet.conf.mode"
    found = run(*[{mode: "0600"}] * 3, *[{DNS: RIGHT}] * 3, {mode: "0644"})
    assert wanted(found, 7)[mode] == "0600 by 3 of 3 peers"
    assert mode not in wanted(found, 6)


def test_own_names_and_addresses() -> None:
    """A value that holds each node's own name or address is the same on all; so is a path that does, of which nothing
    is expected."""
    server, file, other = "kubeconfig.server", "files./etc/worker-{}.conf.mode", "flags.a"
    found = run(
        *({server: f"https://10.0.0.{n}:6443", file.format(n): "0600", other: f"worker-{n}x"} for n in range(1, 6))
    )
    assert wanted(found, 1) == {"kubeconfig.server": "https://{address}:6443 by 4 of 4 peers"}


def test_an_address_that_some_have_for_their_own() -> None:
    """A virtual address is expected as it is written, also of a node that does not have it as its own."""
    virtual = {"kubeconfig.server": "https://10.9.9.9:6443"}
    observed = [seen(f"worker-{n}", virtual) for n in range(1, 7)]
    holders = [
        Observed(node.values, (), Names(node.names.node, (*node.names.addresses, "10.9.9.9"))) for node in observed[:4]
    ]
    wrong = seen("worker-7", {"kubeconfig.server": "https://10.9.9.8:6443"})
    found = run(*holders, *observed[4:], wrong)
    assert wanted(found, 7) == {"kubeconfig.server": "https://10.9.9.9:6443 by 6 of 6 peers"}
    assert found[0].groups[GROUPS[0]].outliers == {"worker-7": ("kubeconfig.server",)}


def test_what_was_masked() -> None:
    """A secret is never compared, for nobody knows it; its length says nothing."""
    found = run(*[{FLAG: "*" * number} for number in range(4, 9)], {FLAG: "abc"})
    assert wanted(found, 1) == wanted(found, 6) == {}


@pytest.mark.parametrize(
    "path",
    [
        "flags.node-ip",
        "flags.node-labels",
        "config.providerID",
        "certificates.serving.common_name",
        "certificates.client.remaining_days",
        "files./etc/kubernetes/kubelet.conf.sha256",
        "service.kubelet.active",
        "kernel.vm.overcommit_memory",
        "kernel.kernel.panic_on_oops",
    ],
)
def test_never_compared(path: str) -> None:
    """What each node has for itself is not expected of any, whatever the others have."""
    assert wanted(run(*[{path: "same"}] * 5, {path: "other"}), 6) == {}


def test_size_of_the_machine() -> None:
    """What follows from a machine's size is compared among machines of that size only."""
    small, large = ("a", "a, 2 CPUs, 8 GiB"), ("a", "a, 4 CPUs, 16 GiB")
    nodes = [({"config.maxPods": 29, DNS: RIGHT}, small)] * 6 + [({"config.maxPods": 58, DNS: RIGHT}, large)] * 2
    nodes += [({"config.maxPods": 5, DNS: WRONG}, small), ({"config.maxPods": 5, DNS: WRONG}, ("a", ""))]
    peers = [
        Peer(f"worker-{n}", groups, "2026-11-24T10:00:00Z", seen(f"worker-{n}", values))
        for n, (values, groups) in enumerate(nodes)
    ]
    found = table(peers)
    told = {
        peer.name: {each.path: each.source.text for each in expectations(found, peer.groups, peer.name, peer.observed)}
        for peer in peers
    }
    assert told["worker-8"] == {DNS: "8 of 9 peers", "config.maxPods": "6 of 6 peers"}
    assert told["worker-6"] == {DNS: "7 of 9 peers"}
    assert told["worker-9"] == {DNS: "8 of 9 peers"}


def test_groups_are_apart() -> None:
    """Nodes of another group are no peers."""
    found = run(*[{DNS: RIGHT}] * 5)
    assert wanted(found, 6, ("role=control-plane", "")) == {}


def test_a_fault_that_changes_the_group() -> None:
    """A node whose group is not known has the peers that it had before."""
    found = run(*[{DNS: RIGHT}] * 5)
    assert wanted(found, 5, ("profile=manual", "")) == {DNS: "['10.96.0.10'] by 4 of 4 peers"}


def test_only_some_paths() -> None:
    """A caller who knows which paths matter gets these."""
    peers, observed = run(*[{DNS: RIGHT, FLAG: "2"}] * 4, {DNS: WRONG, FLAG: "2"})
    told = expectations(peers, GROUPS, "worker-5", observed[4], {DNS, "flags.none"})
    assert [each.path for each in told] == [DNS]


def values_of(nodes: int) -> list[Peer]:
    """Nodes with many values, some of them their own."""
    common = {f"config.field{number}": f"value {number}" for number in range(60)}
    return [
        Peer(
            f"worker-{n}",
            ("a", ""),
            "2026-11-24T10:00:00Z",
            seen(f"worker-{n}", {**common, f"flags.own{n}": "1", "config.field1": n, "config.field2": n % 7}),
        )
        for n in range(nodes)
    ]


def steps(nodes: int) -> int:
    """Lines of our code that are run to compare this many nodes with each other."""
    peers, count = values_of(nodes), 0

    def trace(frame: Any, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace if "plugin_utils" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = table(peers)
        for peer in peers:
            paths = {path for group in found.of(peer.groups, peer.name) for path in group.outliers.get(peer.name, ())}
            expectations(found, peer.groups, peer.name, peer.observed, paths)
    finally:
        sys.settrace(before)
    return count


def test_cost_is_linear() -> None:
    """Four times as many nodes take four times as many steps, not sixteen; counted, so that no machine is too slow."""
    few = steps(50)
    assert steps(200) < 4.4 * few


def changed(data: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A saved table of one group with other values in it."""
    return {**data, "groups": [{**data["groups"][0], **values}]}


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda _data: [], "format"),
        (lambda data: {**data, "format": "kubelet-peers/99"}, "format"),
        (lambda data: {**data, "groups": [{}]}, "not whole"),
        (lambda data: {**data, "groups": 7}, "not whole"),
        (lambda data: changed(data, at="yesterday"), "yesterday"),
        (lambda data: changed(data, unread={"config": "0-99"}), "rise"),
        (lambda data: changed(data, unread={"config": "x"}), "numbers"),
        (lambda data: changed(data, unread={"config": "3-1"}), "rise"),
        (lambda data: changed(data, values={DNS: {}}), "not whole"),
        (lambda data: changed(data, values={DNS: {"value": 1, "known": 4}}), "not whole"),
    ],
)
def test_damaged_table(damage: Any, problem: str) -> None:
    """A file that is no table, or not whole, is refused in words."""
    data = to_dict(run(*[{DNS: RIGHT}] * 4)[0])
    with pytest.raises(ValueError, match=problem):
        from_dict(damage(data))
