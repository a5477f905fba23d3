# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a single expected value may be: kinds of values, each with the words for it and how it is compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._interpret.endpoint import https_url
from . import amounts

_MODE = re.compile(r"0?[0-7]{3,4}\Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_RELEASE = re.compile(r"v?\d+\.\d+\.\d+", re.ASCII)
ACTIVE = ("active", "inactive", "failed", "activating", "deactivating", "reloading")
ENABLED = ("enabled", "disabled", "static", "masked", "indirect", "generated", "linked", "alias", "enabled-runtime")


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Leaf:
    """One value. ``allowed`` says what it may be, after "must be"; ``takes`` tells; ``turn`` makes of it what nodes
    have; ``kind`` is the matcher that a plain value stands for, ``ordered`` allows at_least and range."""

    allowed: str
    takes: Callable[[Any], bool]
    turn: Callable[[Any], Any] = _as_it_is
    kind: str = "exact"
    ordered: bool = False
    listed: bool = False


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _boolean(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def _integer(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and amounts.integer(value)


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _one_of(*names: str) -> Callable[[Any], bool]:
    return lambda value: value in names


def _or_boolean(*names: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, bool) or value in names


def _word(yes: str, no: str) -> Callable[[Any], Any]:
    """True and false as the words that systemd has for them."""
    return lambda value: {True: yes, False: no}[value] if isinstance(value, bool) else value


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and bool(_DIGEST.match(_digest(value)))


def _digest(value: str) -> str:
    """As nodes have it, of a fingerprint as openssl prints it too."""
    return value.replace(":", "").lower()


def _digests(value: Any) -> Any:
    return [_digest(item) for item in value] if isinstance(value, list) else _digest(value)


def _owner(value: Any) -> str:
    return "root" if str(value) in ("root", "0") else str(value)


def _mode(value: str) -> str:
    return value.lstrip("0").rjust(3, "0").rjust(4, "0")


def _version(value: str) -> str:
    return value.removeprefix("v")


TEXT = Leaf("a text", _text)
BOOLEAN = Leaf("true or false", _boolean)
INTEGER = Leaf("a whole number", _integer, ordered=True)
NUMBER = Leaf("a number", lambda value: amounts.number(value) is not None, ordered=True)
DURATION = Leaf(
    "a duration such as 1m30s, or 0",
    lambda value: str(value) == "0" or (isinstance(value, str) and amounts.duration(value) is not None),
    ordered=True,
)
QUANTITY = Leaf(
    "a quantity such as 100Mi or 5%",
    lambda value: _integer(value) or (isinstance(value, str) and bool(value)),
    ordered=True,
)
TEXTS = Leaf("a list of texts", _texts, listed=True)
ITEMS = Leaf("a list", lambda value: isinstance(value, list), listed=True)
INTEGERS = Leaf(
    "a list of whole numbers", lambda value: isinstance(value, list) and all(map(_integer, value)), listed=True
)
SCALAR = Leaf("a text, a number, or true/false", _scalar, ordered=True)
PATH = Leaf("an absolute path", lambda value: isinstance(value, str) and value.startswith("/"))
PATH_OR_NONE = Leaf('an absolute path, or "" for none', lambda value: isinstance(value, str) and value[:1] in ("", "/"))
SERVER = Leaf("an https URL", lambda value: https_url(value) is not None)
DIGEST = Leaf("64 hexadecimal digits (SHA-256)", _is_digest, _digest)
DIGESTS = Leaf(
    f"{DIGEST.allowed}, or a list of such",
    lambda value: all(map(_is_digest, value)) if isinstance(value, list) and value else _is_digest(value),
    _digests,
)
MODE = Leaf(
    'an octal mode in quotes, such as "0600" (YAML makes another number of it without quotes)',
    lambda value: isinstance(value, str) and bool(_MODE.match(value)),
    _mode,
    ordered=True,
)
OWNER = Leaf(
    "root or the number of a user or group (names of others are not read from nodes)",
    lambda value: value == "root" or (_integer(value) and int(value) >= 0),
    _owner,
)
FILE_TYPE = Leaf("file, directory, link, socket or absent", _one_of("file", "directory", "link", "socket", "absent"))
RELEASE = Leaf(
    'a whole version in quotes, such as "1.36.2" (several at once: range: ">=1.36,<1.37")',
    lambda value: isinstance(value, str) and bool(_RELEASE.match(value)),
    _version,
    ordered=True,
)
VERSION = Leaf("a text, in quotes where it looks like a number", _text, ordered=True)
BEHIND = Leaf(
    "a whole number: how many minor versions behind the API server a kubelet may be",
    _integer,
    lambda value: [0, int(value)],
    kind="range",
    ordered=True,
)
DAYS = Leaf("a whole number: how many days a certificate has at least", _integer, int, kind="at_least", ordered=True)
STATE = Leaf(
    f"true, false, {', '.join(ACTIVE[:-1])} or {ACTIVE[-1]}", _or_boolean(*ACTIVE), _word("active", "inactive")
)
AT_BOOT = Leaf(
    f"true, false, {', '.join(ENABLED[:-1])} or {ENABLED[-1]}",
    _or_boolean(*ENABLED),
    _word("enabled", "disabled"),
)
DRIVER = Leaf("systemd or cgroupfs", _one_of("systemd", "cgroupfs"))
OF_FIELD: Mapping[str, Leaf] = {
    "bool": BOOLEAN,
    "string": TEXT,
    **dict.fromkeys(("int32", "int64", "uint32"), INTEGER),
    "float64": NUMBER,
    **dict.fromkeys(("duration", "duration-or-number"), DURATION),
    "quantity": QUANTITY,
    "time": TEXT,
}
