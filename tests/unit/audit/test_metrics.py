# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics in the text format of Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path

from unit.audit._runs import CA, day, node, overview, run, unreached

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.metrics import metrics

SAMPLE = json.loads((Path(__file__).parent / "sample_run.json").read_text())
# https://prometheus.io/docs/instrumenting/exposition_formats/
LINE = re.compile(
    r"# HELP (?P<help>[a-z_]+) [^\n]+|# TYPE (?P<type>[a-z_]+) gauge"
    r'|(?P<name>[a-z_]+)(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? \d+'
)


def test_sample_in_full() -> None:
    """Every line is as the format wants it, no series is there twice, and the families stand together."""
    text = metrics(SAMPLE)
    lines = text.removesuffix("\n").split("\n")
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found)
    assert len({line.rpartition(" ")[0] for line in lines}) == len(lines)
    names = [match["help"] or match["type"] or match["name"] for match in found if match]
    assert [name for name, before in zip(names, ["", *names], strict=False) if name != before] == list(
        dict.fromkeys(names)
    )
    for line in (
        "nodeclinic_audit_timestamp_seconds 1795489200",
        'nodeclinic_audit_nodes{verdict="degraded"} 2',
        "nodeclinic_audit_unreachable_nodes 1",
        'nodeclinic_audit_fleet_cause{id="fleet/api-endpoint-down",endpoint="cp.example:6443"} 1',
        'nodeclinic_node_verdict{node="worker-2",verdict="down"} 1',
        'nodeclinic_node_verdict{node="worker-2",verdict="healthy"} 0',
        'nodeclinic_node_finding{node="worker-2",id="certificate/client-expired",kind="cause"} 1',
        'nodeclinic_node_finding{node="worker-5",id="runtime/socket-missing",kind="cause"} 1',
        'nodeclinic_node_certificate_expiry_timestamp_seconds{node="worker-2",use="client"} 1795467851',
    ):
        assert line in lines


def test_nodes_out_of_a_limited_run_keep_their_series() -> None:
    """An audit of one node makes no alert of another one resolve."""
    first = run(day(1), [node("a", "down", [CA]), node("b")])
    limited = metrics(run(day(2), [node("b")], first, others={"a", "b"}))
    assert f'nodeclinic_node_finding{{node="a",id="{CA}",kind="cause"}} 1' in limited
    lost = metrics(run(day(2), [unreached("a"), node("b")], first))
    assert f'nodeclinic_node_finding{{node="a",id="{CA}",kind="cause"}} 1' in lost


def test_hostile_names_are_escaped() -> None:
    """Quotes, backslashes and line ends in names cannot end a label or a line."""
    shared = overview("fleet/api-endpoint-down", ["a"], endpoint='x"} 1\n\\')
    text = metrics(run(day(1), [node('a"b\\c\nd')], shared=shared))
    assert 'nodeclinic_node_verdict{node="a\\"b\\\\c d",verdict="healthy"} 1' in text
    assert all(LINE.fullmatch(line) for line in text.splitlines())


def test_families_without_samples_are_announced() -> None:
    """A fleet with nothing wrong has all the families, so that a rule finds a name that exists."""
    text = metrics(run(day(1), [node()]))
    assert text.count("# TYPE") == text.count("# HELP") == 9
