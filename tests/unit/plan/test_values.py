# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the kubelet refuses: which setting is at fault, what is written there, by whose word, and when not."""

from __future__ import annotations

import hashlib

import pytest
from unit.causes._make import evidence, findings, logged, node_of, put, stopped
from unit.plan._plans import files_after, plan_of
from unit.plan.test_expected_actions import wants

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Expectation, Origin
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Action, Plan
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._load import signature

CONFIG, DEFAULT = "/var/lib/kubelet/config.yaml", "/etc/default/kubelet"
KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
HEAD = f"{KIND}failCgroupV1: false\n"
FAILED = 'E1123 21:12:48.322568    3856 run.go:72] "command failed" err="failed to run Kubelet: '
INVALID = (
    'E1123 21:12:48.322568    3856 run.go:72] "command failed" err="failed to validate kubelet configuration, error: '
    'invalid configuration: {}, path: &TypeMeta{{Kind:,APIVersion:,}}"'
)
FLAG = (
    'E1123 20:57:12.932468    1995 run.go:72] "command failed" err="failed to parse kubelet flag: invalid argument '
    '\\"many\\" for \\"--max-pods\\" flag: strconv.ParseInt: parsing \\"many\\": invalid syntax"'
)


def node_with(config: str, *said: str, default: str | None = None, head: str = HEAD) -> Snapshot:
    """A node whose kubelet does not start: its configuration file, what its log says, and /etc/default/kubelet."""
    changed = evidence()
    for path, content in ((CONFIG, head + config), (DEFAULT, default)):
        if content is not None:
            put(changed, path, content, sha256=hashlib.sha256(content.encode()).hexdigest())
    return logged(stopped(node_of(changed)), *said)


def plan_for(node: Snapshot, *wanted: Expectation, whole: str = "", allow: tuple[str, ...] = ("safe",)) -> Plan:
    """The plan where this is expected, and kubelet-config is this (with its head)."""
    published = HEAD + whole if whole else ""
    return plan_of(node, allow=allow, sources=Sources(wanted, kubelet_config=published))


def only(plan: Plan) -> Action:
    """The one action of a plan."""
    assert len(plan.actions) == 1, [item.reason for item in plan.not_offered]
    return plan.actions[0]


def reason(plan: Plan) -> str:
    """Why nothing is done."""
    assert plan.actions == ()
    return plan.not_offered[0].reason


MANY = 'maxPods: "many"  # asked for\nclusterDomain: a.b\n'


def test_declared_value_is_set_without_being_asked() -> None:
    """The line at fault changes, its comment and its neighbours stay."""
    node = node_with(MANY)
    plan = plan_for(node, wants("config.maxPods", 150))
    action = only(plan)
    assert (action.id, action.finding, action.classification) == ("set-config-field", "config/type-mismatch", "safe")
    assert files_after(node, plan) == {CONFIG: f"{HEAD}maxPods: 150  # asked for\nclusterDomain: a.b\n"}
    assert "maxPods: 150 (inventory (kubelet_expected.config.maxPods))" in action.summary
    assert "no room by the new value" in action.pods


@pytest.mark.parametrize("origin", [Origin.CONTROL_PLANE, Origin.PEERS])
def test_value_of_others_needs_approval(origin: Origin) -> None:
    """What the plan would do is said all the same."""
    node, wanted = node_with(MANY), wants("config.maxPods", 150, origin)
    assert "maxPods: 150 (" in reason(plan_for(node, wanted))
    action = only(plan_for(node, wanted, allow=("set-config-field",)))
    assert action.classification == "needs-approval"


def test_field_that_the_cluster_does_not_have_is_removed_on_approval() -> None:
    """kubelet-config as a whole was read and has none: the default holds then, which the plan says."""
    node = node_with(MANY)
    plan = plan_for(node, whole="clusterDomain: a.b\n", allow=("needs-approval",))
    assert files_after(node, plan) == {CONFIG: f"{HEAD}clusterDomain: a.b\n"}
    assert "kubelet-config has no maxPods; the default holds then: 110" in only(plan).summary
    assert plan_for(node, whole="clusterDomain: a.b\n").actions == ()


