# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A baseline holds what nodes share, can be used as it was written, and gives nothing away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._baseline_files import holds
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.baseline import (
    LINES_SHOWN,
    Node,
    baseline,
    document,
    keys,
    text,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import expectations, problems
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Names,
    Observed,
    Origin,
    Seen,
    Source,
)

AT = "2026-11-24T09:50:00Z"
HEALTHY = observe(load_snapshot("healthy"))


def node(name: str, observed: Observed = HEALTHY, doubt: str = "") -> Node:
    """A node that was read."""
    return Node(name, observed, AT, doubt)


def with_values(**values: Any) -> Observed:
    """The healthy node with other values at some paths (two underscores stand for a dot; None removes)."""
    paths = {path.replace("__", "."): value for path, value in values.items()}
    kept = {path: seen for path, seen in HEALTHY.values.items() if path not in paths}
    return replace(HEALTHY, values={**kept, **{p: Seen(v, "x") for p, v in paths.items() if v is not None}})


@pytest.mark.parametrize("case", NAMES)
def test_node_is_as_its_own_baseline(case: str) -> None:
    """Whatever a node has: what is written can be read again, is accepted, and the node does not differ from it."""
    observed = observe(load_snapshot(case))
    written = text(baseline([node(case, observed)]), [node(case, observed)])
    held = yaml.safe_load(written)["kubelet_expected"]
    assert list(problems(held)) == []
    assert compare(observed, expectations(held, Source(Origin.REFERENCE, "baseline.yml"))) == ()
    assert holds(written, document(baseline([node(case, observed)])))


def test_other_node_is_compared_with_it() -> None:
    """A wrong value is found on another node, whose own name and certificate do not matter."""
    other = observe(load_snapshot("ca-path-wrong"))
    held = document(baseline([node("healthy")]))["kubelet_expected"]
    found = compare(other, expectations(held, Source(Origin.REFERENCE, "baseline.yml")))
    assert [each.path for each in found] == ["config.authentication.x509.clientCAFile"]
    assert found[0].expected.source.text == "baseline.yml"


def test_names_of_the_node_stand_nowhere() -> None:
    """Names, addresses and serial numbers are not in the values; the place of a name is."""
    held = yaml.dump(document(baseline([node("healthy")])))
    assert not any(own in held for own in (*HEALTHY.names.node, *HEALTHY.names.addresses))
    assert "system:node:{node}" in held
    assert "remaining_days" not in held


def test_nodes_that_differ_share_the_rest() -> None:
    """What differs is a comment that names the nodes, and is not expected."""
    nodes = [node("a"), node("b"), node("c", with_values(config__clusterDNS=["10.96.0.99"], flags__v="4"))]
    found = baseline(nodes)
    written = text(found, nodes)
    assert "clusterDNS" not in yaml.safe_load(written)["kubelet_expected"]["config"]
    assert "#   config.clusterDNS: 10.96.0.10 on a, b; 10.96.0.99 on c\n" in written
    assert "#   flags.v: absent on a, b; 4 on c\n" in written
    assert set(found.apart) == {"config.clusterDNS", "flags.v"}


def test_default_that_one_spells_out_is_shared() -> None:
    """A field that is left out and one that says the default are the same."""
    found = baseline([node("a"), node("b", with_values(config__maxPods=110))])
    assert found.apart == {}
    assert found.values["config.maxPods"] == 110


def test_masked_values_and_templates_are_left_out() -> None:
    """A secret's mask is no value; braces of Jinja would be run where somebody copies the file into an inventory."""
    odd = with_values(
        flags__v="to**********n", flags__tag="{{ lookup('pipe', 'id') }}", flags__x="{% x %}", flags__k="1"
    )
    found = baseline([node("a", odd)])
    flags = document(found)["kubelet_expected"]["flags"]
    assert flags["k"] == "1"
    assert not {"v", "tag", "x"} & set(flags)
    assert [sentence.partition(":")[0] for sentence in found.left_out] == ["flags.tag", "flags.v", "flags.x"]


