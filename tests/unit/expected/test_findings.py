# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference does to the result of a node: more weight for a root cause, a risk, or a line of information."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.catalogue import BY_GROUP
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.findings import effect, findings
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.portable import portable_values
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.result import compared
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Difference,
    Expectation,
    Matcher,
    Origin,
    Seen,
    Source,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "result.schema.json").read_text())


def alike(origin: Origin = Origin.PEERS, source: str = "4 of 4 peers", **values: Any) -> list[Expectation]:
    """Everything as on the healthy node; ``values`` replace values by path (with _ for a dot)."""
    wanted = portable_values(observe(load_snapshot("healthy"))) | {k.replace("_", "."): v for k, v in values.items()}
    return [Expectation(path, Matcher("exact", value), Source(origin, source)) for path, value in wanted.items()]


def result_of(case: str, *more: Expectation, peers: bool = True) -> dict[str, Any]:
    """A recorded node compared with the healthy one, as a valid result."""
    node = load_snapshot(case)
    found = compared(diagnose(node).to_dict(), observe(node), [*(alike() if peers else []), *more])
    jsonschema.validate(found, SCHEMA)
    return found


def own(found: dict[str, Any]) -> dict[str, str]:
    """Findings of the comparison with their severity."""
    return {f["id"]: f["severity"] for f in found["risks"] if f["id"].startswith("expected/")}


@pytest.mark.parametrize("case", ["healthy", "healthy-cert-expires-5d", "swap-on-ignored-failswapon-false"])
def test_healthy_node_among_its_peers_has_no_difference_that_harms(case: str) -> None:
    """The verdict and the line of a good node stay as they are."""
    found = result_of(case)
    assert found["verdict"] == "healthy"
    assert set(own(found).values()) <= {"info"}


@pytest.mark.parametrize(
    ("case", "root", "path", "value"),
    [
        (
            "ca-path-wrong",
            "certificate/client-ca-file-missing",
            "config.authentication.x509.clientCAFile",
            "/etc/kubernetes/pki/ca.crt",
        ),
        ("server-port-wrong", "kubeconfig/wrong-server", "kubeconfig.server", "https://controlplane:6443"),
        ("runtime-endpoint-wrong", "runtime/endpoint-wrong", "config.containerRuntimeEndpoint", "containerd.sock"),
        ("dropin-config-wrong-path", "config/kubelet-config-missing", "flags.config", "/var/lib/kubelet/config.yaml"),
        ("kubeconfig-ca-wrong", "certificate/ca-not-trusted-by-node", "kubeconfig.ca_sha256", "9b151dc93557"),
        ("kubelet-masked", "service/masked", "service.kubelet.enabled", "enabled"),
        ("cert-wrong-node-name", "certificate/client-cn-mismatch", "certificates.client.common_name", "worker-3"),
    ],
)
def test_difference_of_a_root_cause_makes_it_clearer(case: str, root: str, path: str, value: str) -> None:
    """The cause says the right value and who expects it, in its summary, its evidence and the node's summary, and there
    is no finding beside it."""
    found = result_of(case)
    cause = next(each for each in found["root_causes"] if each["id"] == root)
    assert "4 of 4 peers" in cause["summary"]
    assert value in cause["summary"]
    assert any(item["source"] == "expected" and value in item["excerpt"] for item in cause["evidence"])
    assert path in {difference["path"] for difference in found["differences"]}
    assert not [item for item in own(found) if item == BY_GROUP[path.partition(".")[0]].id]
    assert "4 of 4 peers" in found["summary"]


def test_value_that_the_cause_names_already_is_not_named_twice() -> None:
    """The walkthrough's first case: the cause has found the right file by itself."""
    (cause,) = result_of("ca-path-wrong")["root_causes"]
    assert cause["summary"].count("expected /etc/kubernetes/pki/ca.crt") == 1
    assert cause["summary"].endswith("; 4 of 4 peers say the same")


def test_value_that_breaks_pods_is_a_risk_of_a_healthy_node() -> None:
    """With file and line, the right value, who says so, and the repair: the node itself shows nothing of it."""
    wanted = Expectation("config.clusterDNS", Matcher("exact", ["10.96.0.11"]), Source(Origin.PEERS, "4 of 4 peers"))
    found = result_of("healthy", wanted, peers=False)
    assert (found["verdict"], own(found)) == ("at_risk", {"expected/kubelet-configuration": "warning"})
    assert "works, but: clusterDNS: 10.96.0.10 (/var/lib/kubelet/config.yaml:" in found["summary"]
    (risk,) = found["risks"]
    assert risk["remedy"]["repair"] == "set-expected-config"
    assert risk["remedy"]["automatic"] == "needs-approval"


