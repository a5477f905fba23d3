# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on the kubeconfig and on the certificates that it names."""

from __future__ import annotations

import base64
import re

from .._causes._endpoint import other_endpoints
from .._causes._trust import cert_dir, rotated_path
from .._causes.certificate_client import lacks_client_auth
from .._interpret import x509
from .._interpret._yaml import Tree, load
from .._interpret.endpoint import https_url, same_server
from .._model.certificate import Certificate, CertificateUse
from .._model.expected import Origin
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Splice, Step
from .context import Context, UnavailableError, Wanted, edit
from .text_edit import replace_line
from .yaml_edit import EditError, Path, set_scalar


def set_kubeconfig_server(at: Context) -> Action:
    """Set the server to what the inventory or the control plane says; to what another node or another file of this one
    says only with approval."""
    config = at.node.kubeconfig
    if config.server is None:
        raise UnavailableError("the kubeconfig must name a server")
    expected = at.wanted("kubeconfig.server")
    wanted = expected if expected and expected.declared else None
    if wanted is None and at.endpoint:
        wanted = Wanted(at.endpoint, "cluster-info of the control plane")
    classification = SAFE if wanted else NEEDS_APPROVAL
    # What the control plane says elsewhere counts only through its endpoint, of which the CA is compared.
    if wanted is None and expected and expected.value and expected.origin != Origin.CONTROL_PLANE:
        wanted = expected
    others = other_endpoints(at.node)
    if wanted is None and others:
        wanted = Wanted(f"https://{others[0].endpoint}", f"{others[0].place} names it")
    if wanted is None:
        raise UnavailableError(
            "the right address must come from kubelet_expected.kubeconfig.server, from cluster-info of the control"
            " plane, or from another file of this node"
        )
    if https_url(wanted.value) is None:
        raise UnavailableError(f"{wanted.value} ({wanted.source}) is no https URL")
    if same_server(wanted.value, str(config.server.value)):
        raise UnavailableError(f"the kubeconfig has that address already ({wanted.source})")
    splice = _set(at, config.path, config.server.path, wanted.value)
    text = f"{config.server.place}: server: {wanted.value} ({wanted.source})"
    return at.action("set-kubeconfig-server", classification, text, edit(at.file(config.path), splice))


def set_kubeconfig_ca(at: Context) -> Action:
    """Put the cluster's CA into the kubeconfig, from clientCAFile where that CA signed what the server presents."""
    config, presented = at.node.kubeconfig, at.node.certificate("apiserver").certificates
    trusted = at.node.certificate("client-ca")
    if not trusted.certificates or not presented or x509.trusted(presented, trusted.certificates) is not True:
        raise UnavailableError("a CA file on this node must hold the CA that signed the API server's certificate")
    place = config.ca.place
    if place is None:
        raise UnavailableError("the kubeconfig must say where its CA is")
    fact = at.file(config.path)
    tree = load(fact.content or "", config.path).tree
    cluster = _cluster(tree, config.server.path if config.server else "")
    own = f"reads {trusted.path}, which signed the API server's certificate"
    if "certificate-authority" in cluster:
        splice = _splice(fact.content or "", (*cluster["path"], "certificate-authority"), trusted.path)
        return at.action("set-kubeconfig-ca", NEEDS_APPROVAL, f"{place}: {own}", edit(fact, splice))
    pem = at.node.file(trusted.path).content or ""
    data = base64.b64encode(pem.encode()).decode()
    splice = _splice(fact.content or "", (*cluster["path"], "certificate-authority-data"), data)
    return at.action("set-kubeconfig-ca", NEEDS_APPROVAL, f"{place}: CA data from {trusted.path}", edit(fact, splice))


def set_kubeconfig_client_certificate(at: Context) -> Action:
    """Point an embedded certificate and key at the rotated pair, which is valid and of this node."""
    rotated = at.node.certificate("client-rotated")
    usable(at, rotated)
    step = point_at(at, rotated.path)
    text = f"{at.node.kubeconfig.path}: client-certificate and client-key: {rotated.path} (valid, of this node)"
    return at.action("set-kubeconfig-client-certificate", NEEDS_APPROVAL, text, step)


