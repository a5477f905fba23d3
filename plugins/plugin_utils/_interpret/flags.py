# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments -> flags, by the rules of the pflag library that the kubelet uses."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from .._model.common import Place
from .._model.service import Flag

# Flags that need no value (pflag's NoOptDefVal): the word after them is not theirs.
BOOLEAN_FLAG_NAMES = """
    add-dir-header allow-privileged alsologtostderr anonymous-auth authentication-token-webhook cgroups-per-qos
    contention-profiling cpu-cfs-quota docker-only enable-cadvisor-json-endpoints enable-controller-attach-detach
    enable-debugging-handlers enable-load-reader enable-server exit-on-lock-contention
    experimental-allocatable-ignore-eviction experimental-check-node-capabilities-before-mount
    experimental-fail-swap-on experimental-kernel-memcg-notification fail-cgroupv1 fail-swap-on help
    keep-terminated-pod-volumes kernel-memcg-notification local-storage-capacity-isolation log-cadvisor-usage
    log-json-split-stream log-text-split-stream logtostderr make-iptables-util-chains one-output
    protect-kernel-defaults really-crash-for-testing redirect-container-streaming register-node register-schedulable
    rotate-certificates rotate-server-certificates runonce seccomp-default serialize-image-pulls skip-headers
    skip-log-headers version
"""
BOOLEAN_FLAGS = frozenset(BOOLEAN_FLAG_NAMES.split())
SHORT_BOOLEAN_FLAGS = frozenset("h")


@dataclass(frozen=True)
class Argument:
    """One word of a command line and where it is written. ``origin`` as in Flag."""

    text: str
    place: Place
    origin: str


def flags(arguments: Sequence[Argument]) -> tuple[Flag, ...]:
    """Flags of the kubelet in ``arguments`` (of the whole command, so that ``nice kubelet --x`` is understood).

    Empty when no word is the kubelet: what a wrapper script passes on cannot be known. Only a program whose name was
    mistyped is still given --kubeconfig.
    """
    start = next((i for i, argument in enumerate(arguments) if _is_kubelet(argument.text)), None)
    if start is None and any(argument.text.startswith("--kubeconfig") for argument in arguments):
        start = 0
    return () if start is None else _parse(arguments[start + 1 :])


def _is_kubelet(text: str) -> bool:
    return posixpath.basename(text).startswith("kubelet") and " " not in text and not text.startswith("-")


def _parse(arguments: Sequence[Argument]) -> tuple[Flag, ...]:
    found: list[Flag] = []
    words = list(reversed(arguments))
    while words:
        argument = words.pop()
        if argument.text == "--":
            break
        if not argument.text.startswith("-") or argument.text == "-":
            continue
        name, value, complete = _split(argument.text)
        # pflag would take "--x" for the value as well; that it is another flag is likelier: then this one is a
        # boolean that we do not know.
        if not complete and words and not words[-1].text.startswith("--"):
            value = words.pop().text
        found.append(Flag(name, value, argument.place, argument.origin))
    return tuple(found)


def _split(text: str) -> tuple[str, str | None, bool]:
    """(name, value, whether no further word belongs to it). ``_`` in a name is ``-`` to the kubelet."""
    if text.startswith("--"):
        name, separator, value = text[2:].partition("=")
        name = name.replace("_", "-")
        return name, value if separator else None, bool(separator) or name in BOOLEAN_FLAGS
    name, value = text[1], text[2:].removeprefix("=")
    if name in SHORT_BOOLEAN_FLAGS:
        return name, None, True
    return name, value or None, len(text) > 2
