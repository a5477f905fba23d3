# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's configuration: what counts, where it is written, and what the kubelet would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.kubelet_config import kubelet_config
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.kubelet_fields import (
    KUBELET_CONFIGURATION,
    PATH_FIELDS,
    Struct,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.configuration import KubeletConfiguration
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import CommandLine, Flag

PATH = "/var/lib/kubelet/config.yaml"
DROP_INS = "/etc/kubelet.conf.d"
HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
PLACE = Place("/etc/default/kubelet", 1)
CONFIG = Flag("config", PATH, PLACE, "environment-file")
CONFIG_DIR = Flag("config-dir", DROP_INS, PLACE, "environment-file")


def read(text: str, *flags: Flag, **more: Any) -> KubeletConfiguration:
    """Configuration with ``text`` in the main file and ``more`` drop-ins (name to text, or to a whole entry)."""
    entries: dict[str, Any] = {PATH: {"type": "file", "content": text}}
    for name, value in more.items():
        entries[f"{DROP_INS}/{name}"] = {"type": "file", "content": value} if isinstance(value, str) else value
    return kubelet_config(CommandLine("/usr/bin/kubelet", flags or (CONFIG,)), files(entries))


def test_corpus_values_and_places() -> None:
    """Values of a real file are found by dotted path, with file and line."""
    config = load_snapshot("healthy").config
    ca_file = config.get("authentication.x509.clientCAFile")
    assert ca_file is not None
    assert (ca_file.value, str(ca_file.place)) == ("/etc/kubernetes/pki/ca.crt", f"{PATH}:9")
    assert config.value("clusterDNS") == ["10.96.0.10"]
    assert config.value("clusterDNS[0]") == "10.96.0.10"
    assert config.value("authentication.webhook") == {"cacheTTL": "0s", "enabled": True}
    assert config.value("healthzPort") == 10248
    assert config.value("maxPods", 110) == 110
    assert str(config.source) == "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:4"


@pytest.mark.parametrize("case", [name for name in NAMES if not name.startswith(("config-", "kubelet-masked"))])
def test_real_configurations_raise_no_false_alarm(case: str) -> None:
    """What the real kubelet 1.36 accepted is not complained about."""
    config = load_snapshot(case).config
    assert config.configured
    assert (config.problem, config.unknown, config.type_errors, config.duplicates) == (None, (), (), ())


def test_corpus_mistakes() -> None:
    """The mistakes of the corpus are found where they were made."""
    syntax = load_snapshot("config-yaml-syntax").config
    assert syntax.problem is not None
    assert str(syntax.problem.place) == f"{PATH}:2"
    assert dict(syntax.fields) == {}
    (error,) = load_snapshot("config-wrong-type").config.type_errors
    assert (error.message, error.place.line) == ('maxPods: "many" is not a whole number (int32)', 50)
    (unknown,) = load_snapshot("config-unknown-field").config.unknown
    assert (unknown.path, unknown.value, unknown.place.line) == ("maxPodz", 110, 50)
    missing = load_snapshot("config-missing").config
    assert missing.configured
    assert missing.file.absent
    assert missing.problem is None


def test_wrong_kind_stays_readable() -> None:
    """A file of another kind is no KubeletConfiguration to judge, but its values can be quoted."""
    config = load_snapshot("config-wrong-kind").config
    assert (config.value("kind"), config.value("maxPods"), config.problem) == ("KubeletConfig", None, None)
    other = read("kind: KubeletConfig\napiVersion: kubelet.config.k8s.io/v1beta1\nmaxPods: many\nx: 1\n")
    assert (other.type_errors, other.unknown, other.value("maxPods")) == ((), (), "many")


def test_no_config_flag() -> None:
    """Without --config nothing is configured, and nothing is wrong."""
    assert kubelet_config(CommandLine(), {}) == KubeletConfiguration()


def test_file_that_nobody_read() -> None:
    """A file without known content has no values and no problem: unknown is not broken."""
    config = kubelet_config(CommandLine("/usr/bin/kubelet", (CONFIG,)), {})
    assert (config.configured, config.file.type, dict(config.fields), config.problem) == (True, "unknown", {}, None)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "just text\n", "null\n"])
def test_file_without_fields_is_a_problem(text: str) -> None:
    """The kubelet refuses an empty file and one that is no mapping."""
    config = read(text)
    assert config.problem is not None
    assert dict(config.fields) == {}


def test_file_of_zeros() -> None:
    """A file that a crash left full of NUL bytes is broken, although its text was not sent."""
    facts = files({PATH: {"type": "file", "binary": True}})
    assert kubelet_config(CommandLine("/usr/bin/kubelet", (CONFIG,)), facts).problem is not None