def point_at(at: Context, pair: str) -> Step:
    """The edit that makes the kubeconfig name a PEM file for both certificate and key, in the place of embedded data or
    of other files. UnavailableError when the lines cannot be told for certain."""
    fact = at.file(at.node.kubeconfig.path)
    content = fact.content or ""
    lines, splices = content.split("\n"), []
    for name in ("client-certificate", "client-key"):
        pattern = re.compile(rf"\s*(?:- )?{name}(?:-data)?: *[^\s|>]+\s*\Z")
        numbers = [number for number, line in enumerate(lines, 1) if pattern.match(line)]
        if len(numbers) != 1:
            raise UnavailableError(f"exactly one {name} must stand in {fact.path}, on a line of its own")
        lead = lines[numbers[0] - 1].partition(name)[0]
        splices.append(replace_line(content, numbers[0], f"{lead}{name}: {pair}"))
    return edit(fact, *splices)


def set_current_context(at: Context) -> Action:
    """Name the one context that exists."""
    config = at.node.kubeconfig
    fact = at.file(config.path)
    tree = load(fact.content or "", config.path).tree
    contexts = tree.child("contexts") if tree else None
    names = [item.text("name") for item in contexts.items()] if contexts else []
    if len(names) != 1 or config.current_context is None:
        raise UnavailableError("the kubeconfig must hold exactly one context")
    splice = _splice(fact.content or "", ("current-context",), names[0])
    text = f"{config.current_context.place}: current-context: {names[0]} (the only one)"
    return at.action("set-current-context", SAFE, text, edit(fact, splice))


def relink_client_certificate(at: Context) -> Action:
    """Point kubelet-client-current.pem at the newest valid pair of this node; where it is a file, at a copy of it."""
    link = rotated_path(at.node)
    if at.finding.id == "certificate/current-pem-not-symlink":
        return _link_for_file(at, link)
    newest = at.node.certificate("client-newest")
    usable(at, newest)
    step, text = link_step(at, link, newest.path), f"{link} -> {newest.path} (newest valid pair of this node)"
    return at.action("relink-client-certificate", SAFE, text, step)


def _link_for_file(at: Context, link: str) -> Action:
    """Keep the pair under a name with a date, as the kubelet stores it, and put the link in the place of the file."""
    fact = at.node.file(link)
    roles = (at.node.certificate(role) for role in ("client-rotated", "client"))
    usable(at, next((use for use in roles if use.path == link and not use.embedded), CertificateUse("", link)))
    newest = at.node.certificate("client-newest")
    path, steps = f"{cert_dir(at.node)}/kubelet-client-{at.node.captured_at:%Y-%m-%d-%H-%M-%S}.pem", []
    if newest.file.sha256 == fact.sha256:
        path = newest.path  # a copy that followed the link made two of one
    else:
        steps = [Step("copy", {"path": path, "source": link, "sha256": fact.sha256})]
    return at.action(
        "relink-client-certificate",
        SAFE,
        f"keep {link} as {path}, and {link} -> it",
        *steps,
        link_step(at, link, path),
        pods="none: the kubelet is not restarted",
        way_back="the file is put back in the place of the link",
        restart=False,
    )


def link_step(at: Context, link: str, target: str) -> Step:
    """The step that makes a link, also where a file that was read is in its place."""
    fact = at.node.file(link)
    if fact.type == "file" and fact.sha256:
        return Step("replace_by_link", {"path": link, "target": target, "sha256": fact.sha256})
    if fact.type not in ("link", "absent"):
        raise UnavailableError(f"{link} must be a link, a readable file, or absent")
    return Step("link", {"path": link, "target": target})


def restore_ca_file(at: Context) -> Action:
    """Write the CA that the kubeconfig embeds to the file that clientCAFile names."""
    use, ca = at.node.certificate("client-ca"), at.node.kubeconfig.ca
    if ca.kind != "data" or not ca.certificates or not use.path:
        raise UnavailableError("the kubeconfig must embed the cluster's CA")
    presented = at.node.certificate("apiserver").certificates
    if presented and x509.trusted(presented, ca.certificates) is False:
        raise UnavailableError("the CA that the kubeconfig embeds did not sign the API server's certificate")
    pem = "".join(pem_of(certificate) for certificate in ca.certificates)
    fact = at.node.file(use.path)
    if use.certificates:
        _replaceable(at, use)
    text = f"write the CA of {at.node.kubeconfig.path} to {use.path}"
    if not fact.exists:
        create = Step("create", {"path": use.path, "content": pem, "mode": "0644"})
        return at.action("restore-ca-file", NEEDS_APPROVAL, text, create)
    # Whatever is in it, text or not, is replaced as a whole; owner and mode stay.
    held = at.node.file(fact.resolves) if fact.type == "link" and fact.resolves else fact
    if held.type != "file" or not held.sha256 or held.size is None:
        raise UnavailableError(f"{held.path} must be a readable file")
    return at.action("restore-ca-file", NEEDS_APPROVAL, text, edit(held, Splice(0, held.size, pem)))


