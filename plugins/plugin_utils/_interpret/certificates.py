# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that the kubelet uses, by role, found from its configuration.

What the kubelet does (kubernetes: cmd/kubelet/app/server.go, pkg/kubelet/certificate; client-go: util/certificate):

- client: with --bootstrap-kubeconfig it looks at its start whether all certificates that the kubeconfig names, as data
  or file, are still valid; if not, it asks for a new one with the bootstrap kubeconfig, or ends when that is missing.
  With rotateCertificates its connections then use the pair in <cert-dir>/kubelet-client-current.pem, where there is
  one that has not expired, else the kubeconfig's.
- serving: with serverTLSBootstrap <cert-dir>/kubelet-server-current.pem, else tlsCertFile, else <cert-dir>/kubelet.crt,
  which the kubelet makes itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from .._model.certificate import Certificate, CertificateUse
from .._model.common import Field, FileFact, Place, Problem
from .._model.configuration import (
    Credential,
    Kubeconfig,
    KubeletConfiguration,
)
from .._model.host import Probes
from .._model.service import CommandLine
from . import x509
from .files import file_at, follow

DEFAULT_CERT_DIR = "/var/lib/kubelet/pki"
_DATED_PEM = re.compile(r"kubelet-client-\d{4}(?:-\d\d){5}\.pem")

Files = Mapping[str, FileFact]


def certificate_uses(
    *,
    config: KubeletConfiguration,
    command_line: CommandLine,
    kubeconfig: Kubeconfig,
    bootstrap_kubeconfig: Kubeconfig,
    files: Files,
    probes: Probes,
    at: datetime,
) -> dict[str, CertificateUse]:
    """Certificates by role: those of CertificateUse, plus ``client-rotated`` (<cert-dir>/kubelet-client-current.pem
    where the kubeconfig names another certificate) and ``client-newest`` (the latest dated PEM of <cert-dir> that
    would serve as client certificate at ``at``). A role that the configuration does not name is left out."""
    directory = _setting(command_line, config, "cert-dir", "")
    cert_dir = _text(directory) or DEFAULT_CERT_DIR
    uses = [
        _client(kubeconfig, files, cert_dir, rotates=_rotates(command_line, config, bootstrap_kubeconfig)),
        _serving(command_line, config, files, cert_dir),
        _client_ca(command_line, config, files),
        _of_credential("server-ca", kubeconfig.ca),
        _of_credential("bootstrap-ca", bootstrap_kubeconfig.ca),
        CertificateUse("apiserver", path=probes.tls.target, certificates=probes.tls.certificates)
        if probes.tls.certificates
        else None,
    ]
    found = {use.role: use for use in uses if use is not None}
    rotated = _rotated(found.get("client"), files, cert_dir)
    if rotated is not None:
        found[rotated.role] = rotated
    found = {role: replace(use, issued_by_trusted=_issued_by_trusted(use, found)) for role, use in found.items()}
    newest = _newest(files, cert_dir, at, found)
    return found if newest is None else {**found, newest.role: newest}


def pem_problem(fact: FileFact) -> tuple[tuple[Certificate, ...], Problem | None]:
    """Certificates of a file's content, or why there are none; neither when nobody could read it."""
    if fact.content is None:
        return (), None
    try:
        return x509.certificates(fact.content), None
    except ValueError as error:
        return (), Problem(str(error), Place(fact.path))


def _setting(command_line: CommandLine, config: KubeletConfiguration, flag: str, field: str) -> Field | None:
    given = command_line.flag(flag)
    if given is not None:
        return Field(f"--{flag}", given.value, given.place)
    return config.get(field) if field else None


def _text(setting: Field | None) -> str:
    return setting.value if setting is not None and isinstance(setting.value, str) else ""


def _true(setting: Field | None) -> bool:
    """True for true and for a flag without value (``--rotate-certificates``)."""
    if setting is None:
        return False
    if setting.path.startswith("--"):
        return setting.value is None or str(setting.value).lower() in ("true", "t", "1")
    return setting.value is True


def _rotates(command_line: CommandLine, config: KubeletConfiguration, bootstrap_kubeconfig: Kubeconfig) -> bool:
    if bootstrap_kubeconfig.configured:
        return True
    return _true(_setting(command_line, config, "rotate-certificates", "rotateCertificates"))


def _use(role: str, path: str, files: Files, place: Place | None, key_path: str = "") -> CertificateUse:
    """The certificate file at ``path``; its key is in ``key_path``, where one belongs to the role."""
    fact, own = follow(files, path), file_at(files, path)
    certificates, problem = pem_problem(fact)
    key = follow(files, key_path) if key_path else FileFact("")
    return CertificateUse(
        role=role,
        path=path,
        place=place,
        resolved=own.resolves,
        file=own,
        certificates=certificates,
        problem=problem,
        key_path=key_path,
        key_file=key,
        key_match=_key_match(certificates, key.public_key_sha256),
    )


