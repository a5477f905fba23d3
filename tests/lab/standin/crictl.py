# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in crictl: what a repair and a person ask of it, with the real one's output and exit status.

No Debian release has a package of the real one. This one puts its questions to the stand-in runtime, one line each,
where the real one speaks gRPC.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from lab.standin.containerd import ROOT
from lab.standin.kubelet.cri import CriError, Runtime

VERSION = "v1.36.0"
DEFAULT = "unix:///run/containerd/containerd.sock"


def main() -> None:
    """Run as crictl: --version, images, rmi --prune, rmi ID. Ends the process with 1 where the runtime fails."""
    parser = argparse.ArgumentParser(prog="crictl", allow_abbrev=False)
    parser.add_argument("-r", "--runtime-endpoint", default=DEFAULT)
    parser.add_argument("-v", "--version", action="version", version=f"crictl version {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("images")
    remove = commands.add_parser("rmi")
    remove.add_argument("-q", "--prune", action="store_true")
    remove.add_argument("id", nargs="*")
    given = parser.parse_args()
    runtime = Runtime(given.runtime_endpoint, ROOT)
    try:
        status = _images(runtime) if given.command == "images" else _remove(runtime, given.id, given.prune)
    except CriError as error:
        about = f'validate service connection: validate CRI v1 runtime API for endpoint "{runtime.endpoint}": {error}'
        status = _say("fatal", about)
    sys.exit(status)


def _images(runtime: Runtime) -> int:
    sys.stdout.write(f"{'IMAGE':40} {'TAG':20} IMAGE ID\n")
    for image in runtime.ask("images")["images"]:
        for name, _colon, tag in (tag.rpartition(":") for tag in image["tags"]):
            sys.stdout.write(f"{name:40} {tag:20} {image['id'][:13]}\n")
    return 0


def _remove(runtime: Runtime, wanted: list[str], prune: bool) -> int:
    """Remove images by id; with prune also those that are not pinned and that no container was made from."""
    known = {image["id"]: image for image in runtime.ask("images")["images"]}
    if prune:
        used = set(runtime.ask("containers")["containers"])
        wanted = [*wanted, *(name for name, image in known.items() if not image["pinned"])]
        if not wanted:
            _say("info", "No images to remove")
        wanted = [name for name in wanted if name not in used]
    for name in wanted:
        if name in known:
            runtime.ask(f"remove {name}")
            sys.stdout.write("".join(f"Deleted: {tag}\n" for tag in known[name]["tags"]))
        else:
            _say("error", f"no such image {name}")
    missing = [name for name in wanted if name not in known]
    return _say("fatal", "unable to remove the image(s)") if missing else 0


def _say(level: str, text: str) -> int:
    """One line of logrus on standard error; 1, the exit status of a failure."""
    quoted = text.replace('"', '\\"')
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    sys.stderr.write(f'time="{at}" level={level} msg="{quoted}"\n')
    return 1