def test_declared_value_comes_before_a_removal() -> None:
    """Also where the user declares just the default."""
    plan = plan_for(node_with(MANY), wants("config.maxPods", 110), whole="clusterDomain: a.b\n")
    assert "maxPods: 110" in only(plan).summary


def test_default_that_others_have_by_leaving_it_out_is_left_out() -> None:
    """Nodes that do not set a field share its default: it is not written where nobody writes it."""
    node, wanted = node_with(MANY), wants("config.maxPods", 110, Origin.PEERS)
    plan = plan_for(node, wanted, whole="clusterDomain: a.b\n", allow=("needs-approval",))
    assert files_after(node, plan) == {CONFIG: f"{HEAD}clusterDomain: a.b\n"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ((), "declared as kubelet_expected.config.maxPods"),
        ((wants("config.maxPods", "few", Origin.PEERS),), "few (4 of 4 peers) is not a whole number (int32)"),
        ((wants("config.maxPods", (1, 5), kind="range"),), "must be known"),
        ((wants("config.maxPods", "many", Origin.PEERS),), "is not a whole number"),
    ],
)
def test_without_a_trusted_value_nothing_is_done(wanted: tuple[Expectation, ...], words: str) -> None:
    """No source, one with a value that does not fit the field, or a choice: the plan says what it would need."""
    assert words in reason(plan_for(node_with(MANY), *wanted, allow=("safe", "needs-approval")))


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ('maxPods: "150"  # quoted\n', "maxPods: 150  # quoted\n"),
        ("failSwapOn: 'false'\n", "failSwapOn: false\n"),
    ],
)
def test_quoted_number_needs_no_source(written: str, after: str) -> None:
    """The value that somebody wrote, in the type that the field takes."""
    node = node_with(written)
    plan = plan_for(node)
    assert only(plan).classification == "safe"
    assert files_after(node, plan) == {CONFIG: HEAD + after}


@pytest.mark.parametrize(
    "written", ['maxPods: "0150"\n', 'maxPods: "-150"\n', 'failSwapOn: "no"\n', "syncFrequency: 60\n"]
)
def test_other_wrong_types_need_one(written: str) -> None:
    """An octal number, a sign, a word that only YAML takes for false, a duration without unit: each may mean two
    things."""
    assert "must be known" in reason(plan_for(node_with(written)))


def test_text_where_a_list_belongs_becomes_one() -> None:
    """The address that all have, as a list."""
    node = node_with("clusterDNS: 10.96.0.10\n")
    plan = plan_for(node, wants("config.clusterDNS", ["10.96.0.10"], Origin.CONTROL_PLANE), allow=("needs-approval",))
    assert files_after(node, plan) == {CONFIG: f'{HEAD}clusterDNS: ["10.96.0.10"]\n'}


def test_all_settings_that_a_refusal_names_become_those_of_the_source() -> None:
    """Two that contradict each other: the one that differs from the source is changed, the other is right already."""
    why = (
        "imageGCHighThresholdPercent (--image-gc-high-threshold) 50 must be greater than imageGCLowThresholdPercent "
        "(--image-gc-low-threshold) 80"
    )
    node = node_with("imageGCHighThresholdPercent: 50\nimageGCLowThresholdPercent: 80\n", INVALID.format(why))
    low, high = "config.imageGCLowThresholdPercent", "config.imageGCHighThresholdPercent"
    assert set(findings(node)["config/validation-failed"].at_fault) == {low, high}
    plan = plan_for(node, wants(low, 80), wants(high, 85))
    assert files_after(node, plan)[CONFIG] == f"{HEAD}imageGCHighThresholdPercent: 85\nimageGCLowThresholdPercent: 80\n"
    assert low in reason(plan_for(node, wants(high, 85)))


def test_source_that_wants_what_is_refused_is_no_help() -> None:
    """The kubelet will not take it from anybody."""
    node = node_with("maxPods: -1\n", INVALID.format("maxPods (--max-pods) -1 must not be a negative number"))
    assert "expect what is refused here" in reason(plan_for(node, wants("config.maxPods", -1)))


