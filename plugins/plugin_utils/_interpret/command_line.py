# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's command line: what systemd starts, what it would start after a reload, and what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._model.common import FileFact, Place
from .._model.service import CommandLine, Directive, Unit
from .environment import (
    Environment,
    effective,
    environment,
    environment_files,
    loaded_environment,
)
from .flags import Argument, flags
from .spread import place_at
from .words import split_words

# systemd.service(5): special executable prefixes.
PREFIXES = "@-:+!|"
SHOWN_ARGUMENTS = " ; argv[]="
SHOWN_AFTER = " ; ignore_errors="
BRACED = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
VARIABLE = re.compile(r"\$\{?(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
# execve(2): a quarter of the stack limit, which is 8 MiB by default.
MAX_CHARACTERS = 2 * 1024 * 1024
SPECIFIER = re.compile(r"%[A-Za-z]")
WHOLE_WORD = re.compile(r"\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)")


def loaded(unit: Unit, files: Mapping[str, FileFact]) -> CommandLine:
    """What systemd starts next: its loaded ExecStart= and Environment=, and the environment files of today.

    Falls back on the files on disk when systemd reports no ExecStart= (it could not be asked, or knows no such unit).
    """
    shown = [line for line in unit.get("ExecStart").split("\n") if SHOWN_ARGUMENTS in line and SHOWN_AFTER in line]
    if not shown:
        return on_disk(unit, environment(unit, environment_files(unit, files)))
    variables = loaded_environment(unit, files)
    # A unit of Type=simple has one command; of several (which systemd refuses) the last is the drop-in's.
    argv = shown[-1].partition(SHOWN_ARGUMENTS)[2].partition(SHOWN_AFTER)[0]
    directive = _directive(unit)
    prefixes, written = _words(directive) if directive is not None else ("", [])
    place = directive.place if directive is not None else Place(unit.fragment_path)
    words = _aligned(written, argv)
    if words is None:
        # Not what the files say now: text without a line.
        place = Place(place.path)
        words = [Argument(text, place, "") for text in argv.split(" ") if text]
    return _expanded(prefixes, words, place_at(place, 0), variables, unit)


def _aligned(written: list[Argument], argv: str) -> list[Argument] | None:
    """The words of the file with systemd's text, where both are the same command; systemd prints the words joined by
    blanks and with specifiers (``%H``) replaced."""
    if " ".join(word.text for word in written) == argv:
        return written
    texts = argv.split(" ")
    if len(texts) != len(written) or not all(map(_same, (word.text for word in written), texts)):
        return None
    return [Argument(text, word.place, word.origin) for word, text in zip(written, texts, strict=True)]


def _same(written: str, text: str) -> bool:
    """Whether ``text`` is ``written`` with something in the place of each specifier. No regular expression: the texts
    may be made to keep one busy."""
    first, *others = SPECIFIER.split(written)
    if not others or not text.startswith(first):
        return text == written
    position = len(first)
    for part in others[:-1]:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(others[-1]) and len(text) - len(others[-1]) >= position


def on_disk(unit: Unit, variables: Environment) -> CommandLine:
    """What systemd would start after a daemon-reload. ``variables`` as from :func:`environment.environment`."""
    directive = _directive(unit)
    if directive is None:
        return CommandLine()
    prefixes, words = _words(directive)
    return _expanded(prefixes, words, place_at(directive.place, 0), variables, unit)


def running(host: Mapping[str, Any]) -> CommandLine | None:
    """Arguments of the live kubelet process, None when there is none or nobody could look."""
    kubelet = host.get("kubelet")
    arguments = kubelet.get("cmdline") if isinstance(kubelet, Mapping) else None
    if not isinstance(kubelet, Mapping) or not isinstance(arguments, (list, tuple)) or not arguments:
        return None
    pid = kubelet.get("pid")
    place = Place(f"/proc/{pid}/cmdline" if isinstance(pid, int) else "/proc")
    if "/" not in str(arguments[0]):
        place = Place("the log of its unit")  # the node found them there: the process is another program's
    return _command_line([Argument(str(text), place, "process") for text in arguments], place)


def _directive(unit: Unit) -> Directive | None:
    commands = effective(unit.directives, "ExecStart")
    return commands[-1] if commands else None


def _words(directive: Directive) -> tuple[str, list[Argument]]:
    """Special prefixes of the first word, and the words of the first command with their places."""
    words = split_words(directive.value)
    arguments: list[Argument] = []
    prefixes = ""
    for word in words:
        if word.text == ";":
            break
        text = word.text.replace("%%", "%")
        if not arguments:
            stripped = text.lstrip(PREFIXES)
            prefixes, text = text[: len(text) - len(stripped)], stripped
        arguments.append(Argument(";" if text == "\\;" else text, place_at(directive.place, word.offset), ""))
    if "@" in prefixes:
        # The word after the executable is argv[0], which changes nothing for us.
        del arguments[1:2]
    return prefixes, arguments


def _expanded(prefixes: str, words: list[Argument], place: Place, variables: Environment, unit: Unit) -> CommandLine:
    origin = _origin(place, unit)
    words = [Argument(word.text, word.place, origin) for word in words]
    return _command_line(words if ":" in prefixes else _expand(words, variables, unit), place)


def _expand(words: list[Argument], variables: Environment, unit: Unit) -> list[Argument]:
    """``$NAME`` as a word of its own is split at blanks, ``${NAME}`` is one word, an unset variable is empty.

    A command line that the kernel would not take (E2BIG) is left as it is written.
    """
    if _size(words, variables) > MAX_CHARACTERS:
        return words
    expanded: list[Argument] = []
    for word in words:
        whole = WHOLE_WORD.fullmatch(word.text)
        if whole:
            value, place = variables.get(whole["name"], ("", word.place))
            origin = _variable_origin(place, unit)
            parts = split_words(value, c_escapes=False)
            expanded += [Argument(part.text, place_at(place, part.offset), origin) for part in parts]
        else:
            expanded.append(_substituted(word, variables, unit))
    return expanded


def _size(words: list[Argument], variables: Environment) -> int:
    """Characters of the command line with its variables replaced."""
    names = [found["name"] for word in words for found in VARIABLE.finditer(word.text)]
    return sum(len(word.text) for word in words) + sum(len(variables[name][0]) for name in names if name in variables)


def _substituted(word: Argument, variables: Environment, unit: Unit) -> Argument:
    names = [found["name"] for found in BRACED.finditer(word.text) if found["name"]]
    text = BRACED.sub(lambda found: variables.get(found["name"], ("", None))[0] if found["name"] else "$", word.text)
    # A word that is nothing but one variable stands where the variable's value stands.
    if len(names) == 1 and word.text == f"${{{names[0]}}}" and names[0] in variables:
        place = place_at(variables[names[0]][1], 0)
        return Argument(text, place, _variable_origin(place, unit))
    return Argument(text, word.place, word.origin)


def _origin(place: Place, unit: Unit) -> str:
    """Where an ExecStart= line stands."""
    return "unit" if place.path in ("", unit.fragment_path) or place.path.endswith(".service") else "drop-in"


def _variable_origin(place: Place, unit: Unit) -> str:
    """Where a variable is assigned: an Environment= line of a unit file or drop-in, or an environment file."""
    in_unit = place.path in {unit.fragment_path, *unit.drop_in_paths, *(d.place.path for d in unit.directives)}
    return "environment" if in_unit else "environment-file"


def _command_line(arguments: list[Argument], place: Place) -> CommandLine:
    texts = tuple(argument.text for argument in arguments)
    return CommandLine(texts[0] if texts else "", flags(arguments), place, texts)
