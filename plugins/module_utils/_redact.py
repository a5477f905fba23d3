# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masks secrets in text that is about to leave a node.

A secret becomes asterisks, one for each byte; line ends and indentation stay, so that a position in the masked text is
the same position in the file. What a diagnosis needs stays readable: paths, server addresses, certificates, CA data.
Masking masked text changes nothing.
"""

from __future__ import annotations

import base64
import re
import typing as t

# Names whose value is a secret wherever they are assigned: YAML, JSON, TOML, environment, flags, query strings.
_SECRET_NAME = (
    r"[\w.-]*(?:token|passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key(?:[-_]id)?|secret[-_]?key"
    r"|account[-_]?key|encryption[-_]?key|signing[-_]?key|credentials?)"
    r"|client-key-data|private[-_]?key|auth"
)
# Environment variables that end in KEY; lower case `key` is a field of taints and tolerations.
_SECRET_VARIABLE = r"[A-Z0-9_]*_KEY(?:_DATA)?"
_NAME = rf"(?:(?i:{_SECRET_NAME})|{_SECRET_VARIABLE})"

# Values that are not secrets: YAML's constants, the start of a collection or an alias, a path, a shell variable.
_PLAIN_VALUE = re.compile(r"(?i:true|false|null|~|none|yes|no)$|[{\[]|/[a-z][\w.-]*/[\w./-]*$|\$\{?\w+\}?$|\*+$|-$")

_PRIVATE_KEY = re.compile(
    r"(?P<keep>-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)(?P<secret>.*?)"
    r"(?=-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY")
_KEY_LINE = re.compile(r"[\sA-Za-z0-9+/=:,-]*$")
_MAX_KEY_LINES = 200

# "PRIVATE KEY" in base64, in its three alignments.
_ENCODED_MARKS = tuple(base64.b64encode(part).decode() for part in (b"PRIVATE K", b"IVATE KEY", b"RIVATE KE"))
_ENCODED_RUN = re.compile(r"[A-Za-z0-9+/=]{40,}(?:\r?\n[ \t]*[A-Za-z0-9+/=]{16,})*")
_ENCODED_HEADER = 40  # base64 characters that can stand before the mark: "-----BEGIN ENCRYPTED "

_QUOTE = r"\\?[\"']"
# An unquoted value goes to the next white space or quote; punctuation ends it only where another assignment follows.
_BARE_VALUE = r"(?:[^\s\"'\\&,;})\]]|\\(?![\"'])|[&,;})\]](?!\s*[\w.-]+\s*[=:]|[\s\"'},)\]]|\Z))+"
_ASSIGNMENT = re.compile(
    rf"(?P<keep>(?<![\w.-])(?:--?)?(?P<name>{_NAME})(?:{_QUOTE})?(?P<sign>[ \t]*=[ \t]*|[ \t]*:[ \t]*))"
    rf"(?P<quote>{_QUOTE})?(?P<value>(?(quote)(?:(?!(?P=quote))(?:\\.|.))+|{_BARE_VALUE}))"
)
_QUOTED_ASSIGNMENT = re.compile(rf"(?P<keep>(?P<open>[\"'])(?:--?)?{_NAME}=)(?P<secret>(?:(?!(?P=open))[^\n])+)")
_YAML_LINE = re.compile(
    rf"^(?P<keep>[ \t]*(?:-[ \t]+)*[\"']?{_NAME}[\"']?[ \t]*:[ \t]+)"
    r"(?P<secret>'(?:[^'\n]|'')+'|[^\s{}\[\]|>*'\"#,][^\n]*)",
    re.MULTILINE,
)
_ENVIRONMENT_LINE = re.compile(
    rf"^(?P<keep>[ \t]*(?:export[ \t]+)?(?=[A-Z0-9_]+=){_NAME}=)(?P<secret>[^\s\"'][^\n]*)", re.MULTILINE
)
_FLAG = re.compile(rf"(?P<keep>(?<![\w-])--?(?:{_NAME})[ \t]+)(?P<secret>(?!-)\S+)")
_JSON_LIST_FLAG = re.compile(rf"(?P<keep>[\"']--?(?:{_NAME})[\"']\s*,\s*[\"'])(?P<secret>[^\"']+)")
_FLOW_LIST_FLAG = re.compile(rf"(?P<keep>[\[,][ \t]*--?(?:{_NAME})[ \t]*,[ \t]*)(?P<secret>[^\s\"',\]-][^\s\"',\]]*)")
_YAML_LIST_FLAG = re.compile(
    rf"(?P<keep>^[ \t]*-[ \t]+[\"']?--?(?:{_NAME})[\"']?[ \t]*\n[ \t]*-[ \t]+)(?P<secret>[^\n]+)", re.MULTILINE
)
# Environment variables in JSON and in YAML's flow style, name and value in either order.
_FLOW_SCALAR = r"(?P<quote>[\"'])?(?P<secret>(?(quote)(?:(?!(?P=quote))(?:\\.|.))+|[^\s\"'{}\[\],][^{}\[\],\n]*))"
_FLOW_ENV = (
    re.compile(r"(?P<keep>[\"']?\bname[\"']?\s*:\s*[\"']?[\w.-]+[\"']?\s*,\s*[\"']?value[\"']?\s*:\s*)" + _FLOW_SCALAR),
    re.compile(r"(?P<keep>\{\s*[\"']?value[\"']?\s*:\s*)" + _FLOW_SCALAR + r"(?=[\"']?\s*,\s*[\"']?name[\"']?\s*:)"),
)
_SIMPLE = (
    re.compile(
        r"(?P<keep>(?i:authorization)\\?[\"']?[ \t]*[:=][ \t]*\[?\\?[\"']?(?:(?i:bearer|basic|digest|negotiate)\s+)?)"
        r"(?P<secret>(?!\{)[^\s\"'\\,\]]+)"  # `authorization: {` is a field of KubeletConfiguration
    ),
    re.compile(r"(?P<keep>(?i:bearer)\s+)(?P<secret>(?=\S*[\d._=+/])[\w.~+/=-]{8,})"),
    re.compile(r"(?P<keep>)(?P<secret>\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"),
    re.compile(r"(?P<keep>(?<![\w.\-/@:]))(?P<secret>[a-z0-9]{6}\.(?=[a-z]*\d)[a-z0-9]{16})(?![\w-]|\.\w)"),
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:\"']*:)(?P<secret>[^\s/@\"']+)(?=@)"),
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://)(?P<secret>[^\s/@:\"']{16,})(?=@)"),
    re.compile(r"(?P<keep>)(?P<secret>\b(?:gh[pousr]_\w{20,}|glpat-[\w-]{16,}|xox[abpr]-[\w-]{10,}|AKIA[0-9A-Z]{16}))"),
)
# A text without any of these has nothing that the rules for names and schemes could match.
_HINT = re.compile(
    r"(?i:key|token|passw|passphrase|secret|auth|credential|bearer|eyJ|gh[pousr]_|glpat|xox|akia)|@|PRIVATE KEY"
)
_BOOTSTRAP_TOKEN = _SIMPLE[3]

_YAML_KEY = re.compile(rf"(?P<indent>[ \t]*(?:-[ \t]+)*)[\"']?(?:{_NAME})[\"']?[ \t]*:(?:[ \t]+(?P<value>.*))?$")
_YAML_ENV = re.compile(r"(?P<indent>[ \t]*(?:-[ \t]+)?)env[ \t]*:[ \t]*$")
_YAML_ENV_VALUE = re.compile(r"(?P<keep>[ \t]*(?:-[ \t]+)?value[ \t]*:[ \t]*)(?P<secret>.+)$")
_YAML_STRUCTURE = re.compile(r"\s*(?:-(?:\s|$)|[\"']?[\w./-]+[\"']?\s*:(?:\s|$)|#)")


def redact(text: str) -> str:
    """The text of a file, a command line or a log message with its secrets masked."""
    return _redact_names(_redact_blocks(text))


def redact_argv(argv: t.Sequence[str]) -> list[str]:
    """A command line as a list; the value of a flag may be an argument of its own."""
    result: list[str] = []
    for argument in argv:
        after_flag = result and re.fullmatch(rf"--?{_NAME}", result[-1]) and not argument.startswith("-")
        result.append(stars(argument) if after_flag and not _PLAIN_VALUE.match(argument) else redact(argument))
    return result


def redact_tree(value: t.Any) -> t.Any:
    """A JSON tree with every string in it masked; keys stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_tree(item) for item in value]
    if isinstance(value, dict):
        return {key: redact_tree(item) for key, item in value.items()}
    return value


