# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges bundles on disk: one, or a directory of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _bundle
from ._files import os_error, read_tree, write_result
from ._judgement import Judged, OwnCauses, judged
from ._model.evidence import EvidenceError

MANIFEST = "bundle.json"


@dataclass
class Replay:
    """What `diagnose` would register of each bundle, in the order of their names, the result files, and one sentence
    per problem."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def replay(
    place: Path, results_dir: Path, entry: Callable[[Judged], dict[str, Any]], own_causes: OwnCauses | None = None
) -> Replay:
    """Judge the bundle at ``place``, or every directory in it as one. A bundle's name is that of its directory.

    ``entry`` makes of a node that was judged what `diagnose` registers of one (``diagnosis`` and ``comparison``).
    ``own_causes`` as in :func:`judge`.
    """
    done = Replay()
    try:
        bundles = find_bundles(place)
    except OSError as error:
        done.problems.append(os_error(error, place))
        return done
    if not bundles:
        done.problems.append(f"{place} holds no bundle: neither {MANIFEST} nor a directory with one in it")
    for bundle in bundles:
        try:
            found = entry(judged(_read(bundle), host_name=bundle.name, own_causes=own_causes))
            done.files.append(str(write_result(results_dir, found["diagnosis"])))
            done.entries.append(found)
        except EvidenceError as error:
            done.problems.append(f"{bundle}: {str(error).rstrip('.')}")
        except OSError as error:
            done.problems.append(os_error(error, bundle))
    return done


def find_bundles(place: Path) -> list[Path]:
    """The bundle itself, or the directories below ``place`` where at least one is a bundle. OSError as given."""
    absolute = place.absolute()
    if absolute.name in ("", ".."):
        absolute = absolute.resolve()  # not otherwise: a link to a bundle keeps its own name
    if (absolute / MANIFEST).exists():
        return [absolute]
    below = sorted(path for path in absolute.iterdir() if path.is_dir() and not path.name.startswith("."))
    return below if any((path / MANIFEST).exists() for path in below) else []


def _read(bundle: Path) -> Mapping[str, Any]:
    if not (bundle / MANIFEST).exists():
        raise EvidenceError(f"no bundle: {MANIFEST} is missing")
    return _bundle.read(read_tree(bundle))
