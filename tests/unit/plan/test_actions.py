# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on recorded nodes: offered with exactly the right edit, or not at all and with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import NAMES, load_snapshot
from unit.plan._plans import PUBLISHED, changed_lines, changed_node, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Filesystem
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import BUILDERS, Sources

CONFIG = "/var/lib/kubelet/config.yaml"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
DEFAULT = "/etc/default/kubelet"
KUBEADM_FLAGS = "/var/lib/kubelet/kubeadm-flags.env"

# case -> action, class, file, number of the line, the line afterwards
ONE_LINE = {
    "ca-path-wrong": (
        "set-client-ca-file",
        "safe",
        CONFIG,
        9,
        "    clientCAFile: /etc/kubernetes/pki/ca.crt",
    ),
    "start-limit-hit": (
        "set-client-ca-file",
        "safe",
        CONFIG,
        9,
        "    clientCAFile: /etc/kubernetes/pki/ca.crt",
    ),
    "server-port-wrong": ("set-kubeconfig-server", "safe", KUBECONFIG, 5, "    server: https://controlplane:6443"),
    "server-host-unresolvable": (
        "set-kubeconfig-server",
        "safe",
        KUBECONFIG,
        5,
        "    server: https://controlplane:6443",
    ),
    "server-name-not-in-san": ("set-kubeconfig-server", "safe", KUBECONFIG, 5, "    server: https://controlplane:6443"),
    "config-wrong-kind": ("set-config-field", "safe", CONFIG, None, "kind: KubeletConfiguration"),
    "extra-args-unknown-flag": ("remove-flag", "safe", DEFAULT, 1, "KUBELET_EXTRA_ARGS="),
    "removed-feature-gate-flag": ("remove-feature-gate", "safe", DEFAULT, 1, "KUBELET_EXTRA_ARGS="),
    "removed-flag-network-plugin": ("remove-flag", "safe", KUBEADM_FLAGS, 1, "KUBELET_KUBEADM_ARGS="),
    "removed-flag-pod-infra": ("remove-flag", "safe", KUBEADM_FLAGS, 1, "KUBELET_KUBEADM_ARGS="),
    "runtime-endpoint-wrong": (
        "set-runtime-endpoint",
        "safe",
        KUBEADM_FLAGS,
        1,
        "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
    ),
    "cri-plugin-disabled": (
        "enable-cri-plugin",
        "needs-approval",
        "/etc/containerd/config.toml",
        2,
        "disabled_plugins = []",
    ),
    "kubeconfig-ca-wrong": (
        "set-kubeconfig-ca",
        "needs-approval",
        KUBECONFIG,
        4,
        "    certificate-authority-data: LS0tLS1CRUdJTi",
    ),
    "kubeconfig-ca-file-missing": (
        "set-kubeconfig-ca",
        "needs-approval",
        KUBECONFIG,
        4,
        "    certificate-authority: /etc/kubernetes/pki/ca.crt",
    ),
}

# case -> action, class, the steps that are no edits, in words
STEPS = {
    "containerd-stopped": ("start-runtime", "safe", ["enable containerd.service", "start containerd.service"]),
    "dropin-no-daemon-reload": ("daemon-reload", "safe", ["daemon-reload kubelet.service"]),
    "kubelet-masked": (
        "unmask-kubelet",
        "needs-approval",
        [f"{verb} kubelet.service" for verb in ("unmask", "daemon-reload", "enable", "start")],
    ),
    "kubelet-stopped-disabled": (
        "start-kubelet",
        "needs-approval",
        ["enable kubelet.service", "start kubelet.service"],
    ),
    "kubelet-sigstop": ("restart-kubelet", "needs-approval", []),
    "containerd-hung-restart": ("restart-runtime", "needs-approval", ["restart containerd.service"]),
    "cpu-manager-state": (
        "remove-cpu-manager-state",
        "needs-approval",
        ["move_aside /var/lib/kubelet/cpu_manager_state"],
    ),
}

