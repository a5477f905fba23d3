# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node under repair and what is expected of it: as its diagnosis was told, and by its peers of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import _peers, _value_patterns
from ._expected import declared
from ._expected.findings import findings
from ._expected.ignore import Exemption, excepted
from ._expected.observe import observe
from ._expected.result import compared, own_differences
from ._judgement import Judged
from ._model.expected import Difference, Expectation

OFF = "off"
Comparison = Mapping[str, Any]
# What an action can set: of other differences a person has to judge.
_REPAIRED = ("config.", "flags.", "kubeconfig.server", "files.")
_ATTRIBUTES = ("owner", "group", "mode")


@dataclass(frozen=True)
class Looked(Judged):
    """A node under repair. Its diagnosis has the differences that an action may answer among the risks; ``result`` is
    its result as it is shown and written, with all of them."""

    expectations: tuple[Expectation, ...] = ()
    differences: tuple[Difference, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)


def begin(judged: Judged, options: Mapping[str, Any]) -> Comparison:
    """What is expected of a node in a whole repair, from its first reading on; JSON-ready.

    ``options`` are those of the action: ``diagnosed`` holds what `diagnose` was told to expect. OSError as the system
    gives it.
    """
    registered = options["diagnosed"].get("comparison") or {}
    wanted = list(registered.get("expectations") or ())
    if not registered:
        wanted = [each.to_dict() for each in declared.expectations(options["expected"])]
    elif options["peers"] != OFF:
        of_peers = _peers.saved_expectations(
            Path(options["results_dir"]),
            registered["groups"],
            judged.node.host_name,
            observe(judged.node),
            at=judged.node.captured_at.isoformat(),
            max_age=options["peers_max_age"],
        )
        wanted += [each.to_dict() for each in of_peers]
    rest = {"exceptions": registered.get("exceptions") or [], "calm": registered.get("calm", "healthy")}
    return {"expectations": wanted, **rest}


def look(judged: Judged, comparison: Comparison) -> Looked:
    """Compare a node that was read in a repair."""
    given = [Expectation.from_dict(each) for each in comparison["expectations"]]
    observed = observe(judged.node, _files(given))
    wanted, _not_searched = _value_patterns.answer(given, observed)
    exceptions = [Exemption(**each) for each in comparison["exceptions"]]
    bare = judged.diagnosis.to_dict()
    own = tuple(each for each in own_differences(bare, observed, wanted, exceptions) if _repairable(each))
    day = str(bare["captured_at"])[:10]
    risks = [each for each in judged.diagnosis.risks if not excepted(each.id, exceptions, day)]
    layout = judged.node.profile, judged.node.kubelet.name.removesuffix(".service")
    return Looked(
        judged.node,
        replace(judged.diagnosis, risks=(*risks, *findings(own, bare["verdict"], layout))),
        wanted,
        own,
        compared(bare, observed, wanted, exceptions, comparison["calm"]),
    )


def _files(expectations: Iterable[Expectation]) -> set[str]:
    """Files that something is expected of."""
    paths = (each.path.removeprefix("files.") for each in expectations if each.path.startswith("files."))
    return {path.rpartition(".")[0] for path in paths}


def _repairable(difference: Difference) -> bool:
    """True where one value is expected that an action can set."""
    path, one = difference.path, difference.expected.matcher.kind in ("exact", "absent")
    if difference.expected.id or not one or not path.startswith(_REPAIRED):
        return False
    lost = path.endswith(".type") and difference.expected.matcher.value == "directory"
    return not path.startswith("files.") or lost or path.rpartition(".")[2] in _ATTRIBUTES
