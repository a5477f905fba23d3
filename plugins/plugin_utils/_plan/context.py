# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action's builder may look at: the node, the finding, and values that can be trusted as right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._expected.observe import names
from .._expected.portable import localised
from .._expected.say import names as named
from .._interpret import x509
from .._model.certificate import Certificate
from .._model.common import FileFact
from .._model.expected import Difference, Expectation, Origin
from .._model.finding import Finding
from .._model.plan import Action, Renewal, Splice, Step
from .._model.snapshot import Snapshot

PACKAGED = ("/usr/lib/", "/usr/share/", "/lib/")  # what is changed there is lost at the next upgrade


class UnavailableError(Exception):
    """The action cannot be offered on this node; the message says what it would need."""


@dataclass(frozen=True)
class Wanted:
    """A value that should be there (None: nothing should), who says so, and by which right."""

    value: Any
    source: str
    origin: Origin = Origin.BUILT_IN

    @property
    def declared(self) -> bool:
        """True when the user declared it."""
        return self.origin == Origin.DECLARED


@dataclass(frozen=True)
class Context:
    """One finding on one node. ``expectations`` is all that is expected of it, and ``differences`` those that became
    findings; ``endpoint`` is the API endpoint that the control plane publishes (empty where it was not asked), and
    ``endpoint_ca`` the SHA-256 of its CA certificate;
    ``renewal`` is the client certificate that it issued, ``kubelet_config`` the KubeletConfiguration (YAML) that it
    gives to nodes."""

    node: Snapshot
    finding: Finding
    expectations: Iterable[Expectation] = ()
    differences: Iterable[Difference] = ()
    endpoint: str = ""
    endpoint_ca: str = ""
    renewal: Renewal = field(default_factory=Renewal)
    kubelet_config: str = ""

    def wanted(self, path: str) -> Wanted | None:
        """The one value that is expected at a path of observed values, by the source that has precedence and those that
        agree; None where there is none, or where that source allows several."""
        found = sorted(
            (each for each in self.expectations if each.path == path and not each.id),
            key=lambda each: each.source.origin,
        )
        if not found or found[0].matcher.kind not in ("exact", "absent"):
            return None
        first = found[0]
        value = localised(first.matcher.value, names(self.node))
        if first.source.origin == Origin.DECLARED:
            return Wanted(value, f"inventory (kubelet_expected.{path})", Origin.DECLARED)
        agreeing = [each.source for each in found if each.matcher == first.matcher]
        return Wanted(value, named(agreeing), first.source.origin)

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