def test_refusal_that_names_nothing_is_for_a_person() -> None:
    """No setting of the file is named: which is at fault cannot be told."""
    node = node_with("maxPods: 5\n", INVALID.format("something else is wrong"))
    assert "which setting is at fault cannot be told" in reason(plan_for(node, wants("config.maxPods", 9)))


def test_gate_with_a_wrong_value_goes_alone() -> None:
    """Other gates are none of its business; the last one goes with the map."""
    node = node_with("featureGates:\n  One: maybe\n  Two: true\n")
    plan = plan_for(node, whole="maxPods: 9\n", allow=("needs-approval",))
    assert files_after(node, plan) == {CONFIG: f"{HEAD}featureGates:\n  Two: true\n"}
    node = node_with("featureGates:\n  One: maybe\nmaxPods: 9\n")
    plan = plan_for(node, whole="maxPods: 9\n", allow=("needs-approval",))
    assert files_after(node, plan) == {CONFIG: f"{HEAD}maxPods: 9\n"}


def test_file_full_of_wrong_values_is_for_a_person() -> None:
    """Not this or that value is at fault then."""
    node = node_with("featureGates:\n" + "".join(f"  Gate{number}: maybe\n" for number in range(2000)))
    assert "which setting is at fault cannot be told" in reason(plan_for(node, whole="maxPods: 9\n"))


def test_policy_of_a_manager_wants_the_node_drained() -> None:
    """Declared or not: what pods have from the old policy stays with them."""
    node = node_with("cpuManagerPolicy: dynamic\n", f'{FAILED}unknown policy: \\"dynamic\\""')
    wanted = wants("config.cpuManagerPolicy", "static")
    assert plan_for(node, wanted).actions == ()
    action = only(plan_for(node, wanted, allow=("needs-approval",)))
    assert "drain the node first" in action.pods


def test_flag_of_a_manager_wants_it_too() -> None:
    """The flag means the same as the field."""
    said = FLAG.replace("many", "maybe").replace("--max-pods", "--cgroup-driver")
    node = node_with("", said, default="KUBELET_EXTRA_ARGS=--cgroup-driver=maybe\n")
    wanted = wants("config.cgroupDriver", "systemd")
    assert plan_for(node, wanted).actions == ()
    assert "drain the node first" in only(plan_for(node, wanted, allow=("needs-approval",))).pods


def test_threshold_with_a_misspelt_name_takes_the_whole_map_of_the_cluster() -> None:
    """One threshold fewer would do harm without a word."""
    said = f'{FAILED}unsupported eviction signal memory.availabel"'
    node = node_with("evictionHard:\n  memory.availabel: 1Gi\n  nodefs.available: 5%\nmaxPods: 9\n", said)
    assert findings(node)["config/eviction-threshold-invalid"].at_fault == ("config.evictionHard.memory.availabel",)
    whole = "evictionHard: {memory.available: 100Mi, nodefs.available: 10%}\n"
    plan = plan_for(node, whole=whole, allow=("needs-approval",))
    after = f'{HEAD}evictionHard:\n  memory.available: 100Mi\n  nodefs.available: "10%"\nmaxPods: 9\n'
    assert files_after(node, plan) == {CONFIG: after}
    none = plan_for(node, whole="maxPods: 9\n", allow=("needs-approval",))
    assert files_after(node, none) == {CONFIG: f"{HEAD}maxPods: 9\n"}
    assert "must be known" in reason(plan_for(node, allow=("needs-approval",)))


def test_cipher_suites_come_from_the_cluster() -> None:
    """The list that has the name which this kubelet does not know."""
    said = FAILED.replace("run Kubelet", "construct kubelet dependencies") + "Cipher suite TLS_FOO not supported or "
    node = node_with("tlsCipherSuites: [TLS_FOO, TLS_BAR]\ntlsMinVersion: VersionTLS12\n", f"{said}doesn't exist\"")
    assert findings(node)["config/tls-cipher-or-version-invalid"].at_fault == ("config.tlsCipherSuites",)
    wanted = wants("config.tlsCipherSuites", ["TLS_AES"], Origin.CONTROL_PLANE)
    plan = plan_for(node, wanted, allow=("needs-approval",))
    assert "tlsCipherSuites: [TLS_AES]\n" in files_after(node, plan)[CONFIG]


