# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every node that is known to have a cause: recorded ones, those of the red team, and those of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from accuracy._bundles import Bundle, load
from apart import apiserver, config, credentials, identity, machine, network, recorded, runtime, service
from apart._nodes import Made
from corpus._load import CORPUS, NAMES
from corpus._score import expected_of
from redteam import cases_config, cases_files, cases_network, cases_units

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

ROOM = (service, config, credentials, apiserver, identity, network, runtime, machine, recorded)
TEAM = (cases_files, cases_config, cases_network, cases_units)


@dataclass(frozen=True)
class Named:
    """What the diagnosis of a node names, by id: root causes, and what is true beside them and no consequence."""

    roots: frozenset[str]
    beside: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.roots | self.beside


def named(bundle: Bundle) -> Named:
    """Diagnose a node."""
    files = {path: text.encode("utf-8", "surrogateescape") for path, text in bundle.items()}
    result = diagnose(snapshot(_bundle.read(files), host_name="node")).to_dict()
    assert not result["rule_errors"]
    beside = [finding["id"] for part in ("risks", "resolved") for finding in result[part]]
    return Named(frozenset(finding["id"] for finding in result["root_causes"]), frozenset(beside))


@cache
def nodes() -> Mapping[str, Mapping[str, Made]]:
    """Id of a cause -> name of a node that has it (alone among root causes) -> how to make it."""
    found: dict[str, dict[str, Made]] = {}
    for case in NAMES:
        roots = expected_of(CORPUS / case).roots
        if len(roots) == 1 and len(roots[0]) == 1:
            found.setdefault(next(iter(roots[0])), {})[case] = lambda case=case: load(case)
    for group in TEAM:
        for told in group.CASES:
            if len(told.roots) == 1 and "|" not in told.roots[0]:
                found.setdefault(told.roots[0], {})[told.name] = told.make
    for room in ROOM:
        for cause, makers in room.NODES.items():
            name = room.__name__.rpartition(".")[2]
            found.setdefault(cause, {}).update({f"{name} {number}": make for number, make in enumerate(makers)})
    return found


@cache
def judged(cause: str, node: str) -> Named:
    """What is named on one of the nodes of a cause; each is diagnosed once."""
    return named(nodes()[cause][node]())
