# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A start of the stand-in kubelet: gates, servers, loops."""

from __future__ import annotations

import os
import sys
import threading
import time

from lab.standin import _process

from . import gates, serve, startup
from .condition import Condition
from .conversation import Conversation
from .errors import CommandFailed, Exits, Panic
from .logs import Log
from .rotation import Rotation
from .state import Kubelet

HEALTHZ_RETRY_SECONDS = 5


def run() -> None:
    """Run with the arguments of the process. Ends the process with the real exit status."""
    arguments = sys.argv[1:]
    kubelet = Kubelet(arguments)
    _process.exit_on_sigterm()
    _process.impersonate(sys.argv[0], arguments)
    try:
        serve_forever(kubelet)
    except CommandFailed as error:
        kubelet.log.error(kubelet.release.place("command-failed"), "command failed", str(error))
        sys.exit(1)
    except Panic as error:
        kubelet.log.plain(f"panic: {error}\n\n")
        startup.write(kubelet, "panic")
        sys.exit(2)
    except Exits:
        sys.exit(1)


def serve_forever(kubelet: Kubelet) -> None:
    """Start, then run until the process ends; also called by the programs that have a kubelet inside. Raises
    CommandFailed, Panic or Exits with what the start failed with."""
    for gate in gates.BEFORE_SERVING:
        gate(kubelet)
    _serve(kubelet)
    for gate in gates.AFTER_SERVING:
        gate(kubelet)
    startup.write(kubelet, "running")
    _process.notify_ready()
    condition = Condition(kubelet)
    if kubelet.client is not None:
        conversation = Conversation(kubelet, condition)
        condition.listed = conversation.listed
        conversation.start()
        if kubelet.setting("rotateCertificates"):
            Rotation(kubelet, conversation.adopt).start()
    condition.start()
    while True:
        time.sleep(3600)


def _serve(kubelet: Kubelet) -> None:
    port = int(kubelet.setting("port"))
    certificate, key = (str(kubelet.path(shown)) for shown in startup.serving_files(kubelet))
    try:
        serve.kubelet_api(port, certificate, key)
    except OSError as error:
        problem = os.strerror(error.errno or 0).lower()
        kubelet.log.error("server.go:203", "Failed to listen and serve", f"listen tcp 0.0.0.0:{port}: bind: {problem}")
        raise Exits from error
    startup.write(kubelet, "serving")
    threading.Thread(target=_keep_healthz, args=(kubelet, kubelet.log), daemon=True).start()


def _keep_healthz(kubelet: Kubelet, log: Log) -> None:
    """Start healthz; try again every five seconds for as long as the port is taken, as the real one does."""
    address, port = str(kubelet.setting("healthzBindAddress")), int(kubelet.setting("healthzPort"))
    while not _start_healthz(address, port, log):
        time.sleep(HEALTHZ_RETRY_SECONDS)


def _start_healthz(address: str, port: int, log: Log) -> bool:
    try:
        serve.healthz(address, port)
    except OSError as error:
        problem = os.strerror(error.errno or 0).lower()
        log.error("server.go:951", "Failed to start healthz server", f"listen tcp {address}:{port}: bind: {problem}")
        return False
    return True
