# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot as a whole: broken parts say so and leave the others alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import host as host_facts
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.evidence import EvidenceError

EMPTY = {"format": "node-bundle/1", "node": "worker-1", "captured_at": "2026-11-23T21:34:56Z"}
EXEC = "{ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet %s ; ignore_errors=no ; pid=0 ; status=0/0 }"


def with_flags(flags: str) -> dict[str, Any]:
    """Evidence of a node whose unit starts the kubelet with these flags."""
    cat = f"# /etc/systemd/system/kubelet.service\n[Service]\nExecStart=/usr/bin/kubelet {flags}\n"
    show = {"LoadState": "loaded", "FragmentPath": "/etc/systemd/system/kubelet.service", "ExecStart": EXEC % flags}
    return {**EMPTY, "host": {"hostname": "Worker-1"}, "units": {"kubelet.service": {"show": show, "cat": cat}}}


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (None, "The evidence is a NoneType where a mapping is expected."),
        ([], "The evidence is a list where a mapping is expected."),
        ({}, "The evidence has format 'none'; this version reads 'node-bundle/1'."),
        ({**EMPTY, "format": "node-bundle/9"}, "The evidence has format 'node-bundle/9'; this version reads"),
        ({**EMPTY, "captured_at": None}, "The evidence has no captured_at that is a time with zone"),
        ({**EMPTY, "captured_at": "yesterday"}, "The evidence has no captured_at that is a time with zone"),
        ({**EMPTY, "captured_at": "2026-11-23T21:34:56"}, "The evidence has no captured_at that is a time with zone"),
    ],
)
def test_what_is_no_evidence(evidence: Any, sentence: str) -> None:
    """What is no evidence at all is refused with one sentence."""
    with pytest.raises(EvidenceError, match=f"^{re.escape(sentence)}"):
        snapshot(evidence, host_name="worker-1")


def test_nothing_collected() -> None:
    """Without any part everything is unknown: nothing is absent, nothing is down."""
    seen = snapshot(EMPTY, host_name="worker-1")
    assert {state.status for state in seen.parts.values()} == {"not_collected"}
    assert not seen.kubelet.known
    assert not seen.log.read
    assert not seen.host.read
    assert not seen.cluster.asked
    assert not seen.probes.connect.made
    assert seen.file("/etc/kubernetes/kubelet.conf").type == "unknown"
    assert not seen.kubeconfig.configured
    assert seen.node_name is None


@pytest.mark.parametrize("part", ["units", "journal", "files", "host", "probes", "cluster"])
@pytest.mark.parametrize("odd", ["text", 3, True, {"a": []}, [1, "x", None], [{}], {"kubelet.service": 5, "/x": []}])
def test_odd_parts_never_fail(part: str, odd: Any) -> None:
    """A part of any type gives a snapshot, and the other parts keep their states."""
    seen = snapshot({**EMPTY, part: odd}, host_name="worker-1")
    others = {name: state.status for name, state in seen.parts.items() if name != part}
    assert set(others.values()) == {"not_collected"}
    expected = list if part == "probes" else dict
    assert seen.part(part).ok is (isinstance(odd, expected))


def test_declared_states_are_kept() -> None:
    """What the node says of its parts, of single files too, is what the snapshot says."""
    states = {
        "journal": {"status": "denied", "reason": "not root"},
        "files:/etc/x": {"status": "timeout", "reason": "no answer in 2 s"},
        "units": {"status": "surprised"},
    }
    seen = snapshot({**EMPTY, "parts": states}, host_name="worker-1")
    assert (seen.part("journal").status, seen.part("journal").reason) == ("denied", "not root")
    assert seen.part("files:/etc/x").status == "timeout"
    assert seen.part("units").status == "error"
    assert seen.part("probes").status == "not_collected"


def test_broken_part_beats_a_declared_ok() -> None:
    """A part that the node calls ok and that is not readable is an error."""
    seen = snapshot({**EMPTY, "files": [], "parts": {"files": {"status": "ok", "reason": ""}}}, host_name="worker-1")
    assert (seen.part("files").status, seen.part("files").reason) == ("error", "is a list, which this part cannot be")


def test_cluster_from_elsewhere_replaces_the_evidence_s() -> None:
    """The control plane's answer given apart counts, with its own state."""
    evidence = {**EMPTY, "cluster": {"error": "old"}, "parts": {"cluster": {"status": "error", "reason": "old"}}}
    seen = snapshot(evidence, host_name="worker-1", cluster={"node": {"metadata": {"name": "worker-one"}}})
    assert (seen.part("cluster").status, seen.node_name, seen.cluster.node_found) == ("ok", "worker-one", True)
    asked = snapshot(evidence, host_name="worker-1", cluster={"error": "connection refused"})
    assert (asked.part("cluster").reason, asked.cluster.node_found) == ("connection refused", None)


def test_node_name() -> None:
    """--hostname-override, then the Node object, then the host name: lower case, and never the inventory's name."""
    node = {"node": {"metadata": {"name": "from-cluster"}}}
    assert snapshot(with_flags("--v=2"), host_name="inventory").node_name == "worker-1"
    assert snapshot(with_flags("--v=2"), host_name="inventory", cluster=node).node_name == "from-cluster"
    override = with_flags("--hostname-override=Node-7")
    assert snapshot(override, host_name="inventory", cluster=node).node_name == "node-7"
    assert snapshot(override, host_name="inventory", node_name="given").node_name == "given"


def test_profile_can_be_given() -> None:
    """A given profile counts; auto means to look."""
    assert snapshot(EMPTY, host_name="x", profile="k3s").profile == "k3s"
    assert snapshot(EMPTY, host_name="x", profile="auto").profile == "kubeadm"


def test_load_states_of_all_units() -> None:
    """Units that the kubelet's unit depends on are known by their LoadState, where the node asked for them."""
    units = {"docker.service": {"show": {"LoadState": "not-found"}}, "x.service": {"show": {}}, "y.service": None}
    assert snapshot({**EMPTY, "units": units}, host_name="x").unit_load_states == {"docker.service": "not-found"}


def test_configuration_of_the_running_process_where_there_is_no_unit() -> None:
    """A kubelet that no readable unit starts is interpreted by its process's own arguments."""
    config = "/opt/kubelet.yaml"
    evidence = {
        **EMPTY,
        "host": {"kubelet": {"pid": 7, "cmdline": ["/usr/bin/kubelet", f"--config={config}"]}},
        "files": {config: {"type": "file", "content": "kind: KubeletConfiguration\nmaxPods: 7\n"}},
    }
    assert snapshot(evidence, host_name="x").config.value("maxPods") == 7


def test_snapshot_does_not_change_its_evidence() -> None:
    """Evidence is read only: it can be judged again."""
    evidence = with_flags("--v=2")
    before = json.dumps(evidence)
    snapshot(evidence, host_name="x", cluster={"error": "x"})
    assert json.dumps(evidence) == before


def test_a_failing_interpreter_does_not_hide_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """When one part cannot be interpreted its state says so, and the other parts are there."""

    def fail(*_arguments: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(host_facts, "host", fail)
    seen = snapshot({**EMPTY, "host": {"hostname": "x"}, "cluster": {"error": "no access"}}, host_name="x")
    assert (seen.part("host").status, "KeyError" in seen.part("host").reason) == ("error", True)
    assert seen.cluster.error == "no access"