# What may be done without being asked. A case that is added here is one that a person no longer decides.
SAFE = {
    *(case for case, (_action, kind, *_rest) in ONE_LINE.items() if kind == "safe"),
    *(case for case, (_action, kind, _steps) in STEPS.items() if kind == "safe"),
    *("combo-ca-path-and-port", "containerd-stopped-restart", "unknown-feature-gate"),
}


@pytest.mark.parametrize("case", ONE_LINE)
def test_edit_changes_one_line_only(case: str) -> None:
    """The first action is the right one, and the file afterwards differs from the broken one in that line alone."""
    action_id, classification, path, number, wanted = ONE_LINE[case]
    node = load_snapshot(case)
    planned = plan_of(case)
    action = planned.actions[0]
    assert (action.id, action.classification) == (action_id, classification)
    before, after = node.file(path).content or "", files_after(node, planned)
    assert list(after) == [path]
    lines = changed_lines(before, after[path])
    assert len(lines) == 1
    assert number in (None, lines[0][0])
    assert wanted in lines[0][2]
    assert action.steps[0].values["sha256"] == node.file(path).sha256


@pytest.mark.parametrize("case", STEPS)
def test_steps_that_are_no_edits(case: str) -> None:
    """Units are asked in the right order, and nothing is edited."""
    action_id, classification, steps = STEPS[case]
    planned = plan_of(case)
    assert [(a.id, a.classification) for a in planned.actions] == [(action_id, classification)]
    said = [
        f"{step.values.get('verb', step.kind)} {step.values.get('unit', step.values.get('path'))}"
        for step in planned.actions[0].steps
    ]
    assert said == steps


@pytest.mark.parametrize("case", NAMES)
def test_only_these_are_repaired_without_being_asked(case: str) -> None:
    """With the default policy every other recorded node is left as it is, and each of its causes says why."""
    planned = plan_of(case, allow=("safe",))
    assert bool(planned.actions) is (case in SAFE)
    assert all(item.reason for item in planned.not_offered)


@pytest.mark.parametrize("case", sorted(SAFE))
def test_every_action_explains_itself(case: str) -> None:
    """What is done, what it means for pods and how it is undone stand in the plan; ids are those of the catalogue."""
    for action in plan_of(case).actions:
        assert action.id in BUILDERS
        assert all(text and "\n" not in text for text in (action.summary, action.pods, action.way_back))


def test_gate_is_removed_and_the_rest_of_the_file_stays() -> None:
    """An unknown feature gate goes with its line; all other lines are as before."""
    node, planned = load_snapshot("unknown-feature-gate"), plan_of("unknown-feature-gate")
    before, after = (node.file(CONFIG).content or ""), files_after(node, planned)[CONFIG]
    gone = [line for line in before.split("\n") if line not in after.split("\n")]
    assert gone == ["featureGates:", "  NoSuchGateXyz: true"] or len(gone) == 2
    assert [line for line in before.split("\n") if line not in gone] == after.split("\n")


def test_stale_certificate_is_pointed_at_the_rotated_one() -> None:
    """Certificate and key, both embedded, become the path of the rotated pair."""
    case = "kubeconfig-embedded-cert-expired"
    node, planned = load_snapshot(case), plan_of(case)
    lines = changed_lines(node.file(KUBECONFIG).content or "", files_after(node, planned)[KUBECONFIG])
    pair = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    assert [new.strip() for _n, _old, new in lines] == [f"client-certificate: {pair}", f"client-key: {pair}"]


def test_corrupt_ca_file_is_written_from_the_kubeconfig() -> None:
    """All that is in the broken file is replaced by the CA that the kubeconfig embeds, under the guard of its hash."""
    node, action = load_snapshot("ca-file-corrupt"), plan_of("ca-file-corrupt").actions[0]
    path = "/etc/kubernetes/pki/ca.crt"
    written = files_after(node, plan_of("ca-file-corrupt"))[path]
    assert written.startswith("-----BEGIN CERTIFICATE-----\n")
    assert written.endswith("-----END CERTIFICATE-----\n")
    assert (action.classification, action.steps[0].values["sha256"]) == ("needs-approval", node.file(path).sha256)