def test_what_would_be_refused_is_left_out_and_said() -> None:
    """A field that is misspelt, or has the wrong type, on the node would make a file that cannot be used."""
    found = baseline([node("a", with_values(config__maxPodz=110, config__maxPods="many"))])
    assert not {"config.maxPodz", "config.maxPods"} & set(found.values)
    assert "# Left out: config.maxPods must be a whole number, not 'many'\n" in text(found, [node("a")])


def test_hostile_values_stay_in_their_comment() -> None:
    """What a node says cannot end a comment, become a key, or reach the terminal."""
    nodes = [node("a", with_values(flags__x="y\nkubelet_expected: {}\n\x1b[31m")), node("b")]
    written = text(baseline(nodes), nodes, ["c: gone\nkubelet_expected: 1"])
    assert list(yaml.safe_load(written)) == ["kubelet_expected"]
    assert "\x1b" not in written


def test_header_says_when_from_whom_and_what_is_doubtful() -> None:
    """A reader of the file sees what it was made of."""
    nodes = [node("a"), node("b", doubt="down when it was read (no CA)")]
    written = text(baseline(nodes), nodes, ["c: could not be reached"])
    assert f"#   a, {AT}\n#   b, {AT}: down when it was read (no CA)\n# Left out: c: could not be reached\n" in written
    assert "Different" not in written


def test_long_lists_of_differences_are_cut() -> None:
    """A thousand differences make no file that nobody reads."""
    flags: dict[str, Any] = {f"flags__f{number}": "x" for number in range(LINES_SHOWN + 7)}
    nodes = [node("a"), node("b", with_values(**flags))]
    assert "#   and 7 more\n" in text(baseline(nodes), nodes)


def test_many_nodes_are_counted() -> None:
    """Of many nodes with one value some are named."""
    nodes = [*(node(f"n{number}") for number in range(9)), node("x", with_values(swap__active=True))]
    assert "#   swap.active: false on n0, n1, n2, n3, n4 and 4 more; true on x\n" in text(baseline(nodes), nodes)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("config.evictionHard.memory.available", ("config", "evictionHard", "memory.available")),
        ("config.authentication.x509.clientCAFile", ("config", "authentication", "x509", "clientCAFile")),
        ("files./etc/a.conf.mode", ("files", "/etc/a.conf", "mode")),
        ("unit.dropins", ("unit", "dropins")),
        ("unit.dropins./etc/a.conf.content", ("unit", "dropins./etc/a.conf", "content")),
        ("kernel.net.ipv4.ip_forward", ("kernel", "net.ipv4.ip_forward")),
        ("service.kubelet.enabled", ("service", "kubelet", "enabled")),
        ("flags.max-pods", ("flags", "max-pods")),
    ],
)
def test_dots_in_keys_stay(path: str, found: tuple[str, ...]) -> None:
    """A path is nested as the files are that it is about."""
    assert keys(path) == found


def test_same_values_are_the_same_file() -> None:
    """A later date, other comments or another order are no change; another value or a broken file is."""
    doc = document(baseline([node("a")]))
    written = text(baseline([node("a")]), [node("a")])
    assert holds(f"# later\n{written}", doc)
    assert not holds(None, doc)
    assert not holds(written.replace("10.96.0.10", "10.96.0.11"), doc)
    assert not holds("kubelet_expected: [", doc)
    assert not holds("", doc)


def test_nothing_read_is_no_value() -> None:
    """A node of which nothing is known shares nothing, and leaves nothing out that others have."""
    nothing = Observed(unread=("config", "flags", "kubeconfig", "unit", "certificates"), names=Names())
    found = baseline([node("a"), node("b", nothing)])
    assert found.values == {}
    assert set(found.apart["config.clusterDNS"]) == {"10.96.0.10", "not read"}