def test_reservations_are_never_just_dropped() -> None:
    """They follow from the size of the machine, and which of them is too much cannot be told."""
    said = (
        'E1123 21:09:39.301725    5007 kubelet.go:1839] "Failed to start ContainerManager" err="invalid Node '
        'Allocatable configuration. Resource \\"memory\\" has a reservation of 64Gi but capacity of 16Gi."'
    )
    node = node_with("kubeReserved:\n  cpu: 500m\n  memory: 60Gi\nsystemReserved: {memory: 4Gi}\n", said)
    both = ("config.kubeReserved.memory", "config.systemReserved.memory")
    assert findings(node)["config/reserved-exceeds-capacity"].at_fault == both
    assert "must be known" in reason(plan_for(node, whole="maxPods: 9\n", allow=("needs-approval",)))
    alone = node_with("kubeReserved: {memory: 60Gi}\n", said)
    assert "must be known" in reason(plan_for(alone, whole="maxPods: 9\n", allow=("needs-approval",)))
    plan = plan_for(node, *(wants(path, "1Gi") for path in both))
    after = f"{HEAD}kubeReserved:\n  cpu: 500m\n  memory: 1Gi\nsystemReserved: {{memory: 1Gi}}\n"
    assert files_after(node, plan) == {CONFIG: after}


@pytest.mark.parametrize(
    ("config", "wanted", "whole", "after", "words"),
    [
        ("", [wants("flags.max-pods", "50")], "", "--max-pods=50", "kubelet_expected.flags.max-pods"),
        ("", [wants("config.maxPods", 50)], "", "--max-pods=50", "kubelet_expected.config.maxPods"),
        ("", [], "clusterDomain: a.b\n", "", "the default holds then: 110"),
        ("maxPods: 70\n", [], "clusterDomain: a.b\n", "", f"{CONFIG}:4 holds then"),
        ("", [wants("flags.max-pods", None, Origin.PEERS, "absent")], "", "", "4 of 4 peers"),
    ],
)
def test_flag_is_set_or_removed(config: str, wanted: list[Expectation], whole: str, after: str, words: str) -> None:
    """The flag at fault, in the file that gives it; a field of the same meaning says what it should be."""
    node = node_with(config, FLAG, default="# mine\nKUBELET_EXTRA_ARGS=--max-pods=many\n")
    plan = plan_for(node, *wanted, whole=whole, allow=("safe", "needs-approval"))
    action = only(plan)
    declared = any(each.source.origin == Origin.DECLARED for each in wanted)
    assert (action.id, action.classification) == ("set-flag", "safe" if declared else "needs-approval")
    assert files_after(node, plan) == {DEFAULT: f"# mine\nKUBELET_EXTRA_ARGS={after}\n"}
    assert words in action.summary


def test_field_is_corrected_also_where_a_flag_would_win() -> None:
    """The file is read before the flags count: it is the field that stops the start."""
    node = node_with(MANY, default="KUBELET_EXTRA_ARGS=--max-pods=70\n")
    assert list(files_after(node, plan_for(node, wants("config.maxPods", 150)))) == [CONFIG]


def test_flag_without_a_source_stays() -> None:
    """What somebody wanted with it is not known."""
    node = node_with("", FLAG, default="KUBELET_EXTRA_ARGS=--max-pods=many\n")
    assert "declared as kubelet_expected.flags.max-pods" in reason(plan_for(node, allow=("needs-approval",)))


@pytest.mark.parametrize(
    ("said", "flag", "before", "after"),
    [
        ("cloud-provider-in-tree", "cloud-provider", "aws", "external"),
        ("node-labels-forbidden", "node-labels", "node-role.kubernetes.io/x=", "a.b/x=y"),
        ("credential-provider-missing", "image-credential-provider-bin-dir", "/opt/old", "/opt/bin"),
    ],
)
def test_other_flags_that_stop_the_start_come_from_what_is_expected(
    said: str, flag: str, before: str, after: str
) -> None:
    """No field of kubelet-config stands for them: it says nothing of these."""
    node = node_with("", signature(said).match[0], default=f"KUBELET_EXTRA_ARGS=--{flag}={before}\n")
    plan = plan_for(node, wants(f"flags.{flag}", after))
    assert files_after(node, plan) == {DEFAULT: f"KUBELET_EXTRA_ARGS=--{flag}={after}\n"}
    assert "must be known" in reason(plan_for(node, whole="maxPods: 9\n", allow=("needs-approval",)))


