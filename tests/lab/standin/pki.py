# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates of a lab cluster, made with the openssl command so that nothing needs to be installed.

Everything is made once per lab and kept in its folder: the same lab gets the same bytes each time.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

SERVICE = "kubernetes.default.svc"
SERVER_NAMES = ["localhost", "kubernetes", "kubernetes.default", SERVICE, f"{SERVICE}.cluster.local"]
SERVER_ADDRESSES = ("10.96.0.1", "127.0.0.1")
CLIENT, SERVER = "clientAuth", "serverAuth"
DAY = timedelta(days=1)

_CONFIG = """\
[ca]
default_ca = lab
[lab]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = anything
rand_serial = yes
unique_subject = no
copy_extensions = none
[anything]
organizationName = optional
commonName = supplied
[req]
distinguished_name = req
[extensions]
{extensions}
"""


@dataclass(frozen=True)
class Authority:
    """A certificate authority: PEM texts."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Request:
    """What is asked of an authority. `usage` is an extended key usage, or "" for an authority's own certificate."""

    common_name: str
    organization: str = ""
    usage: str = CLIENT
    start: datetime = field(default_factory=lambda: datetime.now(timezone.utc) - timedelta(minutes=5))
    lifetime: timedelta = 365 * DAY
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    common_name_first: bool = False  # order of the subject's parts; openssl req writes CN first, Go writes O first

    @property
    def subject(self) -> str:
        organization = f"/O={self.organization}" if self.organization else ""
        name = f"/CN={self.common_name}"
        return name + organization if self.common_name_first else organization + name

    @property
    def extensions(self) -> str:
        if self.usage:
            lines = ["basicConstraints = critical, CA:FALSE", "keyUsage = critical, digitalSignature, keyEncipherment"]
            lines.append(f"extendedKeyUsage = {self.usage}")
        else:
            lines = ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, digitalSignature, keyCertSign"]
            lines.append("subjectKeyIdentifier = hash")
        names = [f"DNS:{name}" for name in self.names] + [f"IP:{address}" for address in self.addresses]
        return "\n".join([*lines, *([f"subjectAltName = {', '.join(names)}"] if names else [])])


def variants(node: str) -> dict[str, Request]:
    """Client certificates of a node, by the name of what is wrong with them ("valid" and "five-days": nothing).

    "other-ca" is to be signed by the other authority.
    """
    now = datetime.now(timezone.utc)
    name, group = f"system:node:{node}", "system:nodes"
    return {
        "valid": Request(name, group),
        "expired": Request(name, group, start=now - 380 * DAY, lifetime=365 * DAY),
        "not-yet-valid": Request(name, group, start=now + 30 * DAY),
        "five-days": Request(name, group, start=now - 360 * DAY, lifetime=365 * DAY),
        "other-ca": Request(name, group),
        "wrong-name": Request("system:node:worker-99", group),
        "server-only": Request(name, group, usage=SERVER),
        "no-organization": Request(name),
    }


def _openssl(*arguments: str | Path, text: str = "") -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)],
        input=text.encode(), capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def new_key(kind: str = "ec") -> str:
    """A private key as PEM: "ec" (P-256, SEC 1) or "rsa" (2048 bits, PKCS 1)."""
    if kind == "ec":
        return _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    return _openssl("rsa", "-traditional", text=_openssl("genrsa", "2048"))


def sign(request: Request, key: str, authority: Authority | None = None) -> str:
    """The certificate for a key; signed by itself without an authority."""
    with tempfile.TemporaryDirectory(prefix="nodelab-pki-") as name:
        folder = Path(name)
        (folder / "index.txt").touch()
        (folder / "config").write_text(_CONFIG.format(folder=folder, extensions=request.extensions))
        signer = authority or Authority("", key)
        for file, text in (("key", key), ("ca.key", signer.key), ("ca.crt", signer.certificate)):
            (folder / file).write_text(text)
        config = ("-config", folder / "config")
        _openssl("req", "-new", *config, "-key", folder / "key", "-subj", request.subject, "-out", folder / "csr")
        form = "%Y%m%d%H%M%SZ"
        dates = (
            "-startdate",
            request.start.strftime(form),
            "-enddate",
            (request.start + request.lifetime).strftime(form),
        )
        how = ("-cert", folder / "ca.crt") if authority else ("-selfsign",)
        _openssl(
            "ca", *config, "-batch", "-notext", "-preserveDN", "-extensions", "extensions", *dates, *how,
            "-keyfile", folder / "ca.key", "-in", folder / "csr", "-out", folder / "crt",
        )  # fmt: skip
        return (folder / "crt").read_text()


