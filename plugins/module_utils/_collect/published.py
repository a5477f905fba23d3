# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control plane publishes for its nodes, out of the ConfigMaps that hold it: only what nodes are compared with.

There is no YAML parser on this side: texts are handed on for the controller to read. kubeadm writes cluster-info,
kubelet-config and kubeadm-config (kubeadm: Implementation details); the controller manager writes kube-root-ca.crt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import ssl
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact

_CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps/{}"
PATHS = {
    "endpoint": _CONFIG_MAPS.format("kube-public", "cluster-info"),
    "kubelet_config": _CONFIG_MAPS.format("kube-system", "kubelet-config"),
    "cluster_configuration": _CONFIG_MAPS.format("kube-system", "kubeadm-config"),
    "root_ca_sha256": _CONFIG_MAPS.format("kube-system", "kube-root-ca.crt"),
}
MAX_TEXT_BYTES = 32 * 1024
MAX_AUTHORITIES = 20

_SERVER = re.compile(r"^[ \t-]*server:[ \t]*[\"']?(https://[^\s\"'#]+)[\"']?[ \t]*$", re.MULTILINE)
_CA_DATA = re.compile(r"^[ \t-]*certificate-authority-data:[ \t]*[\"']?([A-Za-z0-9+/=]+)[\"']?[ \t]*$", re.MULTILINE)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
# Of a ClusterConfiguration, what is known to be about nodes. Arguments of the control plane's own programs are not.
_CLUSTER_KEYS = ("apiVersion", "kind", "clusterName", "controlPlaneEndpoint", "kubernetesVersion", "networking")
_TOP_LEVEL_KEY = re.compile(r"([\w-]+):")

Object = t.Dict[str, t.Any]  # noqa: UP006 - evaluated at run time, also by Python 3.9


def pieces(answers: t.Mapping[str, Object]) -> tuple[Object, dict[str, str]]:
    """What the answers at PATHS publish, and one sentence for each that holds nothing that can be used.

    `endpoint` is {"server", "ca_sha256"} ({} without one), the others None where there is none: `kubelet_config` and
    `cluster_configuration` are YAML texts, `root_ca_sha256` is the list of the fingerprints of the cluster's CAs.
    """
    reasons: dict[str, str] = {}
    published: Object = {
        "endpoint": endpoint(answers.get("endpoint", {})),
        "kubelet_config": _text(answers, "kubelet_config", "kubelet", reasons),
        "cluster_configuration": _text(answers, "cluster_configuration", "ClusterConfiguration", reasons),
        "root_ca_sha256": None,
    }
    if published["cluster_configuration"] is not None:
        published["cluster_configuration"] = _about_nodes(published["cluster_configuration"])
    authorities = _text(answers, "root_ca_sha256", "ca.crt", reasons)
    if authorities is not None:
        found = [fingerprint(pem) for pem in _PEM.findall(authorities)[:MAX_AUTHORITIES]]
        published["root_ca_sha256"] = [sha256 for sha256 in found if sha256] or None
    return published, reasons


def endpoint(config_map: Object) -> Object:
    """Server and SHA-256 of the CA certificate in the ConfigMap cluster-info, which kubeadm keeps for joining nodes.

    It holds a kubeconfig of one cluster. Anything but exactly one server is no answer.
    """
    given = _data(config_map).get("kubeconfig")
    text = given if isinstance(given, str) else ""
    servers = _SERVER.findall(text)
    if len(servers) != 1:
        return {}
    authorities = _CA_DATA.findall(text)
    return {"server": servers[0], "ca_sha256": _embedded(authorities[0]) if len(authorities) == 1 else None}


def fingerprint(pem: str) -> str | None:
    """SHA-256 (lower-case hex) of the first certificate in PEM; None when there is none."""
    try:
        der = ssl.PEM_cert_to_DER_cert(pem[: pem.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)])
    except (ValueError, binascii.Error):
        return None
    return hashlib.sha256(der).hexdigest()


def _embedded(data: str) -> str | None:
    """Fingerprint of the first certificate in base64 of PEM."""
    try:
        return fingerprint(base64.b64decode(data, validate=True).decode("ascii"))
    except (ValueError, binascii.Error):
        return None


def _data(config_map: Object) -> Object:
    data = config_map.get("data")
    return data if isinstance(data, dict) else {}


def _text(answers: t.Mapping[str, Object], piece: str, key: str, reasons: dict[str, str]) -> str | None:
    """The text under a key of a ConfigMap, without secrets; None where it was not read or is not to be used."""
    if piece not in answers:
        return None
    name, text = PATHS[piece].rpartition("/")[2], _data(answers[piece]).get(key)
    if not isinstance(text, str) or not text.strip():
        reasons[piece] = f"the ConfigMap {name} has no text under {key}"
        return None
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        reasons[piece] = f"{key} of the ConfigMap {name} is larger than {MAX_TEXT_BYTES // 1024} KiB"
        return None
    return _redact.redact(text)


def _about_nodes(text: str) -> str:
    """The top-level keys that are wanted, with all that is below them."""
    kept: list[str] = []
    wanted = False
    for line in text.splitlines():
        key = _TOP_LEVEL_KEY.match(line)
        if key:
            wanted = key.group(1) in _CLUSTER_KEYS
        if wanted:
            kept.append(line)
    return "\n".join(kept) + "\n"
