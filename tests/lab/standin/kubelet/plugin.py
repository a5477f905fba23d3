# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential plugin of a kubeconfig: a program that prints an ExecCredential (users[].user.exec)."""

from __future__ import annotations

import json
import subprocess

HELP = (
    "\n\nIt looks like you are trying to use a client-go credential plugin that is not installed."
    "\n\nTo learn more about this feature, consult the documentation available at:\n      "
    "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"
)


class PluginError(Exception):
    """There is no token; the text is client-go's."""


def token(command: tuple[str, ...]) -> str:
    """Run the plugin; its errors go where the kubelet's do."""
    program = command[0]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError as error:
        raise PluginError(f"exec: executable {program} not found{HELP}") from error
    except OSError as error:
        problem = (error.strerror or "").lower()
        raise PluginError(f"exec: fork/exec {program}: {problem}") from error
    if done.returncode:
        raise PluginError(f"exec: executable {program} failed with exit code {done.returncode}")
    return str(json.loads(done.stdout)["status"]["token"])