class Pki:
    """The folder of one lab's keys and certificates; what is missing is made when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def authority(self, name: str = "ca", common_name: str = "kubernetes", start: datetime | None = None) -> Authority:
        start = start or datetime.now(timezone.utc) - 400 * DAY
        request = Request(common_name, usage="", start=start, lifetime=3650 * DAY * (2 if start.year < 2020 else 1))
        return Authority(*self.pair(name, request, kind="rsa", selfsigned=True))

    def other_authority(self) -> Authority:
        """Another cluster's CA with the same name, as every kubeadm cluster has it."""
        return self.authority("other-ca")

    def hand_authority(self) -> Authority:
        """The CA of the cluster that was set up by hand in March 2019."""
        return self.authority("hand-ca", "KUBERNETES-CA", datetime(2019, 3, 20, 8, 0, tzinfo=timezone.utc))

    def rancher_authority(self) -> Authority:
        """The CA that signs the client certificates of a K3s or RKE2 cluster, which has another one for servers."""
        request = Request("k3s-client-ca@1732438562", usage="")
        return Authority(*self.pair("rancher-client-ca", request, selfsigned=True))

    def pair(
        self,
        name: str,
        request: Request,
        authority: Authority | None = None,
        kind: str = "ec",
        selfsigned: bool = False,
    ) -> tuple[str, str]:
        """Certificate and key with this name, from the folder or new."""
        crt, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if not crt.exists():
            crt.parent.mkdir(parents=True, exist_ok=True)
            key.touch(mode=0o600)
            key.write_text(new_key(kind))
            crt.write_text(sign(request, key.read_text(), None if selfsigned else authority or self.authority()))
        return crt.read_text(), key.read_text()

    def server(self, host: str, address: str, fault: str = "") -> tuple[str, str]:
        """The API server's pair: "" for the right one, "expired", or "other-ca"."""
        start = datetime.now(timezone.utc) - (366 * DAY if fault == "expired" else timedelta(minutes=5))
        request = Request(
            "kube-apiserver", usage=SERVER, start=start,
            names=(host, *SERVER_NAMES), addresses=(*SERVER_ADDRESSES, address),
        )  # fmt: skip
        name = f"apiserver-{fault}" if fault else "apiserver"
        authority = self.other_authority() if fault == "other-ca" else self.authority()
        return self.pair(name, request, authority, kind="rsa")

    def admin(self) -> tuple[str, str]:
        return self.pair("admin", Request("kubernetes-admin", "system:masters"), kind="rsa")

    def node_client(self, node: str, variant: str = "valid") -> tuple[str, str]:
        """The client pair of a node, right or wrong in one way (see `variants`, and "wrong-key")."""
        if variant == "wrong-key":
            return self.node_client(node)[0], self.node_client(node, "not-yet-valid")[1]
        authority = self.other_authority() if variant == "other-ca" else self.authority()
        return self.pair(f"nodes/{node}/{variant}", variants(node)[variant], authority)

    def rancher_client(self, node: str, variant: str = "valid") -> tuple[str, str]:
        """The client pair that a K3s or RKE2 server gives to a node."""
        return self.pair(f"nodes/{node}/rancher-{variant}", variants(node)[variant], self.rancher_authority())

    def cluster_serving(self, node: str, name: str, addresses: tuple[str, ...] = ()) -> tuple[str, str]:
        """The serving pair that the cluster's CA signed for a kubelet, whose host is ``node`` and its Node ``name``."""
        request = Request(f"system:node:{name}", "system:nodes", usage=SERVER, names=(name,), addresses=addresses)
        return self.pair(f"nodes/{node}/serving-{name}", request)

    def serving(self, node: str) -> tuple[str, str]:
        """The pair that a kubelet makes for itself: a leaf and the CA it is signed by, in one file."""
        ca_request = Request(f"{node}-ca@1795467191", usage="")
        ca = Authority(*self.pair(f"nodes/{node}/kubelet-ca", ca_request, kind="rsa", selfsigned=True))
        request = Request(f"{node}@1795467191", usage=SERVER, names=(node,))
        leaf, key = self.pair(f"nodes/{node}/kubelet", request, ca, kind="rsa")
        return leaf + ca.certificate, key

    def hand_client(self, node: str, expired: bool) -> tuple[str, str]:
        """The certificate of a node of the cluster set up by hand: made in March 2019, for thirty days if expired."""
        start = datetime(2019, 3, 20, 8, 9, 29, tzinfo=timezone.utc)
        lifetime = 30 * DAY if expired else 3650 * DAY
        request = Request(
            f"system:node:{node}", "system:nodes", usage=f"{CLIENT}, {SERVER}", start=start, lifetime=lifetime,
            names=(node,), common_name_first=True,
        )  # fmt: skip
        name = f"nodes/{node}/hand-expired" if expired else f"nodes/{node}/hand"
        return self.pair(name, request, self.hand_authority(), kind="rsa")