def _key_match(certificates: tuple[Certificate, ...], public_keys: Iterable[str | None]) -> bool | None:
    known = [key for key in public_keys if key]
    if not certificates or not known or not certificates[0].public_key_sha256:
        return None
    return certificates[0].public_key_sha256 in known


def _client_ca(command_line: CommandLine, config: KubeletConfiguration, files: Files) -> CertificateUse | None:
    named = _setting(command_line, config, "client-ca-file", "authentication.x509.clientCAFile")
    path = _text(named)
    return _use("client-ca", path, files, named.place) if named is not None and path else None


def _of_credential(role: str, credential: Credential) -> CertificateUse | None:
    if credential.kind == "none":
        return None
    return CertificateUse(
        role=role,
        path=credential.path,
        place=credential.place,
        embedded=credential.kind == "data",
        resolved=credential.file.resolves,
        file=credential.file,
        certificates=credential.certificates,
        problem=credential.problem,
    )


def _client(kubeconfig: Kubeconfig, files: Files, cert_dir: str, *, rotates: bool) -> CertificateUse | None:
    use = _of_credential("client", kubeconfig.client_certificate)
    if use is not None:
        key = kubeconfig.client_key
        keys = (key.public_key_sha256, *(follow(files, key.path).public_key_sha256 if key.kind == "file" else ()))
        match = _key_match(use.certificates, keys)
        return replace(use, key_path=key.path, key_file=key.file, key_match=match)
    if not rotates or not kubeconfig.configured or kubeconfig.problem or kubeconfig.has_token:
        return None
    current = f"{cert_dir}/kubelet-client-current.pem"
    return _use("client", current, files, None, current)


def _serving(
    command_line: CommandLine, config: KubeletConfiguration, files: Files, cert_dir: str
) -> CertificateUse | None:
    current = f"{cert_dir}/kubelet-server-current.pem"
    named = _setting(command_line, config, "tls-cert-file", "tlsCertFile")
    requested = _true(_setting(command_line, config, "rotate-server-certificates", "serverTLSBootstrap"))
    if requested and (not _text(named) or file_at(files, current).exists):
        return _use("serving", current, files, None, current)
    if named is not None and _text(named):
        key_path = _text(_setting(command_line, config, "tls-private-key-file", "tlsPrivateKeyFile"))
        return _use("serving", _text(named), files, named.place, key_path)
    path, key_path = f"{cert_dir}/kubelet.crt", f"{cert_dir}/kubelet.key"
    return _use("serving", path, files, None, key_path) if path in files else None


def _rotated(client: CertificateUse | None, files: Files, cert_dir: str) -> CertificateUse | None:
    current = f"{cert_dir}/kubelet-client-current.pem"
    if current not in files or (client is not None and client.path == current):
        return None
    return _use("client-rotated", current, files, None, current)


def _newest(files: Files, cert_dir: str, at: datetime, uses: Mapping[str, CertificateUse]) -> CertificateUse | None:
    listed = (files.get(cert_dir) or FileFact(cert_dir)).entries or ()
    paths = {f"{cert_dir}/{name}" for name in listed} | {path for path in files if path.startswith(f"{cert_dir}/")}
    for path in sorted((p for p in paths if _DATED_PEM.fullmatch(p.rpartition("/")[2])), reverse=True):
        use = _use("client-newest", path, files, None, path)
        use = replace(use, issued_by_trusted=_issued_by_trusted(use, uses))
        if _would_serve(use, at):
            return use
    return None


def _would_serve(use: CertificateUse, at: datetime) -> bool:
    leaf = use.leaf
    if leaf is None or leaf.expired(at) or leaf.not_yet_valid(at):
        return False
    return use.key_match is True and use.issued_by_trusted is not False and "clientAuth" in leaf.extended_key_usages


def _issued_by_trusted(use: CertificateUse, uses: Mapping[str, CertificateUse]) -> bool | None:
    """See CertificateUse: against whom a certificate is checked depends on its role."""

    def of(*roles: str) -> list[Certificate]:
        return [certificate for role in roles if role in uses for certificate in uses[role].certificates]

    if use.role in ("client", "client-rotated", "client-newest", "serving"):
        return x509.trusted(use.certificates, of("client-ca", "server-ca"))
    if use.role == "apiserver":
        return x509.trusted(use.certificates, of("server-ca"))
    if use.role == "client-ca" and use.certificates and of("server-ca"):
        given = {certificate.fingerprint_sha256 for certificate in of("server-ca")}
        return any(certificate.fingerprint_sha256 in given for certificate in use.certificates)
    return None
