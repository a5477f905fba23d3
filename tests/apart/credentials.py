# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of credentials that was not recorded."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from accuracy._bundles import KUBECONFIG, Bundle, edit_json, load, put, replace
from apart._nodes import Made, created, says
from apart.apiserver import LEASE, refused
from redteam._nodes import CURRENT, UMBRELLA, absent, config, ends_on, fact, probes
from redteam._pki import START, Authority, name
from redteam.cases_network import outage, rekeyed

_PKI = "/var/lib/kubelet/pki"
_OK = {"status": "ok", "error": None}
_FORBIDDEN = (
    'nodes \\"{0}\\" is forbidden: User \\"{1}\\" cannot get resource \\"nodes\\" in API group \\"\\" at the cluster'
    " scope"
)


def dated(bundle: Bundle) -> str:
    """Path of the newest client certificate of the node."""
    return max(path[5:] for path in bundle if "pki/kubelet-client-20" in path)


def _node(bundle: Bundle) -> str:
    return str(json.loads(bundle["bundle.json"])["node"])


def _forbidden(bundle: Bundle, user: str) -> Bundle:
    """The API server answers every request of this user with 403."""
    words = _FORBIDDEN.format(_node(bundle), user)
    body = json.dumps({"kind": "Status", "status": "Failure", "message": words.replace("\\", ""), "code": 403})
    answered = {"status": "ok", "error": None, "code": 403, "body": body}
    bundle = probes(bundle, lambda p: answered if "/nodes/" in p.get("url", "") else {})
    return says(bundle, LEASE.format(words), times=12)


def _no_organization() -> Bundle:
    bundle = rekeyed("cert-other-ca", subject=name("system:node:" + _node(load("cert-other-ca"))))
    return _forbidden(bundle, "system:node:" + _node(bundle))


def _anonymous() -> Bundle:
    """The certificate file was replaced by nothing while the kubelet runs: it goes on without one."""
    bundle = refused(_FORBIDDEN.format("worker-6", "system:anonymous"), 403)
    bundle = says(
        bundle,
        'certificate_manager.go:356] "No valid client certificate is found and the server is responsive, exiting."'
        ' lastCertificateAvailabilityTime="2026-11-23 21:30:00 +0000 UTC" shutdownThreshold="5m0s"',
        times=1,
    )
    return absent(bundle, dated(bundle), CURRENT)


def _plain_file() -> Bundle:
    """The link was replaced by a copy: a rotation cannot be stored."""
    bundle = load("healthy")
    pem = bundle[f"files{dated(bundle)}"]
    bundle = fact(put(bundle, CURRENT, pem), CURRENT, type="file", target=None, resolves=None)
    bundle = edit_json(
        bundle, "files.json", lambda f: {**f, CURRENT: {k: v for k, v in f[CURRENT].items() if v is not None}}
    )
    key = json.loads(bundle["files.json"])[dated(bundle)]["public_key_sha256"]
    return fact(bundle, CURRENT, public_key_sha256=key)


def _overdue() -> Bundle:
    """95 % of its time is over, and rotation is off."""
    bundle = rekeyed("healthy", since=START - timedelta(days=350), until=START + timedelta(days=15))
    return config(bundle, lambda text: text.replace("rotateCertificates: true", "rotateCertificates: false"))


def _serving_expired() -> Bundle:
    """kubelet.crt, made at the join a year ago, has expired; nothing renews it."""
    bundle = load("healthy")
    until = datetime(2026, 11, 20, tzinfo=UTC)
    authority = Authority("worker-7-ca@1763846400", until=until)
    pem = authority.sign(name("worker-7@1763846400"), authority.key, until - timedelta(days=365), until)
    return fact(put(bundle, f"{_PKI}/kubelet.crt", pem), f"{_PKI}/kubelet.key", public_key_sha256=[])


