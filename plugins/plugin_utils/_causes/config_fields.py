# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of the --config file that the kubelet cannot decode, or does not know."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._config import correct, effect_at_start
from .config_file import SOURCES, load_error, unread


@cause(
    "config/type-mismatch",
    title="a field of the --config file has a value of the wrong type",
    effect=Effect.DOWN,
    gate=4,
    healthy="Numbers are numbers, booleans are booleans, durations have a unit.",
    see="*json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32*.",
    why="Typical are quoted numbers and booleans, a duration without unit, and a list where a map belongs.",
    remedy=correct("Correct the value of the named field, then `systemctl restart kubelet`."),
    apart={
        "config/yaml-invalid": "there the YAML does not parse",
        "config/unknown-field-ignored": "an unknown name does not stop the kubelet, a wrong type does",
        "config/flag-value-invalid": "there the value stands on the command line",
        "config/validation-failed": "there the types are right; the values are refused later",
    },
    sources=SOURCES,
)
def type_mismatch(node: Snapshot) -> Iterator[Hit]:
    """A value that the kubelet cannot decode into its field."""
    yield from unread(node, "json: cannot unmarshal", "time: ", "quantities must match")
    if not node.config.configured:
        return
    for problem in node.config.type_errors:
        quoted = _quote.place(problem.place, problem.message)
        wrong = (f"config.{problem.field.partition('[')[0]}",)
        text = f"{problem.place}: {problem.message}"
        yield Hit(text, (quoted, *load_error(node)), effect_at_start(node), at_fault=wrong)


@cause(
    "config/unknown-field-ignored",
    title="the kubelet ignores a field of its configuration file",
    effect=Effect.RISK,
    healthy="Every field of the file is one of KubeletConfiguration, and each is given once.",
    see='An information line *Using lenient decoding as strict decoding failed ... unknown field "x"*, and no effect.',
    why="v1beta1 files are decoded leniently: a misspelt or too new field is dropped, and the setting has no effect.",
    remedy=correct("Correct or remove the field, then `systemctl restart kubelet`.", "remove-unknown-field"),
    apart={"config/type-mismatch": "that one stops the kubelet"},
    sources=SOURCES,
)
def unknown_field_ignored(node: Snapshot) -> Iterator[Hit]:
    """A field that KubeletConfiguration does not have, or a key given twice."""
    said = _logs.current(node, "lenient-decoding", window=None)
    line = (_quote.log(said),) if said else ()
    for found in node.config.unknown:
        # A newer kubelet may know more fields than the table here: its own word counts.
        named = said is not None and f'unknown field "{found.path}"' in said.groups["why"].replace("\\", "")
        wrong = (f"config.{found.path}",) if named else ()
        text = f"{found.place}: {found.path} is not a field of KubeletConfiguration"
        yield Hit(text, (_quote.field(found), *line), at_fault=wrong)
    for problem in node.config.duplicates:
        quoted = _quote.place(problem.place, problem.message)
        yield Hit(f"{problem.place}: {problem.message}", (quoted, *line))
