# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the API server, and what both ends think of each other's certificate and clock."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from accuracy._bundles import KUBECONFIG, Bundle, each_message, edit, load, put, replace
from apart._nodes import condition
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from redteam._case import WELL, Case
from redteam._nodes import CA, drop_in, fact, kubeconfig, probes
from redteam._pki import MASKED_KEY, START, Authority, Key, client, name, public_hash

JOINED, JUST = "2026-11-23T20:39:26Z", "2026-11-23T21:37:48Z"
_REFUSED = "dial tcp 10.240.0.10:6443: connect: connection refused"
_CALL = re.compile(r'(?:Get|Post|Put) \\"https[^ ]*\\": ' + re.escape(_REFUSED))
_OK: Mapping[str, Any] = {"status": "ok", "error": None}
_TIMEOUT: Mapping[str, Any] = {"status": "timeout", "error": "timed out"}
_ANSWERED: Mapping[str, Any] = {**_OK, "code": 200, "body": "ok", "date": "Mon, 23 Nov 2026 21:39:15 GMT"}
_PROXY = "HTTPS_PROXY=http://10.9.9.9:3128"


def outage(
    error: str, connect: Mapping[str, Any], tls: Mapping[str, Any] | None = None, http: Mapping[str, Any] | None = None
) -> Bundle:
    """A node that had joined long ago and whose requests fail with ``error`` since the kubelet was restarted."""
    bundle = fact(replace(load("server-port-wrong"), {":6553": ":6443"}), KUBECONFIG, mtime=JOINED)
    bundle = each_message(bundle, lambda text: text.replace(_REFUSED, error))
    return _probed(bundle, connect, tls, http)


def _probed(
    bundle: Bundle, connect: Mapping[str, Any], tls: Mapping[str, Any] | None, http: Mapping[str, Any] | None
) -> Bundle:
    results = {"connect": connect, "tls": tls or connect, "http": http or tls or connect}
    return probes(bundle, lambda p: {} if "10248" in p.get("url", "") else results.get(p["probe"], {}))


def answered(message: str, code: int) -> Bundle:
    """A node whose requests are all answered, with ``code`` and ``message``."""
    bundle = fact(replace(load("server-port-wrong"), {":6553": ":6443"}), KUBECONFIG, mtime=JOINED)
    bundle = each_message(bundle, lambda text: _CALL.sub(lambda _found: message, text))
    return _probed(bundle, _OK, _OK, {**_ANSWERED, "code": code, "body": message})


def _error(number: int, words: str) -> dict[str, Any]:
    return {"status": "error", "error": f"[Errno {number}] {words}"}


def _proxied(error: str) -> Bundle:
    environment = re.search(r"^Environment=(.*)$", load("healthy")["systemd/kubelet.service.show"], re.MULTILINE)
    return drop_in(
        outage(error, _OK, _OK, _ANSWERED),
        "/etc/systemd/system/kubelet.service.d/40-proxy.conf",
        f'[Service]\nEnvironment="{_PROXY}"\n',
        Environment=f"{environment.group(1) if environment else ''} {_PROXY}",
    )


def _elsewhere(server: str, error: str, connect: Mapping[str, Any]) -> Bundle:
    moved = replace(outage(error, connect), {"https://controlplane:6443": server})
    return fact(moved, KUBECONFIG, mtime=JUST)


def _under_a_path() -> Bundle:
    said = r"nodes is forbidden: User \"system:node:worker-6\" cannot post path \"/k8s/api/v1/nodes\""
    bundle = replace(answered(said, 403), {"https://controlplane:6443": "https://controlplane:6443/k8s"})
    return fact(bundle, KUBECONFIG, mtime=JUST)


def _unresolved() -> Bundle:
    bundle = replace(load("server-host-unresolvable"), {"controlplane-old.corp.example": "controlplane"})
    bundle = fact(bundle, KUBECONFIG, mtime=JOINED)
    return put(bundle, "/etc/hosts", re.sub(".*controlplane.*\n", "", bundle["files/etc/hosts"]))


def rekeyed(
    case: str,
    ca: Authority | None = None,
    issuer: Authority | None = None,
    chain: str = "",
    key: Key | None = None,
    **changes: object,
) -> Bundle:
    """A recorded node with new certificates: CA, API server's and client's, the last with ``changes`` (_pki.client)."""
    bundle, ca = load(case), ca or Authority()
    key = key or ec.generate_private_key(ec.SECP256R1())
    sans = x509.SubjectAlternativeName([x509.DNSName("controlplane")])
    year = START + timedelta(days=365)
    api = ca.sign(name("kube-apiserver"), ec.generate_private_key(ec.SECP256R1()), START, year, sans)
    data = base64.b64encode(ca.pem.encode()).decode()
    bundle = edit(bundle, f"files{CA}", lambda _old: ca.pem)
    bundle = edit(bundle, f"files{KUBECONFIG}", lambda t: re.sub("authority-data: .*", f"authority-data: {data}", t))
    dated = next(path[5:] for path in bundle if "pki/kubelet-client-20" in path)
    bundle = {**bundle, f"files{dated}": client(bundle, issuer or ca, key=key, **changes) + chain + MASKED_KEY}
    bundle = fact(bundle, dated, public_key_sha256=[public_hash(key)])
    return probes(bundle, lambda p: {"peer_certificate": api} if p["probe"] == "tls" else {})


