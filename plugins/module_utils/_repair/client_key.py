# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a new client certificate: made here by openssl, readable to root alone, and never sent anywhere."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _keys, _pkcs10, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import lock, paths
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import failure

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

_SECONDS = 30.0
_MAKE_KEY = (
    "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
    "ec_param_enc:named_curve",
)  # fmt: skip
# Nothing of the system's openssl.cnf, which may add extensions.
_CONFIGURATION = b"[req]\ndistinguished_name = name\nprompt = no\n[name]\nO = system:nodes\nCN = system:node:%s\n"


def require_openssl(system: System) -> None:
    """Makes sure that a key can be made here.

    :raises RefusedError: there is no openssl
    """
    _openssl(system, ("openssl", "version"))


def make(system: System, node: str) -> dict[str, str]:
    """A new key, in the place of one that nobody used, and a request for a kubelet's client certificate with it.

    :param node: name of the node
    :returns: request (PEM) and public_key_sha256 (of the DER SubjectPublicKeyInfo, hexadecimal)
    :raises RefusedError: there is no openssl, it fails, or a repair is going on; nothing is left then
    """
    if not _pkcs10.NODE_NAME.fullmatch(node):
        raise RefusedError(f"{node[:100]!r} is no name of a node.")
    require_openssl(system)
    with lock.hold(system.lock, "certificate request", system.now()):
        try:
            return _made(system, node)
        except (OSError, ValueError) as exc:
            _clear(system)
            raise RefusedError(f"No certificate request can be made: {exc}.") from exc
        except RefusedError:
            _clear(system)
            raise


def _made(system: System, node: str) -> dict[str, str]:
    folder = _folder(system)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths.require_own(str(folder.parent))
    folder.chmod(0o700)
    paths.require_own(str(folder))
    discard(system)
    paths.write_private(str(_key(system)), _openssl(system, _MAKE_KEY).encode("ascii"))
    paths.write_private(str(_configuration(system)), _CONFIGURATION % node.encode("ascii"))
    argv = ("openssl", "req", "-new", "-sha256", "-batch", "-config", str(_configuration(system)), "-key")
    request = _openssl(system, (*argv, str(_key(system))))
    return {"request": request, "public_key_sha256": _pkcs10.request(request).public_key_sha256}


def with_key(system: System, certificate: str) -> bytes:
    """The PEM of a certificate and of the key that was made for it.

    :raises RefusedError: there is no such key, or it is for another certificate
    """
    try:
        key = _key(system).read_text(encoding="ascii")
        wanted = _pkcs10.certificate_key(certificate)
    except FileNotFoundError:
        raise RefusedError(f"The key {_key(system)} is gone; ask for a new certificate.") from None
    except (OSError, ValueError) as exc:
        raise RefusedError(f"The new certificate or its key cannot be used: {exc}.") from exc
    if _keys.public_key_hashes(key, Host()) != [wanted]:
        raise RefusedError(f"The new certificate is not for the key {_key(system)}; ask for a new one.")
    return f"{certificate.strip()}\n{key.strip()}\n".encode("ascii")


def discard(system: System) -> None:
    """Removes the key: it is where it belongs by now, or of no use."""
    for path in (_key(system), _configuration(system)):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def _clear(system: System) -> None:
    """Removes what a request that came to nothing has left, and directories that hold nothing else."""
    with contextlib.suppress(OSError):  # why it came to nothing is what is told
        discard(system)
    for folder in (_folder(system), _folder(system).parent):
        with contextlib.suppress(OSError):  # not empty, or not there
            folder.rmdir()


def _openssl(system: System, argv: t.Sequence[str]) -> str:
    result = system.run(argv, _SECONDS)
    if result.status == _schema.ABSENT:
        raise RefusedError("There is no openssl on this node, and nothing else here can make a key: install it.")
    problem = failure(result)
    if problem:
        raise RefusedError(f"openssl {argv[1]}: {problem}.")
    return result.out


def _folder(system: System) -> Path:
    return Path(system.records).parent / "requests"


def _key(system: System) -> Path:
    return _folder(system) / "client.key"


def _configuration(system: System) -> Path:
    return _folder(system) / "request.cnf"
