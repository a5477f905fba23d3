# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane expects of its nodes: the ConfigMaps of kubeadm, and the version of the API server.

Sources: "Implementation details" of kubeadm (what it keeps in cluster-info, kubelet-config and kubeadm-config),
https://kubernetes.io/releases/version-skew-policy/.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._interpret import _values
from .._interpret._yaml import load
from .._model.expected import Expectation, Matcher, Observed, Origin, Source
from .between import between_nodes, by_size
from .unset import further

CLUSTER_INFO, ROOT_CA = "cluster-info", "kube-root-ca.crt"
KUBELET_CONFIG, KUBEADM_CONFIG = "kubelet-config", "kubeadm-config"
# Distributions that have their own ways and do not keep what kubeadm does.
WITHOUT = ("k3s", "rke2", "microk8s")
# Whose nodes get their whole configuration from kubelet-config; others take from it what is the same in the cluster.
CONFIGURED_BY_KUBEADM = ("kubeadm", "crio")
CLUSTER_WIDE = ("clusterDNS", "clusterDomain")
# What kubeadm decides on each node anew, and the types of the object.
SET_ON_NODE = ("apiVersion", "kind", "resolvConf", "containerRuntimeEndpoint", "imageServiceEndpoint")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MASK = "***"
_DNS_ADDRESS = 10  # kubeadm gives this address of the service network to the cluster's DNS
_MOST_BEHIND, _MOST_BEHIND_BEFORE_1_25 = 3, 2


def expectations(published: Mapping[str, Any], observed: Observed, profile: str) -> tuple[Expectation, ...]:
    """Everything that the control plane expects of a node.

    ``published`` is that of cluster_info. ``observed`` tells which of it can hold for this node: its kubelet's version,
    and whether it reaches the API server on its own ways. Nothing is expected of distributions that publish nothing.
    """
    found = [*_versions(published, observed)]
    if profile not in WITHOUT:
        found += [*_endpoint(published, observed), *_authorities(published, profile)]
        found += [*_configuration(published, observed, profile)]
    return tuple(found)


def _expected(path: str, value: Any, name: str) -> Expectation:
    return Expectation(path, Matcher("exact", value), Source(Origin.CONTROL_PLANE, name))


def _versions(published: Mapping[str, Any], observed: Observed) -> Iterator[Expectation]:
    """A kubelet is never newer than the API server, and at most three minor versions older (before 1.25 two)."""
    version = _values.text(published.get("version"))
    seen = observed.values.get("versions.kubelet")
    if version and seen is not None:
        old = _minor(seen.value) < 25
        allowed = (0, _MOST_BEHIND_BEFORE_1_25 if old else _MOST_BEHIND)
        yield Expectation(
            "versions.skew", Matcher("range", allowed), Source(Origin.CONTROL_PLANE, f"API server {version}")
        )


def _minor(version: object) -> int:
    pieces = _values.text(version).lstrip("v").split(".")
    return int(pieces[1]) if len(pieces) > 1 and pieces[1].isdigit() else 0


def _endpoint(published: Mapping[str, Any], observed: Observed) -> Iterator[Expectation]:
    """The endpoint of the cluster; but a node may use a load balancer, or an API server, of its own."""
    own = observed.values.get("kubeconfig.server")
    if own is not None and _on_node(_values.text(own.value), observed):
        return
    server = _values.text(_values.mapping(published.get("endpoint")).get("server"))
    if server:
        yield _expected("kubeconfig.server", server, CLUSTER_INFO)
    planned = _values.text(_document(published, "cluster_configuration").get("controlPlaneEndpoint"))
    if planned and (not server or _address(f"https://{planned}") == _address(server)):
        host, port = _address(f"https://{planned}")
        shown = f"[{host}]" if ":" in host else host
        yield _expected("kubeconfig.server", f"https://{shown}:{port}", KUBEADM_CONFIG)


def _on_node(server: str, observed: Observed) -> bool:
    host, _port = _address(server)
    return host in (*_LOOPBACK, *observed.names.node, *observed.names.addresses)


def _address(server: str) -> tuple[str, int]:
    """Host and port of an endpoint; kubeadm's port where none is named."""
    try:
        url = urlsplit(server)
        return url.hostname or "", url.port or 6443
    except ValueError:  # a port that is no number, brackets that do not close
        return "", 0


