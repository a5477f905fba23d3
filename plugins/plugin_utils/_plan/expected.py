# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's ``kubelet_expected``: what may be in it, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

SHOWN = 5
GROUPS = ("kubeconfig", "config")
_PATHS = (("authentication", "x509", "clientCAFile"), ("resolvConf",))


class ExpectedError(ValueError):
    """``kubelet_expected`` cannot be used; the message says all that is wrong with it."""


def check(expected: Mapping[str, Any]) -> None:
    """:raises ExpectedError: something in ``kubelet_expected`` cannot be used"""
    wrong = list(problems(expected))
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ExpectedError("; ".join(wrong[:SHOWN]) + more)


def problems(expected: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each thing in ``kubelet_expected`` that cannot be used; none when all is well.

    Allowed are ``kubeconfig.server`` (an https URL) and ``config`` (fields of KubeletConfiguration, nested as there,
    each a text, a whole number or true/false).
    """
    for name in expected:
        if name not in GROUPS:
            yield f"kubelet_expected.{name} is not known; known are {' and '.join(GROUPS)}"
        elif not isinstance(expected[name], Mapping):
            yield f"kubelet_expected.{name} must be a mapping, not {expected[name]!r}"
    kubeconfig, config = expected.get("kubeconfig"), expected.get("config")
    if isinstance(kubeconfig, Mapping):
        yield from (_server(name, value) for name, value in kubeconfig.items() if _server(name, value))
    if isinstance(config, Mapping):
        yield from _fields(config, "kubelet_expected.config")
        for path in _PATHS:
            value = _at(config, path)
            if value is not None and not str(value).startswith("/"):
                yield f"kubelet_expected.config.{'.'.join(path)} must be an absolute path, not {value!r}"


def https_url(value: object) -> SplitResult | None:
    """The parts of an API server's address; None when it is no plain https URL."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        return None
    try:
        url = urlsplit(value)
        usable = url.scheme == "https" and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return None
    return url if usable and url.username is None and not url.query and not url.fragment else None


def same_server(one: str, other: str) -> bool:
    """True when two addresses name the same server: a closing slash and the default port make no difference."""
    first, second = https_url(one), https_url(other)
    if first is None or second is None:
        return one == other
    return (first.hostname, first.port or 443, first.path.rstrip("/")) == (
        second.hostname,
        second.port or 443,
        second.path.rstrip("/"),
    )


def _server(name: object, value: object) -> str:
    if name != "server":
        return f"kubelet_expected.kubeconfig.{name} is not known; known is server"
    return "" if https_url(value) else f"kubelet_expected.kubeconfig.server must be an https URL, not {value!r}"


def _fields(config: Mapping[Any, Any], path: str) -> Iterator[str]:
    for name, value in config.items():
        if not isinstance(name, str):
            yield f"{path} has a key that is no text: {name!r}"
        elif isinstance(value, Mapping):
            yield from _fields(value, f"{path}.{name}")
        elif not isinstance(value, str | int):
            yield f"{path}.{name} must be a text, a whole number or true/false, not {value!r}"


def _at(config: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = config
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