def test_broken_end_of_a_file_that_was_cut_is_not_its_fault() -> None:
    """A file that was only read in part is not called broken because its end is missing."""
    entry = {PATH: {"type": "file", "content": HEAD + 'clusterDNS: ["10.9', "truncated": True}}
    assert kubelet_config(CommandLine("/usr/bin/kubelet", (CONFIG,)), files(entry)).problem is None


def test_null_leaves_the_default() -> None:
    """An empty value is as good as none."""
    config = read(HEAD + "clusterDNS:\nmaxPods: null\n")
    assert config.value("maxPods", 110) == 110
    assert config.get("clusterDNS") is None
    assert config.type_errors == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("maxPods: many", "maxPods"),
        ('maxPods: "110"', "maxPods"),
        ("maxPods: 1.5", "maxPods"),
        ("maxPods: 3000000000", "maxPods"),
        ("maxPods: true", "maxPods"),
        ('failSwapOn: "false"', "failSwapOn"),
        ("failSwapOn: 0", "failSwapOn"),
        ("clusterDomain: 5", "clusterDomain"),
        ("clusterDomain: on", "clusterDomain"),
        ("clusterDNS: 10.96.0.10", "clusterDNS"),
        ("clusterDNS: [10]", "clusterDNS[0]"),
        ("syncFrequency: 10x", "syncFrequency"),
        ("syncFrequency: 10", "syncFrequency"),
        ('syncFrequency: ""', "syncFrequency"),
        ('syncFrequency: "1 m"', "syncFrequency"),
        ("kubeReserved: {cpu: 1}", "kubeReserved.cpu"),
        ("kubeReserved: 500m", "kubeReserved"),
        ("evictionHard: [a]", "evictionHard"),
        ('featureGates: {NodeSwap: "true"}', "featureGates.NodeSwap"),
        ("authentication: x", "authentication"),
        ('authentication: {anonymous: {enabled: "no"}}', "authentication.anonymous.enabled"),
        ("logging: {verbosity: -1}", "logging.verbosity"),
        ("logging: {flushFrequency: soon}", "logging.flushFrequency"),
        ("logging: {options: {json: {infoBufferSize: much}}}", "logging.options.json.infoBufferSize"),
        ("memoryThrottlingFactor: high", "memoryThrottlingFactor"),
        ("reservedMemory: [{numaNode: 0, limits: {memory: 1Gx}}]", "reservedMemory[0].limits.memory"),
        ("registerWithTaints: [{key: 1}]", "registerWithTaints[0].key"),
        ("shutdownGracePeriodByPodPriority: [{priority: high}]", "shutdownGracePeriodByPodPriority[0].priority"),
    ],
)
def test_value_that_cannot_be_decoded(text: str, path: str) -> None:
    """Values of a wrong type are found with their path and line: the kubelet does not start with them."""
    (error,) = read(HEAD + text + "\n").type_errors
    assert error.message.startswith(f"{path}: ")
    assert error.place == Place(PATH, 3)


@pytest.mark.parametrize(
    "text",
    [
        "maxPods: 110",
        "maxPods: 110.0",
        "maxPods: 0x10",
        "podPidsLimit: -1",
        "failSwapOn: no",
        "clusterDomain: '5'",
        "syncFrequency: 1h2m3.5s",
        "syncFrequency: '0'",
        "syncFrequency: 100ms",
        "kubeReserved: {cpu: '1', memory: 1Gi}",
        "logging: {flushFrequency: 5000000000}",
        "logging: {flushFrequency: 5s}",
        "logging: {vmodule: [{filePattern: a, verbosity: 3}]}",
        "logging: {options: {text: {infoBufferSize: 1024, splitStream: true}}}",
        "memoryThrottlingFactor: 0.9",
        "memoryThrottlingFactor: 1",
        "reservedMemory: [{numaNode: 0, limits: {memory: 1Gi}}]",
        "registerWithTaints: [{key: a, effect: NoSchedule, timeAdded: '2026-11-23T00:00:00Z'}]",
        "staticPodURLHeader: {Authorization: ['x']}",
        "tracing: {endpoint: localhost:4317, samplingRatePerMillion: 100}",
        "featureGates: {NodeSwap: yes}",
        "crashLoopBackOff: {maxContainerRestartPeriod: 30s}",
        "userNamespaces: {idsPerPod: 65536}",
    ],
)
def test_value_that_is_right(text: str) -> None:
    """Values that the kubelet takes raise no alarm."""
    config = read(HEAD + text + "\n")
    assert config.type_errors == ()
    assert config.unknown == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("maxPodz: 1", "maxPodz"),
        ("MaxPods: 1", "MaxPods"),
        ("authentication: {x509: {clientCaFile: /x}}", "authentication.x509.clientCaFile"),
        ("logging: {format: json, levels: 3}", "logging.levels"),
        ("reservedMemory: [{numa: 0}]", "reservedMemory[0].numa"),
    ],
)
def test_unknown_field(text: str, path: str) -> None:
    """Misspelt fields are found at any depth; names are case-sensitive."""
    (unknown,) = read(HEAD + text + "\n").unknown
    assert (unknown.path, unknown.place.line) == (path, 3)


