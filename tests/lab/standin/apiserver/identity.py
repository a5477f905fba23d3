# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asking: the client certificate of a connection, a bootstrap token, or a token of AWS IAM as on EKS.

A real API server accepts any client certificate in the handshake and judges it afterwards, so that a bad one
gets 401 and not a TLS alert. Python's ssl module cannot do that, hence the callback set in OpenSSL itself.
"""

from __future__ import annotations

import base64
import binascii
import ctypes
import re
import ssl
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from . import settings

POINTER_OFFSET = 16  # PySSLContext: object header, then SSL_CTX *ctx
_VERIFY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_accept = _VERIFY(lambda _store, _argument: 1)  # kept alive here for as long as the process lives

TOKENS = {  # bootstrap tokens and what they belong to; only the first group is approved without asking
    "abcdef.0123456789abcdef": "system:bootstrappers:kubeadm:default-node-token",
    "fedcba.0123456789abcdef": "system:bootstrappers:lab:unapproved",
}


IAM = "k8s-aws-v1."


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = field(default=())

    @property
    def is_admin(self) -> bool:
        return "system:masters" in self.groups

    @property
    def node(self) -> str:
        """The node that this user is, "" for anybody else."""
        is_node = self.name.startswith("system:node:") and "system:nodes" in self.groups
        return self.name[len("system:node:") :] if is_node else ""


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


def accept_any_certificate(context: ssl.SSLContext) -> None:
    """Ask clients for a certificate and let every handshake succeed."""
    context.verify_mode = ssl.CERT_OPTIONAL
    library = ctypes.CDLL(_libssl())
    library.SSL_CTX_set_cert_verify_callback.argtypes = [ctypes.c_void_p, _VERIFY, ctypes.c_void_p]
    library.SSL_CTX_set_cert_verify_callback.restype = None
    pointer = ctypes.c_void_p.from_address(id(context) + POINTER_OFFSET)
    library.SSL_CTX_set_cert_verify_callback(pointer, _accept, None)


def _libssl() -> str:
    """The very library that the ssl module has loaded."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/libssl" in line:
            return line.split()[-1]
    raise RuntimeError("the ssl module of this Python has no shared libssl")


def authenticate(certificate: bytes | None, authorization: str) -> User | None:
    """The user, ANONYMOUS without credentials, None when they are refused (401)."""
    if certificate:
        return _of_certificate(ssl.DER_cert_to_PEM_cert(certificate))
    if authorization.startswith("Bearer "):
        token = authorization[len("Bearer ") :]
        if token.startswith(IAM):
            return _of_instance(token[len(IAM) :])
        group = TOKENS.get(token)
        return User(f"system:bootstrap:{token.split('.')[0]}", ("system:bootstrappers", group)) if group else None
    return ANONYMOUS


def _of_instance(identity: str) -> User | None:
    """The node whose role the token proves; the stand-in of AWS IAM puts its name there."""
    try:
        name = base64.b64decode(identity, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return User(f"system:node:{name}", ("system:bootstrappers", "system:nodes"))


@lru_cache(maxsize=256)
def _of_certificate(pem: str) -> User | None:
    """Cached: a certificate that expires while the server runs is accepted until its next start."""
    if _openssl("verify", "-CAfile", str(settings.CLIENT_CA), "-purpose", "sslclient", pem=pem) is None:
        return None
    subject = _openssl("x509", "-noout", "-subject", "-nameopt", "RFC2253", pem=pem) or ""
    name = re.search(r"CN=([^,\n]*)", subject)
    return User(name.group(1) if name else "", tuple(re.findall(r"O=([^,\n]*)", subject)))


def _openssl(*arguments: str, pem: str) -> str | None:
    done = subprocess.run(["openssl", *arguments], input=pem.encode(), capture_output=True, check=False)
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