def _replaceable(at: Context, use: CertificateUse) -> None:
    """A CA file with another cluster's CA: replaced only where that CA is all that is in it, where the file is the
    kubelet's alone, and where the API server was seen with a certificate of the kubeconfig's CA."""
    ca, presented = at.node.kubeconfig.ca, at.node.certificate("apiserver").certificates
    if x509.trusted(presented, ca.certificates) is not True:
        raise UnavailableError("the API server must present a certificate that the CA of the kubeconfig signed")
    if len(use.certificates) > 1:
        raise UnavailableError(
            f"{use.path} must hold no other CA: of its {len(use.certificates)} a person must say which stay"
        )
    if at.node.file(use.path).type != "file":
        raise UnavailableError(f"{use.path} is no regular file, so others may use what is behind it")
    pods = str(at.node.value("staticPodPath", "/etc/kubernetes/manifests", "pod-manifest-path")).rstrip("/")
    here = ((path, fact.content or "") for path, fact in at.node.files.items() if path.startswith(f"{pods}/"))
    others = [path for path, content in here if use.path in content]
    if others:
        raise UnavailableError(f"{use.path} must be the kubelet's alone: {others[0]} names it too")


def usable(at: Context, use: CertificateUse) -> None:
    """A client pair that the API server will take: valid now, key there, clientAuth, of this node, of this CA."""
    leaf, name, now = use.leaf, at.node.node_name, at.node.captured_at
    if leaf is None or not use.path:
        raise UnavailableError(f"a valid client certificate of this node must be in {use.path or 'its directory'}")
    fits = leaf.common_name == f"system:node:{name}" and "system:nodes" in leaf.organizations
    if not fits or leaf.expired(now) or leaf.not_yet_valid(now) or lacks_client_auth(use):
        raise UnavailableError(f"{use.path} must be a client certificate of {name} that is valid now")
    if use.key_match is not True:
        differs = "is another certificate's" if use.key_match is False else "could not be compared with it on the node"
        raise UnavailableError(f"{use.path} must hold its key, which {differs}")
    if use.issued_by_trusted is False:
        raise UnavailableError(f"{use.path} must be signed by the cluster's CA")


def pem_of(certificate: Certificate) -> str:
    """A certificate as PEM."""
    body = base64.encodebytes(certificate.der).decode().replace("\n", "")
    lines = "\n".join(body[n : n + 64] for n in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def _cluster(tree: Tree | None, server_path: str) -> dict[str, Path]:
    """Keys of the cluster in use, with its path; empty when it cannot be told."""
    path = _path(server_path)[:-1]
    node = tree
    for step in path:
        inside = node.value if node else None
        if isinstance(step, int):
            node = inside[step] if isinstance(inside, list) and step < len(inside) else None
        else:
            node = inside.get(step) if isinstance(inside, dict) else None
    if node is None or not isinstance(node.value, dict):
        raise UnavailableError("the cluster in use must be found in the kubeconfig")
    return {**dict.fromkeys(node.value, path), "path": path}


def _path(dotted: str) -> Path:
    """('clusters', 0, 'cluster', 'server') of the dotted path of a field."""
    keys: list[str | int] = []
    for part in dotted.split("."):
        name, *positions = part.split("[")
        keys.append(name)
        keys += [int(n.rstrip("]")) for n in positions]
    return tuple(keys)


def _set(at: Context, path: str, dotted: str, value: str) -> Splice:
    return _splice(at.file(path).content or "", _path(dotted), value)


def _splice(content: str, path: Path, value: str) -> Splice:
    try:
        return set_scalar(content, path, value)
    except EditError as error:
        raise UnavailableError(str(error)) from error