def _serving_pending() -> Bundle:
    """serverTLSBootstrap is on, and nobody approves the request."""
    bundle = config(load("healthy"), lambda text: text + "serverTLSBootstrap: true\n")
    bundle = absent(bundle, f"{_PKI}/kubelet.crt", f"{_PKI}/kubelet.key")
    csr = {
        "metadata": {"name": "csr-8x2l1", "creationTimestamp": created(bundle, 600)},
        "spec": {
            "signerName": "kubernetes.io/kubelet-serving",
            "username": "system:node:worker-7",
            "usages": ["digital signature", "server auth"],
        },
        "status": {},
    }
    bundle = edit_json(bundle, "cluster.json", lambda v: {**v, "csrs": [*v["csrs"], csr]})
    return says(
        bundle,
        "log.go:245] http: TLS handshake error from 10.240.0.10:43122: no serving certificate available for the"
        " kubelet",
        level="I",
    )


def _sha1() -> Bundle:
    error = (
        'Get \\"https://controlplane:6443/api/v1/nodes/worker-6\\": tls: failed to verify certificate: x509:'
        " certificate"
        ' signed by unknown authority (possibly because of \\"x509: cannot verify signature: insecure algorithm'
        ' SHA1-RSA\\" while trying to verify candidate authority certificate \\"kubernetes\\")'
    )
    return refused(error, 200)


def _expired_token() -> Bundle:
    """A node that is to join with a bootstrap token that is no longer valid."""
    lost = load("bootstrap-csr-pending")
    bundle = edit_json(lost, "cluster.json", lambda v: {**v, "csrs": []})
    return says(
        bundle,
        'certificate_manager.go:562] "Failed while requesting a signed certificate from the control plane"'
        ' err="cannot create certificate signing request: Unauthorized"',
        times=8,
    )


def _exec_plugin() -> Bundle:
    """The kubeconfig asks `aws` for a token, which fails."""
    error = "getting credentials: exec: executable aws failed with exit code 255"
    bundle = outage(error, _OK, _OK, {**_OK, "code": 200, "body": "ok"})
    bundle = unbootstrapped(put(bundle, KUBECONFIG, plugin(bundle)))
    return edit_json(
        bundle,
        "probes.json",
        lambda made: [
            {**p, "client_certificate": None, "code": 401} if "/nodes/" in p.get("url", "") else p for p in made
        ],
    )


def unbootstrapped(bundle: Bundle) -> Bundle:
    """The bundle of a kubelet that has no --bootstrap-kubeconfig, as those with a credential plugin."""
    flag = "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf"
    return replace(bundle, {f'"{flag}", ': "", f"{flag} ": ""}, names=False)


def plugin(bundle: Bundle) -> str:
    """kubelet.conf whose user is a credential plugin."""
    user = (
        "  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: aws\n"
        "      args: [eks, get-token, --cluster-name, prod]\n"
    )
    return re.sub(r"(?s)  user:\n.*", user, bundle[f"files{KUBECONFIG}"])


NODES: dict[str, tuple[Made, ...]] = {
    "certificate/client-missing-org": (_no_organization,),
    "certificate/no-usable-client-cert": (_anonymous,),
    "certificate/current-pem-not-symlink": (_plain_file,),
    "certificate/rotation-overdue": (_overdue,),
    "certificate/serving-cert-expired": (_serving_expired,),
    "certificate/serving-csr-pending": (_serving_pending,),
    "certificate/weak-signature": (_sha1,),
    "kubeconfig/bootstrap-token-expired": (_expired_token,),
    "kubeconfig/exec-plugin-failed": (_exec_plugin,),
    "kubeconfig/unreadable": (
        lambda: ends_on(
            'bootstrap.go:267] "Unhandled Error" err="error reading existing bootstrap kubeconfig: open'
            ' /etc/kubernetes/kubelet.conf: permission denied" logger="UnhandledError"',
            UMBRELLA,
            at="kubeconfig",
        ),
    ),
}