class LogRedactor:
    """Masks log messages in the order of time; a private key may be spread over several lines of one process."""

    def __init__(self) -> None:
        self._inside: dict[str, int] = {}

    def redact(self, message: str, process: str) -> str:
        """The message with its secrets masked; `process` tells apart whose lines follow each other."""
        left = self._inside.pop(process, 0)
        if left and not _KEY_END.search(message) and _KEY_LINE.match(message):
            self._inside[process] = left - 1
            return stars(message)
        begins = list(_KEY_BEGIN.finditer(message)) if "PRIVATE KEY" in message else []
        if begins and not _KEY_END.search(message, begins[-1].end()):
            self._inside[process] = _MAX_KEY_LINES
        return redact(message)


def stars(text: str) -> str:
    """As many asterisks as the text has bytes; white space stays."""
    if text.isascii():
        return re.sub(r"\S", "*", text)
    return "".join(char if char in " \t\r\n" else "*" * len(char.encode("utf-8", "replace")) for char in text)


def _redact_blocks(text: str) -> str:
    """Secrets that span lines: PEM and base64 keys, block scalars, environment lists."""
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(_mask_secret, text)
    if any(mark in text for mark in _ENCODED_MARKS):
        text = _ENCODED_RUN.sub(_mask_encoded, text)
    if "value" in text:
        for rule in _FLOW_ENV:
            text = rule.sub(_mask_secret, text)
    if "\n" in text:
        text = "\n".join(_redact_yaml_lines(text.split("\n")))
        text = _YAML_LINE.sub(_mask_unless_plain, text)
        text = _YAML_LIST_FLAG.sub(_mask_secret, text)
    return text


