# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a worker, of its authorities, and of the API server that it speaks to."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from unit.causes._pki import Authority

NODE = "worker-1"


@cache
def _authorities(now: datetime) -> dict[str, Authority]:
    ends = now + timedelta(days=3000)
    return {name: Authority(name, now - timedelta(days=600), ends) for name in ("kubernetes", "client-ca", "server-ca")}


@cache
def _pems_of(now: datetime, client_ends: timedelta, rancher: bool, host: str) -> tuple[tuple[str, str], ...]:
    issuers = _authorities(now)
    server = issuers["server-ca" if rancher else "kubernetes"]
    client = issuers["client-ca" if rancher else "kubernetes"]
    begins, ends = now - timedelta(days=165), now + timedelta(days=200)
    own = client.issue(f"system:node:{NODE}", begins=begins, ends=now + client_ends, group="system:nodes")
    usages = ("serverAuth",)
    serving = server.issue(NODE, begins=begins, ends=ends, usages=usages, hosts=(NODE,))
    api = server.issue("kube-apiserver", begins=begins, ends=ends, usages=usages, hosts=(host, "localhost"))
    found = {"ca": server.pem, "client_ca": client.pem, "client": own.pem, "serving": serving.pem, "apiserver": api.pem}
    return tuple(found.items())


def pems(now: datetime, client_ends: timedelta, rancher: bool, server: str) -> dict[str, str]:
    host = server.partition("://")[2].partition(":")[0]
    return dict(_pems_of(now, client_ends, rancher, host))
