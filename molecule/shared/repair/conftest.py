# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What converge.yml and rollback.yml kept of a scenario that repairs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from lab import fingerprint

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
KEPT = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SCHEMA = json.loads((PROJECT / "docs/result.schema.json").read_text())
SETTINGS = yaml.safe_load((Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "faults.yml").read_text())
CHANGED_AT = 5
"""Position of the time of the last change of a file's facts: nothing can put it back."""


@dataclass(frozen=True)
class Kept:
    """One host of the scenario: its fault, what each step said of it, and what was on it after each."""

    name: str
    fault: dict[str, Any]

    def result(self, step: str) -> dict[str, Any]:
        """The result that a step wrote, valid."""
        found = dict(json.loads((KEPT / step / f"{self.name}.json").read_text()))
        jsonschema.validate(found, SCHEMA)
        return found

    def told(self, step: str) -> dict[str, Any]:
        """What the task of a step told Ansible: changed, diff."""
        told = json.loads((KEPT / f"told-{step}.json").read_text())
        return {key: of_hosts[self.name] for key, of_hosts in told.items()}

    def seen(self, moment: str) -> dict[str, Any]:
        """What fingerprint.py printed on the host."""
        return dict(json.loads(json.loads((KEPT / f"seen-{moment}.json").read_text())[self.name]))

    def units(self, moment: str) -> dict[str, str]:
        """Whether kubelet and runtime start at boot."""
        units = self.seen(moment)["units"]
        return {name: units[name] for name in ("file kubelet.service", "file containerd.service")}

    def differences(self, before: str, after: str) -> set[str]:
        """Paths whose content, mode, owner or time of modification differ, but for what a kubelet makes at each start.

        Of directories the time does not count: a file in them was replaced, and put back. Nor does that of links.
        """
        first, second = (_facts(self.seen(moment)["files"]) for moment in (before, after))
        found = {path for path in first.keys() | second.keys() if first.get(path) != second.get(path)}
        return {path for path in found if not path.startswith(fingerprint.MADE_AT_EACH_START)}


def _facts(seen: dict[str, list[Any]]) -> dict[str, list[Any]]:
    regular = {path: facts for path, facts in seen.items() if facts[0].startswith("0o10")}
    others = {path: [*facts[:3], facts[-1]] for path, facts in seen.items() if path not in regular}
    return {**{path: [*facts[:CHANGED_AT], *facts[CHANGED_AT + 1 :]] for path, facts in regular.items()}, **others}


@pytest.fixture
def kept(host: Any) -> Kept:
    """The host of the test."""
    name = str(host.backend.host)
    return Kept(name, SETTINGS["faults"][name])
