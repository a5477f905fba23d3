# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates by role, as the configuration names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from _certificates import NOW, Issued, issue
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.certificates import certificate_uses
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.certificate import CertificateUse
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Field, FileFact, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.configuration import (
    Credential,
    Kubeconfig,
    KubeletConfiguration,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Probe, Probes
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import CommandLine, Flag

PKI = "/var/lib/kubelet/pki"
CURRENT = f"{PKI}/kubelet-client-current.pem"
CA_FILE = "/etc/kubernetes/pki/ca.crt"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"


@pytest.fixture(scope="module")
def authority() -> Issued:
    """The cluster's CA."""
    return issue("kubernetes", ca=True)


def pem_file(path: str, *issued: Issued, key_of: Issued | None = None) -> dict[str, FileFact]:
    """A file that holds these certificates, and the key of one of them."""
    text = "".join(entry.pem for entry in issued)
    keys = (x509.certificates(key_of.pem)[0].public_key_sha256,) if key_of else ()
    return {path: FileFact(path, type="file", content=text, public_key_sha256=keys)}


def link(path: str, target: str | None) -> dict[str, FileFact]:
    """A symbolic link; target None for one that leads nowhere."""
    return {path: FileFact(path, type="link", target=target or "/nowhere", resolves=target)}


def config(**fields: object) -> KubeletConfiguration:
    """A configuration file with these fields; ``__`` in a name stands for a dot."""
    dotted = {name.replace("__", "."): value for name, value in fields.items()}
    place = Place("/var/lib/kubelet/config.yaml", 9)
    return KubeletConfiguration(configured=True, fields={p: Field(p, v, place) for p, v in dotted.items()})


def line(*flags: str) -> CommandLine:
    """A command line with these flags."""
    split = [flag.partition("=") for flag in flags]
    place = Place("/etc/default/kubelet", 1)
    return CommandLine(flags=tuple(Flag(n, v if eq else None, place, "environment-file") for n, eq, v in split))


def data(*issued: Issued) -> Credential:
    """Certificates embedded in the kubeconfig."""
    found = tuple(certificate for entry in issued for certificate in x509.certificates(entry.pem))
    return Credential(kind="data", path=KUBECONFIG, place=Place(KUBECONFIG, 5), certificates=found)


def uses(
    files: Mapping[str, FileFact],
    *,
    settings: KubeletConfiguration | None = None,
    flags: CommandLine | None = None,
    kubeconfig: Kubeconfig | None = None,
    bootstrap: Kubeconfig | None = None,
    probes: Probes | None = None,
) -> dict[str, CertificateUse]:
    """Certificates by role."""
    return certificate_uses(
        config=settings or KubeletConfiguration(),
        command_line=flags or CommandLine(),
        kubeconfig=kubeconfig or Kubeconfig(),
        bootstrap_kubeconfig=bootstrap or Kubeconfig(),
        files=files,
        probes=probes or Probes(),
        at=NOW,
    )


def test_rotated_pair_of_a_kubeadm_node(authority: Issued) -> None:
    """The kubeconfig names kubelet-client-current.pem, a link to the dated PEM: one certificate, its key matches."""
    leaf = issue("system:node:w", authority, organization="system:nodes")
    dated = f"{PKI}/kubelet-client-2026-11-23-20-40-29.pem"
    files = {**pem_file(dated, leaf, key_of=leaf), **link(CURRENT, dated)}
    named = Credential(
        kind="file",
        path=CURRENT,
        file=files[CURRENT],
        certificates=x509.certificates(leaf.pem),
        place=Place(KUBECONFIG, 19),
    )
    found = uses(
        files, kubeconfig=Kubeconfig(configured=True, ca=data(authority), client_certificate=named, client_key=named)
    )
    client = found["client"]
    assert client.leaf is not None
    assert client.leaf.common_name == "system:node:w"
    assert (client.path, client.resolved, client.embedded) == (CURRENT, dated, False)
    assert (client.key_match, client.issued_by_trusted) == (True, True)
    assert "client-rotated" not in found
    assert found["client-newest"].path == dated


def test_embedded_certificate_beside_a_rotated_one(authority: Issued) -> None:
    """An expired certificate in the kubeconfig and a good one in the certificate directory are told apart."""
    old = issue("system:node:w", authority, not_after=NOW - timedelta(days=15))
    new = issue("system:node:w", authority)
    dated = f"{PKI}/kubelet-client-2026-11-20-10-00-00.pem"
    files = {**pem_file(dated, new, key_of=new), **link(CURRENT, dated)}
    key = Credential(kind="data", public_key_sha256=x509.certificates(old.pem)[0].public_key_sha256)
    kubeconfig = Kubeconfig(configured=True, ca=data(authority), client_certificate=data(old), client_key=key)
    found = uses(files, kubeconfig=kubeconfig)
    assert found["client"].embedded
    assert found["client"].leaf is not None
    assert found["client"].leaf.expired(NOW)
    assert found["client"].key_match is True
    assert found["client-rotated"].leaf is not None
    assert not found["client-rotated"].leaf.expired(NOW)


def test_key_of_another_certificate(authority: Issued) -> None:
    """A key that belongs to another certificate does not match; an unknown key is neither."""
    leaf, other = issue("leaf", authority), issue("other", authority)
    crt, key = "/pki/tls.crt", "/pki/tls.key"
    settings = config(tlsCertFile=crt, tlsPrivateKeyFile=key)
    mixed = {**pem_file(crt, leaf), **pem_file(key, key_of=other)}
    assert uses(mixed, settings=settings)["serving"].key_match is False
    unknown = {**pem_file(crt, leaf), key: FileFact(key, type="file")}
    assert uses(unknown, settings=settings)["serving"].key_match is None


def test_serving_certificate_of_each_setup(authority: Issued) -> None:
    """tlsCertFile, the flag over it, the requested one over both, and the kubelet's own when nothing is set."""
    served = issue("w", authority, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    own, named, flagged = f"{PKI}/kubelet.crt", "/pki/a.crt", "/pki/b.crt"
    current = f"{PKI}/kubelet-server-current.pem"
    files = {**pem_file(own, served), **pem_file(named, served), **pem_file(flagged, served)}
    assert uses(files)["serving"].path == own
    assert uses(files, settings=config(tlsCertFile=named))["serving"].path == named
    by_flag = uses(files, settings=config(tlsCertFile=named), flags=line(f"tls-cert-file={flagged}"))["serving"]
    assert (by_flag.path, str(by_flag.place)) == (flagged, "/etc/default/kubelet:1")
    requested = config(tlsCertFile=named, serverTLSBootstrap=True)
    assert uses(files, settings=requested)["serving"].path == named
    assert uses({**files, **pem_file(current, served)}, settings=requested)["serving"].path == current
    assert "serving" not in uses({})


def test_client_ca_that_is_not_there() -> None:
    """A clientCAFile that does not exist is named with its place and its absence."""
    files = {CA_FILE: FileFact(CA_FILE, type="absent")}
    found = uses(files, settings=config(authentication__x509__clientCAFile=CA_FILE))["client-ca"]
    assert (found.path, str(found.place)) == (CA_FILE, "/var/lib/kubelet/config.yaml:9")
    assert found.file.absent
    assert (found.certificates, found.problem, found.issued_by_trusted) == ((), None, None)


def test_client_ca_that_is_no_pem(authority: Issued) -> None:
    """A broken PEM gives its problem; trust stays unknown."""
    broken = {CA_FILE: FileFact(CA_FILE, type="file", content="not a certificate\n")}
    settings = config(authentication__x509__clientCAFile=CA_FILE)
    kubeconfig = Kubeconfig(configured=True, ca=data(authority))
    found = uses(broken, settings=settings, kubeconfig=kubeconfig)["client-ca"]
    assert found.problem is not None
    assert str(found.problem.place) == CA_FILE
    assert found.issued_by_trusted is None


def test_client_ca_of_another_cluster(authority: Issued) -> None:
    """A clientCAFile with another CA than the kubeconfig's is not among the trusted ones, also of the same name."""
    settings = config(authentication__x509__clientCAFile=CA_FILE)
    kubeconfig = Kubeconfig(configured=True, ca=data(authority))
    foreign = pem_file(CA_FILE, issue("kubernetes", ca=True))
    assert uses(foreign, settings=settings, kubeconfig=kubeconfig)["client-ca"].issued_by_trusted is False
    own = pem_file(CA_FILE, authority)
    assert uses(own, settings=settings, kubeconfig=kubeconfig)["client-ca"].issued_by_trusted is True


def test_client_of_another_ca(authority: Issued) -> None:
    """A client certificate of a foreign CA is seen, even when that CA has the same name."""
    kubeconfig = Kubeconfig(
        configured=True,
        ca=data(authority),
        client_certificate=data(issue("system:node:w", issue("kubernetes", ca=True))),
    )
    assert uses({}, kubeconfig=kubeconfig)["client"].issued_by_trusted is False


def test_api_server_is_held_against_the_kubeconfig(authority: Issued) -> None:
    """What the API endpoint presents is checked with the kubeconfig's CA only."""
    presented = x509.certificates(issue("kube-apiserver", authority).pem)
    probes = Probes(tls=Probe("tls", "ok", "api:6443", certificates=presented))
    trusting = Kubeconfig(configured=True, ca=data(authority))
    assert uses({}, kubeconfig=trusting, probes=probes)["apiserver"].issued_by_trusted is True
    other = Kubeconfig(configured=True, ca=data(issue("kubernetes", ca=True)))
    assert uses({}, kubeconfig=other, probes=probes)["apiserver"].issued_by_trusted is False
    assert uses({}, probes=probes)["apiserver"].issued_by_trusted is None


def test_kubeconfig_without_certificate(authority: Issued) -> None:
    """With rotation the pair in the certificate directory is used; with a token, no certificate is."""
    files = pem_file("/pki/kubelet-client-current.pem", issue("system:node:w", authority))
    flags = line("cert-dir=/pki", "rotate-certificates")
    assert uses(files, flags=flags, kubeconfig=Kubeconfig(configured=True))["client"].path.startswith("/pki/")
    assert "client" not in uses(files, flags=line("cert-dir=/pki"), kubeconfig=Kubeconfig(configured=True))
    assert "client" not in uses(files, flags=flags, kubeconfig=Kubeconfig(configured=True, has_token=True))


def test_newest_certificate_that_would_work(authority: Issued) -> None:
    """Newer PEMs that are expired, foreign, keyless or for servers are passed over for the one that works."""
    day = f"{PKI}/kubelet-client-2026-11-%02d-00-00-00.pem"
    good = issue("system:node:w", authority)
    expired = issue("system:node:w", authority, not_after=NOW - timedelta(hours=1))
    foreign = issue("system:node:w", issue("kubernetes", ca=True))
    server = issue("system:node:w", authority, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    files = {
        **pem_file(day % 1, good, key_of=good),
        **pem_file(day % 2, good, key_of=good),
        **pem_file(day % 3, expired, key_of=expired),
        **pem_file(day % 4, foreign, key_of=foreign),
        **pem_file(day % 5, server, key_of=server),
        **pem_file(day % 6, good),
        **pem_file(f"{PKI}/kubelet-client-backup.pem", good, key_of=good),
    }
    found = uses(files, kubeconfig=Kubeconfig(configured=True, ca=data(authority)))
    assert found["client-newest"].path == day % 2


def test_settings_of_odd_types_name_nothing() -> None:
    """A list where a path is expected names no certificate, and does not fail."""
    settings = config(tlsCertFile=["/a"], serverTLSBootstrap="yes", authentication__x509__clientCAFile={"a": 1})
    assert uses({}, settings=settings) == {}