def _intermediate(case: str, *, sent: bool) -> Bundle:
    root = Authority()
    between = Authority("kubernetes-intermediate", parent=root)
    return rekeyed(case, root, between, between.pem if sent else "")


def _changed_later(pattern: str, new: str) -> Bundle:
    """A node that is well, whose kubelet.conf was changed after the kubelet had read it."""
    return fact(kubeconfig(load("healthy"), pattern, new), KUBECONFIG, mtime="2026-11-23T21:37:20Z")


CASES: tuple[Case, ...] = (
    Case("http:// since the start", lambda: _changed_later("https://", "http://"), (), "at_risk"),
    Case("no such context since the start", lambda: _changed_later("current-context: .*", "x: y"), (), "at_risk"),
    Case("a rejecting firewall", lambda: outage(_REFUSED, {}), ("apiserver/connection-refused",)),
    Case(
        "a dropping firewall",
        lambda: outage("dial tcp 10.240.0.10:6443: i/o timeout", _TIMEOUT),
        ("apiserver/unreachable-timeout",),
    ),
    Case(
        "dropped, and the request's own limit ends first",
        lambda: outage("context deadline exceeded", _TIMEOUT),
        ("apiserver/unreachable-timeout",),
    ),
    Case(
        "a blackhole route",
        lambda: outage("dial tcp 10.240.0.10:6443: connect: invalid argument", _error(22, "Invalid argument")),
        ("network/no-route",),
    ),
    Case(
        "a prohibit route",
        lambda: outage("dial tcp 10.240.0.10:6443: connect: permission denied", _error(13, "Permission denied")),
        ("network/no-route",),
    ),
    Case(
        "no default route",
        lambda: outage(
            "dial tcp 10.240.0.10:6443: connect: network is unreachable", _error(101, "Network is unreachable")
        ),
        ("network/no-route",),
    ),
    Case(
        "accepts and never answers",
        lambda: outage("net/http: TLS handshake timeout", _OK, _TIMEOUT),
        ("apiserver/not-answering",),
    ),
    Case(
        "503", lambda: answered("the server is currently unable to handle the request", 503), ("apiserver/unavailable",)
    ),
    Case(
        "429",
        lambda: answered("the server has received too many requests and has asked us to try again later", 429),
        ("apiserver/overloaded",),
    ),
    Case("the name's line in /etc/hosts is gone", _unresolved, ("apiserver/dns-failure",)),
    Case(
        "a proxy that does not answer",
        lambda: _proxied("proxyconnect tcp: dial tcp 10.9.9.9:3128: connect: no route to host"),
        ("apiserver/proxy-env",),
    ),
    Case("a proxy that swallows", lambda: _proxied("context deadline exceeded"), ("apiserver/proxy-env",)),
    Case(
        "the server without port",
        lambda: _elsewhere("https://controlplane", "dial tcp 10.240.0.10:443: connect: connection refused", {}),
        ("kubeconfig/wrong-server",),
    ),
    Case(
        "the server is this host",
        lambda: _elsewhere("https://127.0.0.1:6443", "dial tcp 127.0.0.1:6443: connect: connection refused", {}),
        ("kubeconfig/wrong-server",),
    ),
    Case(
        "another port, and a Node that no kubelet has ever reported for",
        lambda: condition(
            load("server-port-wrong"), "Ready", "Unknown", "NodeStatusNeverUpdated", "Kubelet never posted node status."
        ),
        ("kubeconfig/wrong-server",),
    ),
    Case("the server with a path", _under_a_path, ("kubeconfig/wrong-server",)),
    Case(
        "the CA is gone from kubelet.conf",
        lambda: kubeconfig(load("kubeconfig-ca-wrong"), "    certificate-authority-data: .*\n", ""),
        ("certificate/ca-not-trusted-by-node",),
    ),
    Case(
        "a client certificate of the future",
        lambda: rekeyed("cert-other-ca", since=datetime(2026, 11, 25, tzinfo=UTC)),
        ("certificate/client-not-yet-valid",),
    ),
    Case("an RSA client certificate", lambda: rekeyed("healthy", key=rsa.generate_private_key(65537, 2048)), (), WELL),
    Case(
        "a client certificate for servers only",
        lambda: rekeyed("cert-other-ca", usages=[ExtendedKeyUsageOID.SERVER_AUTH]),
        ("certificate/client-missing-eku",),
    ),
    Case(
        "an intermediate CA that the client does not send",
        lambda: _intermediate("cert-other-ca", sent=False),
        ("certificate/client-wrong-issuer",),
    ),
    Case("an intermediate CA that the client sends", lambda: _intermediate("healthy", sent=True), (), WELL),
    Case(
        "an expired CA",
        lambda: rekeyed("api-cert-expired", Authority(until=datetime(2026, 11, 23, 21, tzinfo=UTC))),
        ("certificate/cluster-ca-expired",),
    ),
    Case(
        "a clock two years ahead",
        lambda: probes(
            rekeyed("cert-expired", since=datetime(2024, 11, 8, tzinfo=UTC), until=datetime(2025, 11, 8, tzinfo=UTC)),
            lambda p: {"date": "Sat, 23 Nov 2024 21:34:55 GMT"} if "date" in p and "10248" not in p["url"] else {},
        ),
        ("system/clock-skew",),
    ),
)