def test_expired_certificate_is_for_a_person() -> None:
    """Nothing is done, even when everything is allowed, and the plan says where a new certificate comes from."""
    planned = plan_of("cert-expired")
    assert planned.actions == ()
    assert "kubeadm kubeconfig user" in planned.not_offered[0].reason


def test_packaged_drop_in_is_not_edited() -> None:
    """A file under /usr/lib is the package's: its repair would be lost at the next upgrade."""
    planned = plan_of("dropin-config-wrong-path")
    assert planned.actions == ()
    assert "belongs to a package" in planned.not_offered[0].reason


@pytest.mark.parametrize("case", ["server-host-unresolvable", "server-port-wrong"])
def test_address_without_the_control_plane_is_never_safe(case: str) -> None:
    """An address that only other files of the node name needs approval, or is not offered."""
    planned = plan_of(case, allow=("safe",), sources=Sources())
    assert planned.actions == ()
    assert planned.not_offered[0].action == "set-kubeconfig-server"


def test_declared_address_wins() -> None:
    """kubelet_expected comes before what the control plane publishes."""
    sources = Sources(
        expectations({"kubeconfig": {"server": "https://lb.example:6443"}}), endpoint="https://controlplane:6443"
    )
    node, planned = load_snapshot("server-port-wrong"), plan_of("server-port-wrong", sources=sources)
    assert "server: https://lb.example:6443\n" in files_after(node, planned)[KUBECONFIG]


@pytest.mark.parametrize("published", ["https://controlplane:6553", "https://CONTROLPLANE:6553/", "http://c:6443", ""])
def test_same_or_unusable_address_is_no_repair(published: str) -> None:
    """The address that the node has already, however it is written, and one that is no https URL change nothing."""
    planned = plan_of("server-port-wrong", allow=("safe",), sources=Sources(endpoint=published))
    assert planned.actions == ()


def test_endpoint_of_another_cluster_is_not_used() -> None:
    """What a control plane with another CA publishes is no wanted value for this node."""
    node = load_snapshot("server-port-wrong")
    own = node.kubeconfig.ca.certificates[0].fingerprint_sha256
    server = "https://controlplane:6443"
    assert Sources.of({}, {"server": server, "ca_sha256": "0" * 64}, node).endpoint == ""
    assert Sources.of({}, {"server": server, "ca_sha256": own}, node).endpoint == server
    assert Sources.of({}, {"server": server, "ca_sha256": None}, node).endpoint == server
    assert Sources.of({}, None, node).endpoint == ""


def test_ca_file_must_be_proven() -> None:
    """Without a file that holds the kubeconfig's CA nothing is done without being asked."""
    node = load_snapshot("ca-path-wrong")
    bare = replace(
        node, files={path: fact for path, fact in node.files.items() if path != "/etc/kubernetes/pki/ca.crt"}
    )
    planned = plan_of(bare, allow=("safe",))
    assert planned.actions == ()
    assert planned.not_offered[0].finding == "certificate/client-ca-file-missing"