def _redact_names(text: str) -> str:
    if _HINT.search(text) is None:
        return _BOOTSTRAP_TOKEN.sub(_mask_secret, text)
    for rule in _SIMPLE:
        text = rule.sub(_mask_secret, text)
    for rule in (_ENVIRONMENT_LINE, _QUOTED_ASSIGNMENT, _FLAG, _JSON_LIST_FLAG, _FLOW_LIST_FLAG):
        text = rule.sub(_mask_unless_plain, text)
    return _ASSIGNMENT.sub(_mask_assignment, text)


def _mask_secret(match: re.Match[str]) -> str:
    quote = match.groupdict().get("quote") or ""
    return match.group("keep") + quote + stars(match.group("secret"))


def _mask_unless_plain(match: re.Match[str]) -> str:
    return match.group() if _PLAIN_VALUE.match(match.group("secret")) else _mask_secret(match)


def _mask_assignment(match: re.Match[str]) -> str:
    value = match.group("value")
    if _PLAIN_VALUE.match(value):
        return match.group()
    # In prose ("invalid bearer token: signature ...") only what looks like a secret is one.
    before = match.string[: match.start()].rpartition("\n")[2].strip(" \t-\"'")
    prose = ":" in match.group("sign") and not match.group("quote") and before[-1:] not in ("", "{", ",")
    if prose and "passw" not in match.group("name").lower() and not _looks_secret(value):
        return match.group()
    return match.group("keep") + (match.group("quote") or "") + stars(value)


def _looks_secret(value: str) -> bool:
    return len(value) >= 20 or (len(value) >= 6 and any(char.isdigit() for char in value))


def _mask_encoded(match: re.Match[str]) -> str:
    run = match.group()
    joined_positions = [index for index, char in enumerate(run) if not char.isspace()]
    joined = "".join(run[index] for index in joined_positions)
    found = [joined.find(mark) for mark in _ENCODED_MARKS if mark in joined]
    if not found:
        return run
    start = joined_positions[max(0, min(found) - _ENCODED_HEADER)]
    return run[:start] + stars(run[start:])


def _redact_yaml_lines(lines: list[str]) -> t.Iterator[str]:
    """Masks values of secret names that continue on following lines, and `value:` in `env:` lists."""
    secret: _Open | None = None
    env_indent: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip(" \t"))
        if secret is not None and secret.covers(line, indent):
            yield stars(line)
            continue
        key = _YAML_KEY.match(line)
        secret = _Open(len(key.group("indent")), key.group("value") or "") if key else None
        if env_indent is not None and line.strip() and not _in_env(line, indent, env_indent):
            env_indent = None
        env = _YAML_ENV.match(line)
        if env:
            env_indent = len(env.group("indent"))
        value = _YAML_ENV_VALUE.match(line) if env_indent is not None else None
        if value is not None:
            secret = _Open(indent, value.group("secret"))
        below = secret is not None and secret.value[:1] in ("|", ">")
        yield line if value is None or below else _mask_secret(value)


class _Open(t.NamedTuple):
    """A secret name whose value may go on below: the column of the name and what stands behind it."""

    column: int
    value: str

    def covers(self, line: str, indent: int) -> bool:
        """Whether the line belongs to the value: deeper, and not a mapping or list unless in a block scalar."""
        if not line.strip():
            return True
        if indent <= self.column or self.value[:1] in ("{", "["):
            return False
        return self.value[:1] in ("|", ">") or not _YAML_STRUCTURE.match(line)


def _in_env(line: str, indent: int, env_indent: int) -> bool:
    return indent > env_indent or (indent == env_indent and line.lstrip().startswith("-"))