def test_keys_of_free_maps_are_never_unknown() -> None:
    """Feature gates, eviction signals and options have free names."""
    config = read(HEAD + "featureGates: {Any: true}\nevictionHard: {nodefs.available: '5%'}\n")
    assert config.unknown == ()
    assert config.value("evictionHard.nodefs.available") == "5%"


def test_relative_paths_are_meant_from_the_files_directory() -> None:
    """A relative path is given as the path that the kubelet opens; empty and absolute ones stay."""
    text = "tlsCertFile: pki/a.crt\ntlsPrivateKeyFile: /abs.key\nresolvConf: ''\n"
    config = read(HEAD + text + "authentication: {x509: {clientCAFile: ../ca.crt}}\n")
    assert config.value("tlsCertFile") == "/var/lib/kubelet/pki/a.crt"
    assert config.value("authentication.x509.clientCAFile") == "/var/lib/ca.crt"
    assert config.value("tlsPrivateKeyFile") == "/abs.key"
    assert config.value("resolvConf") == ""


def test_json_configuration() -> None:
    """A configuration in JSON is read with the same lines and types."""
    text = json.dumps({"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "maxPods": "9"})
    (error,) = read(text.replace(", ", ",\n")).type_errors
    assert error.place.line == 3


def test_repeated_field() -> None:
    """Of a field that is set twice the last value counts, and the repetition is reported."""
    config = read(HEAD + "maxPods: 1\nmaxPods: 2\n")
    assert config.value("maxPods") == 2
    assert [duplicate.place.line for duplicate in config.duplicates] == [4]


def test_drop_ins_are_merged_in_order() -> None:
    """Drop-ins win in the order of their names: maps are merged, lists replaced, null removes; each keeps its place."""
    drop_ins = {
        "20-b.conf": HEAD + "maxPods: 20\nevictionHard: {imagefs.available: 5%}\nclusterDNS: [10.0.0.2]\n",
        "10-a.conf": HEAD + "maxPods: 10\npodsPerCore: 4\ntlsMinVersion: null\n",
        "30-gone.conf": {"type": "absent"},
        "README": HEAD + "maxPods: 99\n",
    }
    text = "maxPods: 1\ntlsMinVersion: VersionTLS12\nevictionHard: {memory.available: 1%}\nclusterDNS: [10.0.0.1, x]\n"
    config = read(HEAD + text, CONFIG, CONFIG_DIR, **drop_ins)
    assert [fact.path.rpartition("/")[2] for fact in config.drop_ins] == ["10-a.conf", "20-b.conf"]
    assert config.value("maxPods") == 20
    assert config.value("podsPerCore") == 4
    assert config.value("clusterDNS") == ["10.0.0.2"]
    assert config.value("evictionHard") == {"memory.available": "1%", "imagefs.available": "5%"}
    assert config.get("tlsMinVersion") is None
    pods = config.get("maxPods")
    assert pods is not None
    assert str(pods.place) == f"{DROP_INS}/20-b.conf:3"
    assert config.drop_in_problems == ()


def test_drop_ins_that_the_kubelet_refuses() -> None:
    """A drop-in that is no YAML, or has no apiVersion and kind of its own, is a problem with its place."""
    drop_ins = {"10-a.conf": "a: [1\n", "20-b.conf": "maxPods: 2\n", "30-c.conf": HEAD + "maxPods: x\n"}
    config = read(HEAD, CONFIG, CONFIG_DIR, **drop_ins)
    assert [str(problem.place) for problem in config.drop_in_problems] == [
        f"{DROP_INS}/10-a.conf:1",
        f"{DROP_INS}/20-b.conf:1",
    ]
    assert [str(error.place) for error in config.type_errors] == [f"{DROP_INS}/30-c.conf:3"]


def test_missing_drop_in_directory() -> None:
    """The kubelet refuses a --config-dir that does not exist; one that nobody looked at is no problem."""
    entries = {PATH: {"type": "file", "content": HEAD}}
    line = CommandLine("/usr/bin/kubelet", (CONFIG, CONFIG_DIR))
    assert kubelet_config(line, files(entries)).drop_in_problems == ()
    (problem,) = kubelet_config(line, files({**entries, DROP_INS: {"type": "absent"}})).drop_in_problems
    assert problem.place == PLACE
    assert DROP_INS in problem.message


def test_field_table_agrees_with_itself() -> None:
    """Path fields are known fields that hold a string."""
    for name in PATH_FIELDS:
        kind: Any = KUBELET_CONFIGURATION
        for part in name.split("."):
            assert isinstance(kind, Struct)
            kind = kind.fields[part]
        assert kind == "string"
