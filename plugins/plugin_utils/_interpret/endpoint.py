# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of API servers, as kubeconfigs name them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


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
    return server_key(first) == server_key(second)


def server_key(url: SplitResult) -> tuple[str, int, str]:
    """Host, port and path: equal for addresses of the same server."""
    return url.hostname or "", url.port or 443, url.path.rstrip("/")