@pytest.mark.parametrize("written", ["cgroupDriver: cgroupfs\n", ""])
def test_cgroup_driver_that_the_runtime_does_not_have_follows_the_cluster(written: str) -> None:
    """Whether it is written or left to the default; on approval alone, for pods have the old one."""
    changed = evidence()
    put(changed, CONFIG, HEAD + written, sha256=hashlib.sha256((HEAD + written).encode()).hexdigest())
    node = logged(node_of(changed), signature("cgroup-driver-mismatch").match[0])
    wanted = wants("config.cgroupDriver", "systemd", Origin.CONTROL_PLANE)
    plan = plan_for(node, wanted, allow=("needs-approval",))
    assert only(plan).finding == "runtime/cgroup-driver-mismatch"
    assert files_after(node, plan) == {CONFIG: f"{HEAD}cgroupDriver: systemd\n"}
    assert "drain" in only(plan).pods
    same = wants("config.cgroupDriver", "cgroupfs", Origin.CONTROL_PLANE)
    assert "expect what is refused here" in reason(plan_for(node, same, allow=("needs-approval",)))


def test_flag_that_was_changed_since_is_not_at_fault() -> None:
    """The log tells of another value than the one that stands there now."""
    node = node_with("", FLAG, default="KUBELET_EXTRA_ARGS=--max-pods=50\n")
    assert findings(node)["config/flag-value-invalid"].at_fault == ()


@pytest.mark.parametrize(
    ("config", "after"),
    [("maxPods: 9\n", "maxPods: 9\nfailCgroupV1: false\n"), ("failCgroupV1: true\n", "failCgroupV1: false\n")],
)
def test_cgroup_v1_is_accepted_for_the_time_being(config: str, after: str) -> None:
    """On approval, and the plan says that it is a stop-gap; not where the user declared that cgroup v2 is wanted."""
    node = node_with(config, INVALID.format("kubelet is configured to not run on a host using cgroup v1"), head=KIND)
    plan = plan_for(node, allow=("needs-approval",))
    action = only(plan)
    assert (action.finding, action.classification) == ("system/cgroup-v1-refused", "needs-approval")
    assert "failCgroupV1: false (a stop-gap" in action.summary
    assert files_after(node, plan) == {CONFIG: KIND + after}
    wanted = wants("config.failCgroupV1", True)
    assert "wants cgroup v2" in reason(plan_for(node, wanted, allow=("needs-approval",)))


UNKNOWN = (
    'I1123 21:12:48.368555    3832 codec.go:102] "Using lenient decoding as strict decoding failed" '
    'err="strict decoding error: unknown field \\"maxPodz\\""'
)


@pytest.mark.parametrize("said", [(UNKNOWN,), ()])
def test_unknown_field_goes_only_where_it_is_asked_for_and_named(said: tuple[str, ...]) -> None:
    """It has no effect, so nothing is restarted. A newer kubelet may know more fields than we do: its word counts."""
    changed = evidence()
    content = f"{HEAD}maxPodz: 9\nmaxPods: 8\n"
    put(changed, CONFIG, content, sha256=hashlib.sha256(content.encode()).hexdigest())
    node = logged(node_of(changed), *said)
    assert plan_of(node, allow=("needs-approval",)).actions == ()
    plan = plan_of(node, allow=("needs-approval",), risks=True)
    if not said:
        assert "log must name the field" in reason(plan)
        return
    action = only(plan)
    assert (action.id, action.classification, action.restart) == ("remove-unknown-field", "needs-approval", False)
    assert files_after(node, plan) == {CONFIG: f"{HEAD}maxPods: 8\n"}