def _authorities(published: Mapping[str, Any], profile: str) -> Iterator[Expectation]:
    """The cluster's CA. While it is exchanged, there are two, and one of them is enough."""
    joining = _values.text(_values.mapping(published.get("endpoint")).get("ca_sha256"))
    if joining:
        yield _expected("kubeconfig.ca_sha256", joining, CLUSTER_INFO)
    if not any(published.get(piece) for piece in ("endpoint", "kubelet_config", "cluster_configuration")):
        return  # made without kubeadm: pods and nodes need not have the same CA
    roots = sorted(_values.texts(published.get("root_ca_sha256")))
    if roots:
        value = roots[0] if len(roots) == 1 else roots
        yield _expected("kubeconfig.ca_sha256", value, ROOT_CA)
        if profile in CONFIGURED_BY_KUBEADM:
            yield _expected("certificates.client-ca.fingerprint_sha256", value, ROOT_CA)


def _configuration(published: Mapping[str, Any], observed: Observed, profile: str) -> Iterator[Expectation]:
    """Fields of KubeletConfiguration. Zero values are expected too: they mean the kubelet's default."""
    given = dict(_leaves(_document(published, "kubelet_config")))
    if given and profile in CONFIGURED_BY_KUBEADM:
        yield from _left_out(given, observed)
    source = dict.fromkeys(given, KUBELET_CONFIG)
    for name, value in _of_cluster(_document(published, "cluster_configuration")).items():
        if not given.get(name):
            given[name], source[name] = value, KUBEADM_CONFIG
    for name, value in given.items():
        everywhere = profile in CONFIGURED_BY_KUBEADM or name in CLUSTER_WIDE
        cached = name == "clusterDNS" and _asks_node_local_cache(observed)
        if everywhere and not cached and _for_all_nodes(name, value):
            yield _expected(f"config.{name}", value, source[name])


def _left_out(given: Mapping[str, Any], observed: Observed) -> Iterator[Expectation]:
    """A field that kubelet-config does not have was added on the node; without it the default would hold. What follows
    from the machine's size is rightly added on each node."""

    def added(path: str) -> bool:
        name = path.removeprefix("config.")
        return not by_size(path) and name not in (*given, *SET_ON_NODE, *CLUSTER_WIDE, "cgroupDriver")

    for path, matcher in further(observed, "config", added):
        yield Expectation(path, matcher, Source(Origin.CONTROL_PLANE, KUBELET_CONFIG))


def _for_all_nodes(name: str, value: Any) -> bool:
    """True for a field that is the same on all nodes. Without a cgroup driver each node asks its runtime."""
    if name in SET_ON_NODE or _MASK in str(value) or (name == "cgroupDriver" and not value):
        return False
    return between_nodes(f"config.{name}")


def _asks_node_local_cache(observed: Observed) -> bool:
    """True where pods ask a DNS cache on their node, which has a link-local address (NodeLocal DNSCache)."""
    seen = observed.values.get("config.clusterDNS")
    addresses = seen.value if seen is not None and isinstance(seen.value, list) else []
    return bool(addresses) and all(_link_local(address) for address in addresses)


def _link_local(address: object) -> bool:
    try:
        return ipaddress.ip_address(_values.text(address)).is_link_local
    except ValueError:
        return False


def _of_cluster(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """DNS server and domain that follow from kubeadm-config."""
    networking = _values.mapping(configuration.get("networking"))
    found: dict[str, Any] = {}
    try:
        first = _values.text(networking.get("serviceSubnet")).split(",")[0].strip()
        found["clusterDNS"] = [str(ipaddress.ip_network(first)[_DNS_ADDRESS])]
    except (ValueError, IndexError):  # no network, or one too small to have a DNS server
        pass
    domain = _values.text(networking.get("dnsDomain"))
    return {**found, "clusterDomain": domain} if domain else found


def _document(published: Mapping[str, Any], piece: str) -> Mapping[str, Any]:
    """The mapping that a published text holds; nothing when it cannot be read."""
    text = published.get(piece)
    tree = load(text, piece).tree if isinstance(text, str) else None
    return _values.mapping(tree.plain()) if tree is not None else {}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted path, as those of a node's own configuration; a list is one value, null is none."""
    for key, item in _values.mapping(value).items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(item, Mapping):
            yield from _leaves(item, name)
        elif item is not None:
            yield name, item
