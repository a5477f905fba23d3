# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client certificate manager: asks the cluster for a certificate while bootstrapping, and before one ends."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from . import x509
from .api import Api, ApiError
from .kubeconfig import Client
from .state import Kubelet

REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
LOGGER = f"{SIGNER}.UnhandledError"
ROTATE_AT = 0.8  # share of the lifetime; the real one jitters between 0.7 and 0.9
WAITS = (0, 2.2, 4.2, 8.5, 16)  # between requests that fail, then it gives up for a while
SIGN_SECONDS = 15 * 60


class Rotation:
    """Watches one certificate. `adopt` is called with the new PEM and its file once there is one."""

    def __init__(self, kubelet: Kubelet, adopt: Callable[[str, str], None]) -> None:
        self.kubelet = kubelet
        self.log = kubelet.log
        self.adopt = adopt
        self.directory = kubelet.certificate_directory

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            client = self.kubelet.client
            if client is None:
                return
            if not client.certificate or self._is_due(client.certificate):
                self._rotate(self.kubelet.bootstrap or client)
            time.sleep(5)

    def _is_due(self, pem: str) -> bool:
        """Late in its life, or not made for this node."""
        certificate = x509.certificates(pem)[0]
        start, end = x509.validity(certificate)
        late = datetime.now(timezone.utc) > start + (end - start) * ROTATE_AT
        return late or x509.common_name(certificate) != f"system:node:{self.kubelet.node_name}"

    def _rotate(self, client: Client) -> None:
        for wait in WAITS:
            time.sleep(wait)
            try:
                key, name = self._ask(Api(client, self.kubelet.root))
                certificate = self._wait_for(Api(client, self.kubelet.root), name)
            except ApiError as error:
                text = f"cannot create certificate signing request: {error}"
                message = "Failed while requesting a signed certificate from the control plane"
                self.log.error("certificate_manager.go:596", message, text, logger=LOGGER)
                continue
            if certificate:
                self._store(certificate, key)
                return
            self.log.error(
                "certificate_manager.go:610",
                "Certificate request was not signed",
                "timed out waiting for the condition",
                logger=LOGGER,
            )
        message = "Reached backoff limit, still unable to rotate certs"
        self.log.error("certificate_manager.go:461", message, "timed out waiting for the condition", logger=LOGGER)

    def _ask(self, api: Api) -> tuple[str, str]:
        """Create a request; returns the new key and the request's name."""
        with tempfile.TemporaryDirectory(prefix="nodelab-") as folder:
            path = Path(folder, "key")
            key = _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
            path.touch(mode=0o600)
            path.write_text(key)
            subject = f"/O=system:nodes/CN=system:node:{self.kubelet.node_name}"
            csr = _openssl("req", "-new", "-key", str(path), "-subj", subject)
        spec = {
            "request": base64.b64encode(csr.encode()).decode(),
            "signerName": SIGNER,
            "usages": ["digital signature", "client auth"],
        }
        metadata = {"generateName": "csr-"}
        kind = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
        made: dict[str, Any] = api.request("POST", REQUESTS, {**kind, "metadata": metadata, "spec": spec})
        return key, str(made["metadata"]["name"])

    def _wait_for(self, api: Api, name: str) -> str:
        """The signed certificate, "" when nobody signed in time."""
        end = time.monotonic() + SIGN_SECONDS
        while time.monotonic() < end:
            request = api.request("GET", f"{REQUESTS}/{name}")
            encoded = request.get("status", {}).get("certificate")
            if encoded:
                return base64.b64decode(encoded).decode()
            time.sleep(2)
        return ""

    def _store(self, certificate: str, key: str) -> None:
        stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d-%H-%M-%S")
        shown = f"{self.directory}/kubelet-client-{stamp}.pem"
        path, link = self.kubelet.path(shown), self.kubelet.path(f"{self.directory}/kubelet-client-current.pem")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(certificate + key)
        new = link.with_name(f".{uuid.uuid4().hex}")
        new.symlink_to(shown)
        new.replace(link)
        self.adopt(certificate + key, str(link))
        message = "Certificate rotation detected, shutting down client connections to start using new credentials"
        self.log.info("transport.go:147", message)


def _openssl(*arguments: str) -> str:
    program = shutil.which("openssl") or "/usr/bin/openssl"
    done = subprocess.run([program, *arguments], capture_output=True, check=True)
    return done.stdout.decode()
