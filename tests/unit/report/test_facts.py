# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the single info modules say, over the recorded nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import read_tree
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.certificate_facts import certificate_facts
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.config_facts import config_facts
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.journal_facts import journal_facts
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.service_facts import service_facts

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
CASES = sorted(path.parent.name for path in CORPUS.glob("*/bundle.json"))


def recorded(case: str) -> Snapshot:
    """Snapshot of a recorded node."""
    return snapshot(_bundle.read(read_tree(CORPUS / case)), host_name=case)


@pytest.mark.parametrize("case", CASES)
def test_facts_of_every_recorded_node_are_plain_data(case: str) -> None:
    """Whatever is broken, all four answer with what JSON can hold."""
    node = recorded(case)
    for facts in (service_facts, journal_facts, config_facts, certificate_facts):
        assert json.loads(json.dumps(facts(node))) == facts(node)


def test_service_in_a_crash_loop() -> None:
    """State, restarts and the exit with its meaning are told."""
    unit = service_facts(recorded("ca-path-wrong"))["kubelet"]
    assert (unit["active_state"], unit["sub_state"], unit["result"]) == ("activating", "auto-restart", "exit-code")
    assert unit["exit"]["status"] == 1
    assert unit["exit"]["meaning"] == "the program ended with an error of its own"
    assert unit["restarts"] > 0
    assert unit["enabled"] is True
    assert unit["masked"] is False
    assert unit["drop_ins"] == ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"]


def test_exit_that_systemd_itself_caused() -> None:
    """203 means that the program could not be executed."""
    assert "EXEC" in service_facts(recorded("binary-missing"))["kubelet"]["exit"]["meaning"]


def test_masked_unit() -> None:
    """A masked unit is neither enabled nor loaded."""
    unit = service_facts(recorded("kubelet-masked"))["kubelet"]
    assert unit["masked"] is True
    assert unit["enabled"] is False


def test_unit_file_that_systemd_has_not_read() -> None:
    """The need for a daemon-reload is told, with the command line that would come with it."""
    node = recorded("dropin-no-daemon-reload")
    assert service_facts(node)["kubelet"]["need_daemon_reload"] is True
    assert config_facts(node)["command_line_after_reload"] is not None


def test_configuration_with_its_places() -> None:
    """Each field and flag comes with the file and line that gives it."""
    facts = config_facts(recorded("ca-path-wrong"))
    fields = {field["name"]: field for field in facts["kubelet_configuration"]["fields"]}
    field = fields["authentication.x509.clientCAFile"]
    assert field["value"] == "/etc/kubernetes/pki/WRONG-CA-FILE.crt"
    assert field["place"].startswith("/var/lib/kubelet/config.yaml:")
    flags = {flag["name"]: flag for flag in facts["command_line"]["flags"]}
    assert flags["config"]["value"] == "/var/lib/kubelet/config.yaml"
    assert flags["config"]["place"].endswith("10-kubeadm.conf:4")
    assert facts["kubeconfig"]["server"] == "https://controlplane:6443"


def test_healthy_process_runs_what_is_configured() -> None:
    """Nothing differs, nothing is newer than the process, and no reload is needed."""
    node = recorded("healthy")
    assert config_facts(node)["running_differs"] == []
    assert config_facts(node)["command_line_after_reload"] is None
    assert service_facts(node)["kubelet"]["newer_than_process"] == []


def test_expired_client_certificate() -> None:
    """Validity, identity and key of the certificate in use."""
    uses: dict[str, Any] = {use["role"]: use for use in certificate_facts(recorded("cert-expired"))["certificates"]}
    client = uses["client"]
    assert client["chain"][0]["expired"] is True
    assert client["chain"][0]["days_left"] < 0
    assert client["names_this_node"] is True
    assert client["key_matches"] is True


def test_certificate_of_another_node() -> None:
    """A client certificate with another node's name is told apart."""
    uses = {use["role"]: use for use in certificate_facts(recorded("cert-wrong-node-name"))["certificates"]}
    assert uses["client"]["names_this_node"] is False


def test_journal_tells_the_newest_start_apart() -> None:
    """Patterns carry severity, place, message and error; those of the newest start are marked."""
    journal = journal_facts(recorded("ca-path-wrong"))["kubelet"]
    failed = [p for p in journal["patterns"] if p["message"] == "command failed"]
    assert {p["newest_start"] for p in failed} == {True, False}
    assert failed[0]["severity"] == "error"
    assert failed[0]["location"] == "run.go:72"
    assert failed[0]["err"].endswith("no such file or directory")
    assert len(journal["starts"]) > 1
