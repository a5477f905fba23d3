# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags and fields that stop the start, or that look as if they would."""

from __future__ import annotations

from collections.abc import Callable

from accuracy._bundles import CONFIG, Bundle, edit_json, load
from redteam._case import WELL, Case
from redteam._nodes import absent, added, config, ends_late, ends_on, failed, flags

_RUN = "failed to run Kubelet: "
_INVALID = (
    "failed to validate kubelet configuration, error: invalid configuration: {}, path: &TypeMeta{{Kind:,APIVersion:,}}"
)
_LOAD = (
    f"failed to load kubelet config file, path: {CONFIG}, error: failed to load Kubelet config file {CONFIG}, error "
)
_MANAGER = 'kubelet.go:1839] "Failed to start ContainerManager" err="{}"'
_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_LIST = "clusterDNS:\n- 10.96.0.10"


def _flag(error: str, given: str) -> Callable[[], Bundle]:
    return lambda: flags(ends_on(failed(f"failed to parse kubelet flag: {error}"), at="flags"), given)


def _refused(error: str, lines: str, at: str = "") -> Callable[[], Bundle]:
    return lambda: added(ends_on(failed(error), at=at), lines)


def _late(error: str, lines: str) -> Callable[[], Bundle]:
    return lambda: added(ends_late(_MANAGER.format(error.replace('"', '\\"'))), lines)


def _written(error: str, old: str, new: str) -> Callable[[], Bundle]:
    return lambda: config(ends_on(failed(_LOAD + error), at="version"), lambda text: text.replace(old, new))


CASES = (
    Case(
        "--max-pods=many",
        _flag(
            'invalid argument "many" for "--max-pods" flag: strconv.ParseInt: parsing "many": invalid syntax',
            "--max-pods=many",
        ),
        ("config/flag-value-invalid",),
    ),
    Case(
        "--node-ip without value",
        _flag("flag needs an argument: --node-ip", "--node-ip"),
        ("config/flag-value-invalid",),
    ),
    Case(
        "a feature gate without value",
        _flag(
            'invalid argument "NodeSwap" for "--feature-gates" flag: missing bool value for NodeSwap',
            "--feature-gates=NodeSwap",
        ),
        ("config/flag-value-invalid",),
    ),
    Case(
        "clusterDNS is text, not a list",
        _written(
            "failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.clusterDNS",
            _LIST,
            "clusterDNS: 10.96.0.10",
        ),
        ("config/type-mismatch",),
    ),
    Case(
        "a tab in config.yaml",
        _written(
            "failed to decode: yaml: line 3: found character that cannot start any token",
            "  anonymous:",
            "\tanonymous:",
        ),
        ("config/yaml-invalid",),
    ),
    Case(
        "apiVersion v1, which the group has for other kinds only",
        _written(
            'failed to decode: no kind "KubeletConfiguration" is registered for version "kubelet.config.k8s.io/v1"',
            "v1beta1",
            "v1",
        ),
        ("config/wrong-kind",),
    ),
    Case("config.yaml with CRLF", lambda: config(load("healthy"), lambda t: t.replace("\n", "\r\n")), (), WELL),
    Case("config.yaml with a byte order mark", lambda: config(load("healthy"), lambda t: f"\ufeff{t}"), (), WELL),
    Case("a key twice", lambda: added(load("healthy"), "clusterDomain: cluster.local\n"), (), WELL),
    Case("staticPodPath does not exist", lambda: absent(load("healthy"), "/etc/kubernetes/manifests"), (), WELL),
    Case(
        "maxPods: -5",
        _refused(_INVALID.format("maxPods (--max-pods) -5 must not be a negative number"), "maxPods: -5\n", "version"),
        ("config/validation-failed",),
    ),
    Case(
        "an unknown CPU manager policy",
        _refused(f'{_RUN}unknown policy: "dynamic"', "cpuManagerPolicy: dynamic\n"),
        ("config/validation-failed",),
    ),
    Case(
        "the static CPU manager without a reservation",
        _refused(
            f"{_RUN}[cpumanager] unable to determine reserved CPU resources for static policy",
            "cpuManagerPolicy: static\n",
        ),
        ("config/validation-failed",),
    ),
    Case(
        "the static memory manager without reservedMemory",
        _refused(
            f'{_RUN}the total amount "0" of type "memory" is not equal to the value "100Mi"',
            "memoryManagerPolicy: Static\n",
        ),
        ("config/validation-failed",),
    ),
    Case(
        "kubeReserved is no quantity",
        _refused(
            f'{_RUN}--kube-reserved value failed to parse: "lots": {_QUANTITY}',
            "kubeReserved:\n  memory: lots\n",
        ),
        ("config/validation-failed",),
    ),
    Case(
        "evictionHard is no quantity",
        _refused(_RUN + _QUANTITY, "evictionHard:\n  memory.available: lots\n"),
        ("config/eviction-threshold-invalid",),
    ),
    Case(
        "cgroupRoot does not exist",
        _refused(f'{_RUN}invalid configuration: cgroup-root ["nope"] doesn\'t exist', "cgroupRoot: /nope\n"),
        ("config/validation-failed",),
    ),
    Case(
        "an unknown cipher suite",
        _refused(
            "failed to construct kubelet dependencies: Cipher suite TLS_FOO not supported or doesn't exist",
            "tlsCipherSuites:\n- TLS_FOO\n",
            "version",
        ),
        ("config/tls-cipher-or-version-invalid",),
    ),
    Case(
        "more reserved than there is",
        _late(
            'invalid Node Allocatable configuration. Resource "memory" has a reservation of 64Gi but capacity of 24Gi.',
            "kubeReserved:\n  memory: 64Gi\n",
        ),
        ("config/reserved-exceeds-capacity",),
    ),
    Case(
        "protectKernelDefaults",
        _late(
            "[invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0]",
            "protectKernelDefaults: true\n",
        ),
        ("config/protect-kernel-defaults",),
    ),
    Case(
        "an error that no cause describes",
        _refused(f"{_RUN}a message of a later release", ""),
        (),
    ),
    Case(
        "swap",
        lambda: edit_json(
            ends_on(failed(f"{_RUN}running with swap on is not supported")),
            "host.json",
            lambda host: {
                **host,
                "swaps": [{"name": "/swapfile"}],
                "memory": {**host["memory"], "swap_total_bytes": 2**30},
            },
        ),
        ("system/swap-enabled",),
    ),
    Case(
        "a wrong flag hides a wrong clientCAFile: both",
        lambda: absent(
            config(load("extra-args-unknown-flag"), lambda text: text.replace("pki/ca.crt", "pki/ca.pem")),
            "/etc/kubernetes/pki/ca.pem",
        ),
        ("config/unknown-flag", "certificate/client-ca-file-missing"),
    ),
)
