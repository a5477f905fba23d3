# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: CA, serving pair and kubeconfig, missing, damaged, of another kind, or naming what is not there."""

from __future__ import annotations

import base64
from collections.abc import Callable

from accuracy._bundles import CONFIG, KUBECONFIG, Bundle, load, put
from redteam._case import WELL, Case
from redteam._nodes import (
    CA,
    UMBRELLA,
    absent,
    added,
    config,
    directory,
    ends_on,
    fact,
    failed,
    kubeconfig,
)
from redteam._pki import MASKED_KEY

_RUN = "failed to run Kubelet: "
_SERVING = (
    f"{_RUN}failed to create kubelet: failed to initialize file based certificate manager: unable to set up dynamic"
    " certificate manager for kubelet server cert files: "
)
_BOOTSTRAP = 'bootstrap.go:242] "Unhandled Error" err="unable to {} from /etc/kubernetes/kubelet.conf: {}"'
_READ, _TLS, _CERTS = (
    "read existing bootstrap client config",
    "load TLS configuration from existing bootstrap client config read",
    "load TLS certificates from existing bootstrap client config read",
)
_OWN = "/var/lib/kubelet/pki/kubelet"
_PAIR = "tlsCertFile: /etc/kubernetes/pki/kubelet.crt\ntlsPrivateKeyFile: /etc/kubernetes/pki/kubelet.key\n"
_NO_CERTIFICATE = "data does not contain any valid RSA or ECDSA certificates"


def _ca(error: str, change: Callable[[Bundle], Bundle]) -> Callable[[], Bundle]:
    return lambda: change(ends_on(failed(_RUN + error)))


def _configured_pair(error: str, certificate: str | None) -> Callable[[], Bundle]:
    def make() -> Bundle:
        bundle = added(ends_on(failed(_SERVING + error)), _PAIR)
        if certificate is None:
            return absent(bundle, "/etc/kubernetes/pki/kubelet.crt", "/etc/kubernetes/pki/kubelet.key")
        content = certificate and bundle[f"files{_OWN}.crt"]
        bundle = put(bundle, "/etc/kubernetes/pki/kubelet.crt", content)
        bundle = put(bundle, "/etc/kubernetes/pki/kubelet.key", MASKED_KEY)
        return fact(bundle, "/etc/kubernetes/pki/kubelet.key", public_key_sha256=["ab" * 32])

    return make


def _named(error: str, pattern: str, new: str, step: str = _READ, *gone: str) -> Callable[[], Bundle]:
    """A kubeconfig with something replaced: the start ends in the umbrella line, the line before says why."""
    line = _BOOTSTRAP.format(step, error.replace('"', '\\"'))
    return lambda: absent(kubeconfig(ends_on(line, UMBRELLA, at="kubeconfig"), pattern, new), *gone)


def _other_key() -> Bundle:
    bundle = _named("tls: private key does not match public key", "never there", "", _TLS)()
    dated = next(path[5:] for path in bundle if "kubelet-client-20" in path)
    return fact(bundle, dated, public_key_sha256=["cd" * 32])