def test_value_that_would_have_broken_a_node_which_works_is_information() -> None:
    """A kubelet that works with another cgroup driver takes it from its runtime."""
    found = result_of("cgroup-driver-mismatch")
    assert (found["verdict"], own(found)) == ("healthy", {"expected/kubelet-configuration": "info"})
    (note,) = (each for each in found["risks"] if each["id"].startswith("expected/"))
    assert note["summary"].startswith("cgroupDriver: cgroupfs (/var/lib/kubelet/config.yaml:15); expected systemd")


def test_address_of_a_cache_on_the_node_is_no_alarm() -> None:
    """NodeLocal DNSCache answers at a link-local address, which kubelet-config need not know."""
    local = Seen(["169.254.20.10"], "/var/lib/kubelet/config.yaml:12")
    wanted = Expectation("config.clusterDNS", Matcher("exact", ["10.96.0.10"]), Source(Origin.CONTROL_PLANE, "x"))
    assert effect(Difference(wanted.path, local, wanted)) == Effect.INFO
    assert effect(Difference(wanted.path, Seen(["10.96.0.99"]), wanted)) == Effect.RISK


def test_harmless_difference_leaves_a_healthy_node_healthy() -> None:
    """A drop-in that others do not have is information."""
    found = result_of("memory-limit-tight")
    assert (found["verdict"], own(found)) == ("healthy", {"expected/unit": "info"})
    (note,) = (each for each in found["risks"] if each["id"] == "expected/unit")
    assert "d/30-mem.conf; expected without it by 4 of 4 peers" in note["summary"]


def test_declared_difference_is_a_risk_and_its_repair_safe() -> None:
    """Whatever the value is about, the user said that it matters."""
    wanted = Expectation("config.maxPods", Matcher("exact", 50), Source(Origin.DECLARED, "inventory"))
    found = result_of("healthy", wanted, peers=False)
    assert (found["verdict"], own(found)) == ("at_risk", {"expected/kubelet-configuration": "warning"})
    (risk,) = found["risks"]
    assert risk["remedy"]["automatic"] == "safe"
    assert risk["summary"] == "maxPods: not set, so 110; expected 50 by inventory"


def test_several_differences_of_a_kind_are_one_finding() -> None:
    """The one that does most harm speaks, all are its evidence."""
    wanted = [
        Expectation(f"config.{name}", Matcher("exact", value), Source(Origin.PEERS, "4 of 4 peers"))
        for name, value in (("clusterDNS", ["10.96.0.11"]), ("maxPods", 50), ("podPidsLimit", 10))
    ]
    found = result_of("healthy", *wanted, peers=False)
    (risk,) = found["risks"]
    assert risk["summary"].startswith("clusterDNS: 10.96.0.10")
    assert risk["summary"].endswith("(and 2 more like it)")
    assert len(risk["evidence"]) == 3


@pytest.mark.parametrize(
    ("profile", "repair", "words"),
    [
        ("kubeadm", "set-expected-config", "restart the kubelet"),
        ("eks", "set-expected-config", "nodeadm writes these files"),
        ("k3s", None, "`systemctl restart k3s-agent`"),
    ],
)
def test_file_that_a_supervisor_writes_is_not_repaired(profile: str, repair: str | None, words: str) -> None:
    """It would write it again at its next start: the remedy says where the value belongs."""
    wanted = Expectation("config.maxPods", Matcher("exact", 50), Source(Origin.DECLARED, "inventory"))
    differences = compare(observe(load_snapshot("healthy")), [wanted])
    (found,) = findings(differences, layout=(profile, "k3s-agent"))
    assert found.remedy.repair == repair
    assert words in found.remedy.text


def test_who_dissents_is_in_the_evidence() -> None:
    """A person sees that the sources do not agree before trusting one of them."""
    wanted = Expectation("config.maxPods", Matcher("exact", 50), Source(Origin.PEERS, "4 of 4 peers"))
    first = Expectation("config.maxPods", Matcher("exact", 60), Source(Origin.CONTROL_PLANE, "kubelet-config"))
    (risk,) = result_of("healthy", wanted, first, peers=False)["risks"]
    assert (
        risk["evidence"][0]["excerpt"] == "maxPods: not set, so 110; expected 60 by kubelet-config, 50 by 4 of 4 peers"
    )


def test_every_group_has_its_finding_and_every_comparing_cause_a_known_path() -> None:
    """No difference is without a finding; a cause that compares names paths of a known group."""
    assert {path.partition(".")[0] for path in observe(load_snapshot("healthy")).values} == set(BY_GROUP)
    assert {path.partition(".")[0] for cause in CATALOGUE for path in cause.compares} <= set(BY_GROUP)