def test_declared_ca_file_must_exist() -> None:
    """A declared path that is not on the node is no repair."""
    sources = Sources(expectations({"config": {"authentication": {"x509": {"clientCAFile": "/etc/ssl/other.crt"}}}}))
    node = load_snapshot("ca-path-wrong")
    missing = replace(node, files={**node.files, "/etc/ssl/other.crt": FileFact("/etc/ssl/other.crt", "absent")})
    assert plan_of(missing, sources=sources).actions == ()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('KUBELET_EXTRA_ARGS="--v=2 --max-podz=200"', 'KUBELET_EXTRA_ARGS="--v=2"'),
        ('KUBELET_EXTRA_ARGS="--max-podz=200 --v=2"', 'KUBELET_EXTRA_ARGS="--v=2"'),
        ("KUBELET_EXTRA_ARGS=--max-podz=200", "KUBELET_EXTRA_ARGS="),
        ("KUBELET_EXTRA_ARGS='--max-podz=200'", "KUBELET_EXTRA_ARGS=''"),
        ("KUBELET_EXTRA_ARGS=--max-podz=200\r", "KUBELET_EXTRA_ARGS=\r"),
    ],
)
def test_flag_is_removed_however_the_line_is_quoted(line: str, wanted: str) -> None:
    """Quotes, neighbours and line ends stay."""
    node = changed_node("extra-args-unknown-flag", DEFAULT, f"# mine\n{line}\n")
    planned = plan_of(node)
    assert [action.id for action in planned.actions] == ["remove-flag"]
    assert files_after(node, planned)[DEFAULT] == f"# mine\n{wanted}\n"


@pytest.mark.parametrize(
    "line",
    [
        "KUBELET_EXTRA_ARGS=--max-podz=200 --max-podz=200",
        'KUBELET_EXTRA_ARGS="--max-podz 200"',
        "KUBELET_EXTRA_ARGS=\"--max-podz='200'\"",
    ],
)
def test_flag_in_doubt_is_left_to_a_person(line: str) -> None:
    """A flag that is given twice, with its value as a word of its own, or with quotes of its own is not touched."""
    planned = plan_of(changed_node("extra-args-unknown-flag", DEFAULT, f"{line}\n"))
    assert planned.actions == ()


@pytest.mark.parametrize("case", [*ONE_LINE, "unknown-feature-gate", "combo-ca-path-and-port"])
def test_plan_after_the_repair_does_not_repeat_it(case: str) -> None:
    """On the same node with the edited files, no edit is planned again, even while the log still shows the fault."""
    node, planned = load_snapshot(case), plan_of(case)
    for path, content in files_after(node, planned).items():
        again = plan_of(changed_node(case, path, content))
        assert not [s for action in again.actions for s in action.steps if s.values.get("path") == path]


def test_two_causes_are_two_actions_of_one_plan() -> None:
    """What is known at once is repaired at once, in the order in which the start meets it."""
    planned = plan_of("combo-ca-path-and-port")
    assert [action.id for action in planned.actions] == ["set-client-ca-file", "set-kubeconfig-server"]
    assert planned.to_dict()["restart"] is True


def test_file_that_is_not_whole_is_not_edited() -> None:
    """A truncated, unreadable or non-UTF-8 file has no certain positions."""
    node = load_snapshot("ca-path-wrong")
    fact = node.file(CONFIG)
    for changed in (
        replace(fact, truncated=True),
        replace(fact, size=(fact.size or 0) + 1),
        replace(fact, sha256=None),
    ):
        assert plan_of(replace(node, files={**node.files, CONFIG: changed}), sources=PUBLISHED).actions == ()


PUBLISHED_CONFIG = """apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
kind: KubeletConfiguration
clusterDNS: [10.96.0.10]
"""


def test_lost_configuration_is_written_from_the_cluster() -> None:
    """Where the control plane publishes one, the file is made with just that; without being asked nothing is done."""
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    (action,) = plan_of("config-missing", sources=sources).actions
    assert (action.id, action.classification) == ("restore-kubelet-config", "needs-approval")
    step = action.steps[0]
    assert (step.kind, step.values["path"], step.values["mode"]) == ("create", CONFIG, "0644")
    assert step.values["content"] == PUBLISHED_CONFIG
    assert plan_of("config-missing", sources=sources, allow=("safe",)).actions == ()


def test_empty_configuration_is_filled() -> None:
    """An empty file is edited, under the guard of its hash; a directory in its place is for a person."""
    missing = load_snapshot("config-missing")
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    for fact, kinds in (
        (FileFact(CONFIG, "file", size=0, sha256="e3b0c442", content=""), ["edit"]),
        (FileFact(CONFIG, "directory"), []),
    ):
        node = replace(missing, files={**missing.files, CONFIG: fact})
        planned = plan_of(node, sources=sources, diagnosis=diagnose(missing))
        assert [step.kind for action in planned.actions for step in action.steps] == kinds
        assert files_after(node, planned) == ({CONFIG: PUBLISHED_CONFIG} if kinds else {})