CASES = (
    Case(
        "clientCAFile is empty",
        _ca('missing content for CA bundle "client-ca-bundle::/etc/kubernetes/pki/ca.crt"', lambda b: put(b, CA, "")),
        ("certificate/pem-corrupt",),
    ),
    Case(
        "clientCAFile is a directory",
        _ca(
            "read /etc/kubernetes/pki: is a directory",
            lambda b: config(b, lambda t: t.replace(CA, "/etc/kubernetes/pki")),
        ),
        ("certificate/client-ca-file-missing",),
    ),
    Case(
        "clientCAFile has mode 0000, which root does not mind", lambda: fact(load("healthy"), CA, mode="0000"), (), WELL
    ),
    Case(
        "clientCAFile is a key",
        _ca(
            f'error loading CA bundle for "client-ca-bundle::{CA}": {_NO_CERTIFICATE}', lambda b: put(b, CA, MASKED_KEY)
        ),
        ("certificate/pem-corrupt",),
    ),
    Case(
        "tlsCertFile and its key do not exist",
        _configured_pair("open /etc/kubernetes/pki/kubelet.crt: no such file or directory", None),
        ("certificate/tls-cert-file-missing",),
    ),
    Case(
        "tlsPrivateKeyFile is another key",
        _configured_pair("tls: private key does not match public key", "its own"),
        ("certificate/key-mismatch",),
    ),
    Case(
        "tlsCertFile is empty",
        _configured_pair('missing content for serving cert "kubelet-server-cert-files::/x"', ""),
        ("certificate/pem-corrupt",),
    ),
    Case(
        "the kubelet's own kubelet.crt is damaged: it is read, not made anew",
        lambda: put(
            ends_on(failed(f"{_SERVING}tls: failed to find any PEM data in certificate input")), f"{_OWN}.crt", "x\n"
        ),
        ("certificate/pem-corrupt",),
    ),
    Case(
        "half of the kubelet's own pair is gone",
        lambda: absent(
            ends_on(
                failed(
                    "failed to construct kubelet dependencies: error reading /var/lib/kubelet/pki/kubelet.crt,"
                    " certificate and key must be supplied as a pair"
                ),
                at="version",
            ),
            f"{_OWN}.crt",
        ),
        ("certificate/serving-pair-incomplete",),
    ),
    Case(
        "current-context names nothing",
        _named("context was not found for specified context: prod", "current-context: .*", "current-context: prod"),
        ("kubeconfig/context-missing",),
    ),
    Case(
        "current-context is gone",
        _named("invalid configuration: no configuration has been provided", "current-context: .*\n", ""),
        ("kubeconfig/context-missing",),
    ),
    Case(
        "the context's user does not exist",
        _named(
            'invalid configuration: user "nobody" was not found for context "default-context"',
            "    user: default-auth",
            "    user: nobody",
        ),
        ("kubeconfig/unparseable",),
    ),
    Case(
        "client-key names a missing file",
        _named(
            "invalid configuration: unable to read client-key /k.pem for default-auth due to open /k.pem: no such file"
            " or directory",
            "client-key: .*",
            "client-key: /k.pem",
            _READ,
            "/k.pem",
        ),
        ("certificate/client-pem-missing",),
    ),
    Case("the client key is another one's", _other_key, ("certificate/key-mismatch",)),
    Case(
        "the server is http://, so no certificate is read",
        _named(_NO_CERTIFICATE, "https://", "http://", _CERTS),
        ("kubeconfig/http-scheme",),
    ),
    Case(
        "the server is empty",
        _named('invalid configuration: no server found for cluster "default-cluster"', "server: .*", "server: ''"),
        ("kubeconfig/unparseable",),
    ),
    Case(
        "the user has no certificate, although a rotated one is there",
        _named(_NO_CERTIFICATE, "(?s)  user:\n    client-certificate.*", "  user: {}\n", _CERTS),
        ("kubeconfig/unparseable",),
    ),
    Case(
        "certificate-authority-data is no PEM",
        _named(
            "unable to load root certificates: unable to parse bytes as PEM block",
            "certificate-authority-data: .*",
            f"certificate-authority-data: {base64.b64encode(b'hello').decode()}",
            _TLS,
        ),
        ("certificate/pem-corrupt",),
    ),
    Case(
        "kubelet.conf is cut short within its CA",
        _named("invalid configuration: no configuration has been provided", "(?s)(.{1500}).*", r"\1"),
        ("kubeconfig/unparseable",),
    ),
    Case(
        "kubelet.conf is a directory",
        lambda: directory(
            ends_on(
                _BOOTSTRAP.format(_READ, "read /etc/kubernetes/kubelet.conf: is a directory"), UMBRELLA, at="kubeconfig"
            ),
            KUBECONFIG,
        ),
        ("kubeconfig/unparseable",),
    ),
    Case(
        "config.yaml is a directory",
        lambda: directory(
            ends_on(
                failed(
                    f"failed to load kubelet config file, path: {CONFIG}, error: failed to load Kubelet config file"
                    f' {CONFIG}, error failed to read kubelet config file "{CONFIG}", error: read {CONFIG}:'
                    " is a directory"
                ),
                at="version",
            ),
            CONFIG,
        ),
        ("config/kubelet-config-missing",),
    ),
    Case(
        "one removed file is the CA of both: one root",
        lambda: absent(
            _named(
                f"invalid configuration: unable to read certificate-authority {CA} for default-cluster due to open"
                f" {CA}: no such file or directory",
                "certificate-authority-data: .*",
                f"certificate-authority: {CA}",
            )(),
            CA,
        ),
        ("kubeconfig/ca-file-missing",),
    ),
)
