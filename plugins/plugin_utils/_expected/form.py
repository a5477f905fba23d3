# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of ``kubelet_expected`` and of baselines: which keys there are, and what stands below each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._causes.config_flags import REMOVED_IN
from .._interpret.flags import BOOLEAN_FLAGS
from .._interpret.kubelet_fields import KUBELET_CONFIGURATION, PATH_FIELDS, FieldType, ListOf, MapOf, Struct
from . import leaves
from .defaults import FLAGS
from .leaves import Leaf

# Further flags of kubelets 1.20 to 1.36. Source: cmd/kubelet/app/options of kubernetes.
_FLAG_NAMES = """
    address allowed-unsafe-sysctls authentication-token-webhook-cache-ttl authorization-webhook-cache-authorized-ttl
    authorization-webhook-cache-unauthorized-ttl bootstrap-kubeconfig cert-dir cgroup-root cloud-config cloud-provider
    config config-dir container-log-max-files container-log-max-size cpu-cfs-quota-period cpu-manager-policy
    cpu-manager-policy-options cpu-manager-reconcile-period enforce-node-allocatable event-burst eviction-hard
    eviction-max-pod-grace-period eviction-minimum-reclaim eviction-pressure-transition-period eviction-soft
    eviction-soft-grace-period experimental-mounter-path feature-gates file-check-frequency healthz-bind-address
    healthz-port hostname-override http-check-frequency image-credential-provider-bin-dir
    image-credential-provider-config image-gc-high-threshold image-gc-low-threshold image-service-endpoint
    kube-api-burst kube-api-qps kube-reserved kube-reserved-cgroup kubeconfig kubelet-cgroups lock-file
    log-flush-frequency log-json-info-buffer-size log-text-info-buffer-size logging-format manifest-url
    manifest-url-header master-service-namespace max-open-files maximum-dead-containers
    maximum-dead-containers-per-container memory-manager-policy minimum-container-ttl-duration
    minimum-image-ttl-duration node-ip node-labels node-status-max-images oom-score-adj pod-cidr pods-per-core port
    provider-id qos-reserved register-with-taints registry-burst registry-qps reserved-cpus reserved-memory root-dir
    runtime-cgroups runtime-request-timeout seccomp-profile-root sync-frequency system-cgroups system-reserved
    system-reserved-cgroup topology-manager-policy topology-manager-policy-options topology-manager-scope v vmodule
    volume-plugin-dir volume-stats-agg-period
"""
FLAG_NAMES = frozenset({*_FLAG_NAMES.split(), *BOOLEAN_FLAGS, *FLAGS.values(), *REMOVED_IN})
_FLAG = re.compile(r"[a-z][a-z0-9-]*\Z", re.ASCII)
_SYSCTL = re.compile(r"[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_/:*-]+)+\Z", re.ASCII)


@dataclass(frozen=True)
class Group:
    """A mapping with known keys. ``called`` is what one of them is; ``whole`` names the key for which ``absent`` or
    ``present`` stands when it is written instead of keys; ``further`` are keys that are free."""

    fields: Mapping[str, Node]
    called: str = ""
    whole: str = ""
    further: Keys | None = None


@dataclass(frozen=True)
class Keys:
    """A mapping with free keys. ``allowed`` says what a key is, ``takes`` tells; of ``known`` a near one is named."""

    below: Node
    allowed: str
    takes: Callable[[str], bool]
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Either:
    """A value, or a mapping whose keys are absolute paths."""

    leaf: Leaf
    keys: Keys


Node = Leaf | Group | Keys | Either


def _absolute(key: str) -> bool:
    return key.startswith("/")


def _matched(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda key: pattern.match(key) is not None


def _of_field(kind: FieldType, path: str = "") -> Node:
    """A field of KubeletConfiguration; ``path`` is its dotted name."""
    if isinstance(kind, Struct):
        fields = {name: _of_field(each, f"{path}.{name}".lstrip(".")) for name, each in kind.fields.items()}
        return Group(fields, "a field of KubeletConfiguration")
    if isinstance(kind, MapOf):
        return Keys(_of_field(kind.item), "a text", bool)
    if isinstance(kind, ListOf):
        items = {"string": leaves.TEXTS, "int32": leaves.INTEGERS}
        return items.get(kind.item, leaves.ITEMS) if isinstance(kind.item, str) else leaves.ITEMS
    return leaves.PATH_OR_NONE if path in PATH_FIELDS else leaves.OF_FIELD[kind]


_CERTIFICATE: Mapping[str, Node] = {
    "issuer": leaves.TEXT,
    "common_name": leaves.TEXT,
    "organizations": leaves.TEXTS,
    "sans": leaves.TEXTS,
    "remaining_days": leaves.DAYS,
}
_CA: Mapping[str, Node] = {**_CERTIFICATE, "fingerprint_sha256": leaves.DIGESTS}
_TEXT_FILE = Group({"sha256": leaves.DIGEST, "content": leaves.TEXT})
_DROP_IN = Keys(_TEXT_FILE, "an absolute path", _absolute)
_LISTED_DROP_IN = Keys(_TEXT_FILE, "dropins.PATH", lambda key: key.startswith("dropins./"))  # beside a list of them
_SERVICE = Group({"active": leaves.STATE, "enabled": leaves.AT_BOOT})
_FILE = Group(
    {
        "type": leaves.FILE_TYPE,
        "owner": leaves.OWNER,
        "group": leaves.OWNER,
        "mode": leaves.MODE,
        "sha256": leaves.DIGEST,
    },
    whole="type",
)

FORM = Group(
    {
        "service": Group({"kubelet": _SERVICE, "runtime": _SERVICE}),
        "flags": Keys(
            leaves.SCALAR, "a flag's name without dashes before it", lambda key: bool(_FLAG.match(key)), FLAG_NAMES
        ),
        "config": _of_field(KUBELET_CONFIGURATION),
        "kubeconfig": Group({"server": leaves.SERVER, "ca_sha256": leaves.DIGESTS}),
        "certificates": Group(
            {
                "client": Group(_CERTIFICATE),
                "serving": Group(_CERTIFICATE),
                "client-ca": Group(_CA),
                "server-ca": Group(_CA),
            }
        ),
        "unit": Group(
            {
                "fragment": Group({"path": leaves.PATH, "sha256": leaves.DIGEST, "content": leaves.TEXT}),
                "dropins": Either(leaves.TEXTS, _DROP_IN),
            },
            further=_LISTED_DROP_IN,
        ),
        "files": Keys(_FILE, "an absolute path", _absolute),
        "versions": Group(
            {
                "kubelet": leaves.RELEASE,
                "runtime": leaves.RELEASE,
                "kernel": leaves.VERSION,
                "os": leaves.VERSION,
                "skew": leaves.BEHIND,
            }
        ),
        "kernel": Keys(leaves.SCALAR, "a sysctl such as net.ipv4.ip_forward", _matched(_SYSCTL)),
        "swap": Group({"active": leaves.BOOLEAN, "fstab": leaves.BOOLEAN}),
        "runtime": Group({"name": leaves.TEXT, "endpoint": leaves.TEXT, "cgroup_driver": leaves.DRIVER}),
        "cni": Group({"files": leaves.TEXTS}),
    }
)