def test_socket_of_this_node_is_kept() -> None:
    """What kubeadm keeps by node goes into the new file, unless it names one."""
    node = load_snapshot("config-missing")
    path = "/var/lib/kubelet/instance-config.yaml"
    own = FileFact(path, "file", content="containerRuntimeEndpoint: unix:///run/crio/crio.sock\n")
    seen = replace(node, files={**node.files, path: own})
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    content = plan_of(seen, sources=sources).actions[0].steps[0].values["content"]
    assert content == f"{PUBLISHED_CONFIG}containerRuntimeEndpoint: unix:///run/crio/crio.sock\n"


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("", "kube-system/kubelet-config"),
        ("kind: ConfigMap\n", "a whole KubeletConfiguration"),
        ("a: [", "a whole KubeletConfiguration"),
        (f"{PUBLISHED_CONFIG}staticPodURLHeader: {{X: ['********']}}\n", "a whole KubeletConfiguration"),
        (PUBLISHED_CONFIG.replace("pki/ca.crt", "pki/other.crt"), "must exist on this node"),
    ],
)
def test_configuration_that_cannot_be_trusted_is_not_written(published: str, words: str) -> None:
    """None, another object, a masked one, or one that this node could not start with."""
    node = load_snapshot("config-missing")
    other = "/etc/kubernetes/pki/other.crt"
    seen = replace(node, files={**node.files, other: FileFact(other, "absent")})
    planned = plan_of(seen, sources=replace(PUBLISHED, kubelet_config=published))
    assert planned.actions == ()
    assert words in planned.not_offered[0].reason


def _full(*paths: str, crictl: bool = True) -> Snapshot:
    """The healthy node with these file systems full, and all others with room."""
    node, room = load_snapshot("healthy"), Filesystem("", 10 * 1024**3, 5 * 1024**3, 1000, 900)
    names = ("/", "/var/lib/kubelet", "/var/lib/containerd", "/var/log")
    found = tuple(replace(room, path=name, **({"available": 0} if name in paths else {})) for name in names)
    tool = FileFact("/usr/bin/crictl", "file" if crictl else "absent")
    return replace(node, host=replace(node.host, filesystems=found), files={**node.files, tool.path: tool})


@pytest.mark.parametrize(
    ("paths", "crictl", "kinds"),
    [
        (("/var/log",), True, ["vacuum_journal"]),
        (("/var/lib/containerd",), True, ["prune_images"]),
        (("/", "/var/lib/kubelet", "/var/lib/containerd", "/var/log"), True, ["vacuum_journal", "prune_images"]),
        (("/", "/var/log"), False, ["vacuum_journal"]),
        (("/var/lib/containerd",), False, []),
        (("/var/lib/kubelet",), True, []),
    ],
)
def test_only_what_fills_the_full_file_system_is_deleted(
    paths: tuple[str, ...], crictl: bool, kinds: list[str]
) -> None:
    """Journals and images where they lie on it, images only with crictl; anything else is for a person."""
    planned = plan_of(_full(*paths, crictl=crictl))
    assert [step.kind for action in planned.actions for step in action.steps] == kinds
    for action in planned.actions:
        assert (action.id, action.classification, action.way_back) == (
            "free-space",
            "needs-approval",
            "none: what is deleted is gone",
        )
        assert "0 MiB of 10.0 GiB available" in action.summary
    if not kinds:
        assert "du -x" in planned.not_offered[0].reason


def test_pressure_is_no_reason_to_delete() -> None:
    """The condition stays for minutes whatever is deleted, so nothing could be verified by it."""
    planned = plan_of("diskpressure")
    assert planned.actions == ()
    assert "by hand" in planned.not_offered[0].reason
