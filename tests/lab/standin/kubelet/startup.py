# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the lines of startup_lines.yml."""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import go_yaml
from .logs import Raw
from .state import Kubelet

LINE = re.compile(r'(?P<severity>[IE]) (?P<where>\S+)\] "(?P<message>(?:[^"\\]|\\.)*)"(?P<pairs>.*)')
PAIR = re.compile(r' (?P<key>\w+)=(?P<value>"(?:[^"\\]|\\.)*"|\S+)')


@lru_cache(maxsize=1)
def _stages() -> dict[str, list[str]]:
    stages: dict[str, list[str]] = go_yaml.load(Path(__file__).with_name("startup_lines.yml").read_text())
    return stages


def lines(kubelet: Kubelet, stage: str) -> list[str]:
    """The lines of one stage, filled in."""
    certificate, key = serving_files(kubelet)
    values: dict[str, Any] = {
        "version": kubelet.release.version, "node": kubelet.node_name, "pid": os.getpid(),
        "runtime": kubelet.runtime_info.get("version", ""), "manifests": kubelet.setting("staticPodPath"),
        "port": kubelet.setting("port"), "cpu_policy": kubelet.setting("cpuManagerPolicy"),
        "memory_policy": kubelet.setting("memoryManagerPolicy"),
        "serving_crt": certificate, "serving_key": key,
    }  # fmt: skip
    chosen = [line for line in _stages()[stage] if values["manifests"] or "{manifests}" not in line]
    return [line.format(**values) if "{" in line else line for line in chosen]


def serving_files(kubelet: Kubelet) -> tuple[str, str]:
    """Paths of the serving certificate and its key."""
    directory = kubelet.certificate_directory
    if kubelet.setting("serverTLSBootstrap"):
        return (f"{directory}/kubelet-server-current.pem",) * 2
    return (
        kubelet.setting("tlsCertFile") or f"{directory}/kubelet.crt",
        kubelet.setting("tlsPrivateKeyFile") or f"{directory}/kubelet.key",
    )


def write(kubelet: Kubelet, stage: str) -> None:
    """Log one stage."""
    for line in lines(kubelet, stage):
        match = LINE.fullmatch(line)
        if match is None:
            kubelet.log.plain(line)
            continue
        pairs = {pair["key"]: _value(pair["value"]) for pair in PAIR.finditer(match["pairs"])}
        message = json.loads(f'"{match["message"]}"')
        if match["severity"] == "E":
            kubelet.log.error(match["where"], message, pairs.pop("err"), **pairs)
        else:
            kubelet.log.info(match["where"], message, **pairs)


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith('"') else Raw(text)
