# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost kubeconfig, written anew as a kubelet writes it at its join, of three things that are proven: the node's own
client pair, the CA that signed it, and a server of the cluster that has this CA."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from .._causes._trust import rotated_path
from .._causes.certificate_ca import KUBEADM_CA
from .._interpret import x509
from .._interpret._yaml import load
from .._interpret.endpoint import https_url
from .._model.certificate import Certificate, CertificateUse
from .._model.common import FileFact
from .._model.expected import Origin
from .._model.plan import NEEDS_APPROVAL, Action, Splice, Step
from .actions_kubeconfig import pem_of, usable
from .context import Context, UnavailableError, Wanted, edit

RESTORE = "restore-kubeconfig"
_PATH = "/etc/kubernetes/kubelet.conf"
_PROFILES = ("kubeadm", "crio", "kubespray")  # there kubeadm makes the node join
_NEIGHBOURS = (Origin.REFERENCE, Origin.PEERS)
# As the kubelet writes it at its join (kubernetes pkg/kubelet/certificate/bootstrap/bootstrap.go).
_TEXT = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: {server}
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: {pair}
    client-key: {pair}
"""


def restore_kubeconfig(at: Context) -> Action:
    """Write kubelet.conf where it is absent, or cannot be used."""
    config = at.node.kubeconfig
    if at.node.profile not in _PROFILES or config.path != _PATH:
        raise UnavailableError(f"{config.path or 'the kubeconfig'} must be kubeadm's {_PATH}; join the node again")
    if config.has_token or config.exec_command is not None:
        raise UnavailableError(f"{_PATH} must be kubeadm's: this one logs in with a token or a program")
    pair = _pair(at)
    path, authorities = _authority(at, pair)
    server = _server(at, path, {authority.fingerprint_sha256 for authority in authorities})
    summary = f"write {_PATH}: server {server.value} ({server.source}), the CA of {path}, the client pair {pair.path}"
    return at.action(RESTORE, NEEDS_APPROVAL, summary, _write(at, _text(authorities, server.value, pair.path)))


def _pair(at: Context) -> CertificateUse:
    """The rotated pair, which a kubeconfig of kubeadm names."""
    link = rotated_path(at.node)
    roles = (at.node.certificate(role) for role in ("client-rotated", "client"))
    use = next((use for use in roles if use.path == link and not use.embedded), CertificateUse("client", link))
    usable(at, use)
    return use


def _authority(at: Context, pair: CertificateUse) -> tuple[str, tuple[Certificate, ...]]:
    """The file with the CA that signed the pair, and what is in it."""
    for path in dict.fromkeys((KUBEADM_CA, at.node.certificate("client-ca").path)):
        held = at.certificates_of(_followed(at, path))
        current = all(not authority.expired(at.node.captured_at) for authority in held)
        if current and x509.trusted(pair.certificates, held) is True:
            return path, held
    raise UnavailableError(f"{KUBEADM_CA} must hold the CA that signed {pair.path}, and be valid")


def _server(at: Context, path: str, authorities: set[str]) -> Wanted:
    """The address that the user declared; else one that comes with the CA of ``path``, from the control plane or from
    other nodes."""
    if at.endpoint_ca and at.endpoint_ca not in authorities:
        raise UnavailableError(f"{path} must hold the CA of cluster-info: the node would join another cluster")
    expected = at.wanted("kubeconfig.server")
    wanted = expected if expected and expected.declared else None
    if wanted is None and at.endpoint and at.endpoint_ca:
        wanted = Wanted(at.endpoint, "cluster-info of the control plane")
    if wanted is None and expected and expected.origin in _NEIGHBOURS and _authority_of(at, expected) & authorities:
        wanted = expected
    if wanted is None:
        raise UnavailableError(
            "the address of the API server must come from kubelet_expected.kubeconfig.server, from cluster-info of the"
            f" control plane, or from other nodes of the cluster, the last two with the CA of {path}"
        )
    if https_url(wanted.value) is None:
        raise UnavailableError(f"{wanted.value} ({wanted.source}) is no https URL")
    return wanted


def _authority_of(at: Context, wanted: Wanted) -> set[str]:
    """The CA that those have in their kubeconfigs who expect a server."""
    said = (
        each.matcher.value
        for each in at.expectations
        if (each.path, each.source.origin) == ("kubeconfig.ca_sha256", wanted.origin) and each.matcher.kind == "exact"
    )
    return {print_ for value in said for print_ in ([value] if isinstance(value, str) else value)}


def _text(authorities: Iterable[Certificate], server: str, pair: str) -> str:
    """The kubeconfig; UnavailableError for values that YAML would read as something else."""
    pem = "".join(pem_of(authority) for authority in authorities)
    text = _TEXT.format(authority=base64.b64encode(pem.encode()).decode(), server=server, pair=pair)
    values = {value: load(f"a: {value}", _PATH).tree for value in (server, pair)}
    if any(tree is None or tree.text("a") != value for value, tree in values.items()):
        raise UnavailableError(f"{server} and {pair} must be values that need no quotes")
    return text


def _write(at: Context, text: str) -> Step:
    """What is there is replaced as a whole, text or not; owner and mode stay."""
    fact = at.node.file(_PATH)
    if fact.type == "absent":
        return Step("create", {"path": _PATH, "content": text, "mode": "0600"})
    held = _followed(at, _PATH)
    if held.type != "file" or not held.sha256 or held.size is None:
        raise UnavailableError(f"{held.path} must be absent, or a file that can be read")
    return edit(held, Splice(0, held.size, text))


def _followed(at: Context, path: str) -> FileFact:
    fact = at.node.file(path)
    return at.node.file(fact.resolves) if fact.type == "link" and fact.resolves else fact
