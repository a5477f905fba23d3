# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action's builder may look at: the node, the finding, and values that can be trusted as right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._interpret import x509
from .._model.certificate import Certificate
from .._model.common import FileFact
from .._model.finding import Finding
from .._model.plan import Action, Renewal, Splice, Step
from .._model.snapshot import Snapshot

PACKAGED = ("/usr/lib/", "/usr/share/", "/lib/")  # what is changed there is lost at the next upgrade


class UnavailableError(Exception):
    """The action cannot be offered on this node; the message says what it would need."""


@dataclass(frozen=True)
class Wanted:
    """A value that should be there, and who says so."""

    value: str
    source: str


@dataclass(frozen=True)
class Context:
    """One finding on one node. ``declared`` is the user's ``kubelet_expected``; ``endpoint`` is the API endpoint that
    the control plane publishes (empty where it was not asked); ``renewal`` is the client certificate that it issued."""

    node: Snapshot
    finding: Finding
    declared: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    renewal: Renewal = field(default_factory=Renewal)

    def declared_value(self, *path: str) -> Wanted | None:
        """A value of ``kubelet_expected`` by keys, where it is a plain scalar."""
        found: Any = self.declared
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, str | int | bool):
            return None
        return Wanted(str(found), f"inventory (kubelet_expected.{'.'.join(path)})")

    def file(self, path: str) -> FileFact:
        """A file that may be edited: a regular file whose text the evidence holds whole, byte for byte."""
        fact = self.node.file(path)
        if fact.type == "link" and fact.resolves:
            fact = self.node.file(fact.resolves)
        if fact.path.startswith(PACKAGED):
            raise UnavailableError(
                f"{fact.path} belongs to a package and is not edited: reinstall the package, or override it under /etc"
            )
        if fact.type != "file" or fact.content is None or not fact.sha256:
            raise UnavailableError(f"the content of {path} must be readable")
        if fact.truncated or len(fact.content.encode()) != fact.size:
            raise UnavailableError(f"{path} is not plain UTF-8 text, or too large, so no position in it is certain")
        return fact

    def certificates_of(self, fact: FileFact) -> tuple[Certificate, ...]:
        """Certificates in a file that was read; none when it holds none."""
        try:
            return x509.certificates(fact.content) if fact.content else ()
        except ValueError:
            return ()

    def action(
        self,
        id: str,  # noqa: A002 - the field's own name
        classification: str,
        summary: str,
        *steps: Step,
        pods: str = "running pods go on; the kubelet takes them over again",
        way_back: str = "the files of the record are put back and the kubelet is restarted",
        restart: bool = True,
    ) -> Action:
        """An action that answers this finding."""
        return Action(id, self.finding.id, classification, summary, steps, pods, way_back, restart)


def edit(fact: FileFact, *splices: Splice) -> Step:
    """Step that changes spans of a file, refused when the file is no longer the diagnosed one."""
    ordered = sorted(splices, key=lambda splice: splice.start)
    return Step("edit", {"path": fact.path, "sha256": fact.sha256, "edits": [s.to_dict() for s in ordered]})


def unit(verb: str, name: str) -> Step:
    """Step that asks systemd for something."""
    return Step("unit", {"verb": verb, "unit": name})
