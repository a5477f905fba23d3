# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, read with the openssl command and the ssl module so that a node needs nothing else."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

PEM_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
PEM_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


def _openssl(arguments: list[str], pem: str) -> str:
    program = shutil.which("openssl") or "/usr/bin/openssl"
    done = subprocess.run(
        [program, "x509", "-noout", *arguments], input=pem.encode(), capture_output=True, timeout=10, check=False
    )
    if done.returncode:
        raise ValueError("x509: malformed certificate")
    return done.stdout.decode(errors="replace")


def certificates(pem: str) -> list[str]:
    """The PEM certificates in a text, each alone."""
    return PEM_CERTIFICATE.findall(pem)


def validity(pem: str) -> tuple[datetime, datetime]:
    """Not before and not after of one certificate. Raises ValueError when it is malformed."""
    lines = _openssl(["-startdate", "-enddate"], pem).splitlines()
    start, end = (datetime.strptime(line.split("=", 1)[1] + " +0000", "%b %d %H:%M:%S %Y GMT %z") for line in lines[:2])
    return start, end


def common_name(pem: str, which: str = "subject") -> str:
    """The common name of the subject or, with which="issuer", of the issuer."""
    found = re.search(r"CN=([^,]*)", _openssl([f"-{which}", "-nameopt", "RFC2253"], pem))
    return found.group(1).strip() if found else ""


def names(pem: str) -> tuple[list[str], list[str]]:
    """DNS names and IP addresses of the subject alternative name."""
    text = _openssl(["-text"], pem)
    dns = re.findall(r"DNS:([^,\s]+)", text)
    addresses = re.findall(r"IP Address:([^,\s]+)", text)
    return dns, addresses


def is_well_formed(pem: str) -> bool:
    """Whether a text holds at least one certificate and none that cannot be decoded."""
    found = certificates(pem)
    try:
        for certificate in found:
            validity(certificate)
    except ValueError:
        return False
    return bool(found)


def pair_problem(certificate: str, key: str) -> str | None:
    """What Go's tls.X509KeyPair says about a pair that does not fit; None when it fits."""
    if not certificates(certificate):
        return "tls: failed to find any PEM data in certificate input"
    if not PEM_KEY.search(key):
        return "tls: failed to find any PEM data in key input"
    try:
        load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
    except ssl.SSLError as error:
        if "MISMATCH" in str(error):
            return "tls: private key does not match public key"
        return "x509: malformed certificate"
    return None


def load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load a pair that is in memory; the ssl module reads only files."""
    with tempfile.TemporaryDirectory(prefix="nodelab-") as folder:
        crt, pem = Path(folder, "crt"), Path(folder, "key")
        crt.write_text(certificate)
        pem.touch(mode=0o600)
        pem.write_text(key)
        context.load_cert_chain(crt, pem)


def go_time(moment: datetime) -> str:
    """A time as Go prints it with %v."""
    return moment.strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
