# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new client certificate: signed by the cluster for a key that was made on the node and stays there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from .._causes._trust import cert_dir, rotated_path
from .._interpret import x509
from .._model.plan import NEEDS_APPROVAL, Action, Renewal, Step
from .actions_kubeconfig import link_step, point_at
from .context import Context, UnavailableError
from .policy import Policy

RENEW = "renew-client-certificate"
_CLOCKS = timedelta(minutes=5)  # signers set notBefore back, clocks differ a little


def refusal(result: Mapping[str, Any], policy: Policy, cluster: Mapping[str, Any] | None) -> tuple[bool, str]:
    """Whether a root cause of a result (result.schema.json) asks for a new client certificate, and why none can be
    had; ``cluster`` is the control plane's answer, None when it was not asked."""
    if not any((finding.get("remedy") or {}).get("repair") == RENEW for finding in result.get("root_causes", ())):
        return False, ""
    if policy.refusal(RENEW, NEEDS_APPROVAL) or cluster is None:
        return True, _needs(result.get("node_name"))
    if cluster.get("error"):
        return True, f"the cluster must sign a new certificate, but cannot be asked: {cluster['error']}"
    return True, "" if result.get("node_name") else "the name of the node must be known (kubelet_node_name)"


def renewal_of(requested: Mapping[str, Any], issued: Mapping[str, Any]) -> Renewal:
    """From the registered results of repair_certificate (on the node) and certificate_issue (on the control plane)."""
    if issued.get("certificate"):
        return Renewal(str(issued["certificate"]), str(requested.get("public_key_sha256") or ""))
    said = "" if issued.get("skipped") else issued.get("msg")
    reason = str(requested.get("reason") or said or "")
    return Renewal(reason=reason, planned=bool(requested.get("planned")) and not reason)


def renew_client_certificate(at: Context) -> Action:
    """Put the new certificate and its key beside the old ones, link it, and have the kubeconfig name the link."""
    name, renewal = at.node.node_name, at.renewal
    if not renewal.certificate and not renewal.planned:
        raise UnavailableError(renewal.reason or _needs(name))
    directory, link = cert_dir(at.node), rotated_path(at.node)
    path = f"{directory}/kubelet-client-{at.node.captured_at:%Y-%m-%d-%H-%M-%S}.pem"
    until = f", valid to {_issued(at)}" if renewal.certificate else ""
    text = f"a new certificate for system:node:{name}, signed by the cluster{until}: {path}, and {link} -> it"
    steps = [
        *_directory(at, directory),
        Step("client_certificate", {"path": path, "content": renewal.certificate}),
        link_step(at, link, path),
    ]
    config = at.node.kubeconfig
    if (config.client_certificate.path, config.client_key.path) != (link, link):
        steps.append(point_at(at, link))
        text += f"; {config.path} names the link"
    way_back = (
        "the old link and kubeconfig are put back and the kubelet is restarted; the new certificate expires unused"
    )
    return at.action(RENEW, NEEDS_APPROVAL, text, *steps, way_back=way_back)


def _directory(at: Context, directory: str) -> Iterator[Step]:
    if at.node.file(directory).absent:
        yield Step("directory", {"path": directory, "mode": "0755"})


def _issued(at: Context) -> str:
    """The end of the issued certificate's validity. UnavailableError when it is not what was asked for."""
    now, ca = at.node.captured_at, at.node.kubeconfig.ca.certificates
    try:
        chain = x509.certificates(at.renewal.certificate)
    except ValueError as error:
        raise UnavailableError(f"the certificate that the cluster issued cannot be read: {error}") from error
    leaf = chain[0]
    if leaf.common_name != f"system:node:{at.node.node_name}" or leaf.organizations != ("system:nodes",) or leaf.sans:
        raise UnavailableError(f"the cluster issued a certificate for another subject: {leaf.subject}")
    if leaf.public_key_sha256 != at.renewal.public_key_sha256:
        raise UnavailableError("the cluster issued a certificate for another key")
    if "clientAuth" not in leaf.extended_key_usages or leaf.not_yet_valid(now + _CLOCKS) or leaf.expired(now + _CLOCKS):
        raise UnavailableError("the cluster issued a certificate that cannot be used as a client's now")
    if ca and x509.trusted(chain, ca) is not True:
        raise UnavailableError("the certificate that the cluster issued is not signed by the CA of the kubeconfig")
    return f"{leaf.not_after:%Y-%m-%d}"


def _needs(name: str | None) -> str:
    return (
        "the cluster must sign a new certificate: approve renew-client-certificate with kubelet_repair_allow, and name"
        " a host of the control plane (group kubelet_control_plane, or kubelet_kubeconfig); by hand join the node"
        " again, or on the control plane `kubeadm kubeconfig user --org system:nodes --client-name system:node:"
        f"{name or 'NAME'}`"
    )
