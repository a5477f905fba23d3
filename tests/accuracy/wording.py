# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same nodes in other words: other releases' wordings, log formats and ways of journald."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from accuracy._bundles import Bundle, Entry, each_message, journal, message, with_journal

_KLOG = re.compile(r"([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d{6}) +(\d+) ([\w.]+):(\d+)\] (.*)", re.DOTALL)
_STRUCTURED = re.compile(r'"((?:[^"\\]|\\.)*)"(.*)', re.DOTALL)
_PAIR = re.compile(r' ([\w./]+)=("(?:[^"\\]|\\.)*"|\S+)')
_WATCH = re.compile(
    r'"Failed to watch" err=(".*?(?<!\\)") (?:logger="UnhandledError" )?reflector="[^"]*" type="([^"]*)"'
)
_WATCH_1_31 = re.compile(r'"Unhandled Error" err="vendor/[^ ]+ Failed')
_UNTIL_RESTART = re.compile(r'"Failed to ensure lease exists, will retry" err="((?:[^"\\]|\\.)*)" interval="([^"]*)"')
_FATAL = re.compile(r'E(\d{4} \S+ +\d+) run\.go:\d+\] "command failed" err="((?:[^"\\]|\\.)*)"', re.DOTALL)
_CLIENT_CA = re.compile(r"failed to run Kubelet: (open (/\S+\.crt): (?:no such file or directory|permission denied))")
_NO_PEM = re.compile(r"failed to run Kubelet: (data does not contain any valid RSA or ECDSA certificates)")
_CRI = re.compile(
    r'validate service connection: validate CRI v1 (?:runtime|image) API for endpoint \\"([^\\]+)\\": (rpc error.*)'
)


def _unquote(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("\\n", "\n")


def _older_ca(err: str) -> str:
    """Up to 1.35 the path of clientCAFile stands in a longer sentence."""
    err = _CLIENT_CA.sub(r"failed to construct kubelet dependencies: unable to load client CA file \2: \1", err)
    return _NO_PEM.sub(
        r"failed to construct kubelet dependencies: unable to load client CA file /etc/kubernetes/pki/ca.crt: \1", err
    )


def _older_watch(text: str, release: str) -> str:
    """Reflector errors: 1.31 puts all into err, 1.28 and older print them unstructured."""
    found = _WATCH.search(text)
    if found is None:
        return text
    quoted, kind = found.groups()
    inner = quoted[1:-1]
    if not inner.startswith("failed to list"):
        inner = f"failed to list {kind}: {inner}"
    if release == "1.31":
        said = f'"Unhandled Error" err="k8s.io/client-go/informers/factory.go:160: Failed to watch {kind}: {inner}"'
        return text[: found.start()] + said + ' logger="UnhandledError"'
    head = re.sub(r"reflector\.go:\d+", "reflector.go:150", text[: found.start()])
    where = (
        "vendor/k8s.io/client-go/informers/factory.go:150"
        if release == "1.28"
        else "k8s.io/client-go/informers/factory.go:134"
    )
    return f"{head}{where}: Failed to watch {kind}: {_unquote(inner)}"


def _release(release: str) -> Callable[[str], str]:
    """Messages as an older release words them."""

    def change(text: str) -> str:
        text = _older_watch(_older_ca(text), release)
        if release in ("1.28", "1.23"):
            text = _older_lease(text, release)
            text = text.replace("tls: failed to verify certificate: x509: ", "x509: ")
            text = text.replace("transport: Error while dialing: dial", "transport: Error while dialing dial")
        if release == "1.23":
            text = _CRI.sub(r"unable to determine runtime API version: \2", text)
            text = _fatal_1_23(text)
        return text

    return change


def _older_lease(text: str, release: str) -> str:
    found = _UNTIL_RESTART.search(text)
    if found is None:
        return text
    head = re.sub(r"controller\.go:\d+", "controller.go:144", text[: found.start()])
    if release == "1.23":
        return f"{head}failed to ensure lease exists, will retry in {found.group(2)}, error: {_unquote(found.group(1))}"
    return text


def _fatal_1_23(text: str) -> str:
    """1.23 logs the end in server.go, with a message of its own for flags and the configuration file."""
    found = _FATAL.match(text)
    if found is None:
        return text
    head, err = found.groups()
    said = "Failed to run kubelet"
    for prefix, own in (
        ("failed to parse kubelet flag: ", "Failed to parse kubelet flag"),
        ("failed to load kubelet config file, path: ", "Failed to load kubelet config file"),
        (
            "failed to set feature gates from initial flags-based config: ",
            "Failed to set feature gates from initial flags-based config",
        ),
    ):
        if err.startswith(prefix):
            said, err = own, err[len(prefix) :]
            if own.endswith("config file"):
                path, _comma, err = err.partition(", error: ")
                return f'E{head} server.go:205] "{own}" err="{err}" path="{path}"'
    return f'E{head} server.go:302] "{said}" err="{err}"'


def release_1_31(bundle: Bundle) -> Bundle:
    """The wording of 1.31 to 1.34."""
    return each_message(bundle, _release("1.31"))


def release_1_28(bundle: Bundle) -> Bundle:
    """The wording of 1.24 to 1.28."""
    return each_message(bundle, _release("1.28"))


def release_1_23(bundle: Bundle) -> Bundle:
    """The wording of 1.22 and 1.23, before the command's errors were logged in one place."""
    return each_message(bundle, _release("1.23"))


def fatal_lines(bundle: Bundle) -> Bundle:
    """The last words of 1.19 and older: a fatal line without structure."""

    def change(text: str) -> str:
        found = _FATAL.match(_older_ca(text))
        return f"F{found.group(1)} server.go:274] {_unquote(found.group(2))}" if found else text

    return each_message(bundle, change)


def plain_errors(bundle: Bundle) -> Bundle:
    """Builds that print the error of the command as cobra does, without a klog header."""

    def change(text: str) -> str:
        found = _FATAL.match(text)
        return f"Error: {_unquote(found.group(2))}" if found else text

    return each_message(bundle, change)


def json_format(bundle: Bundle) -> Bundle:
    """``logging.format: json``."""
    return each_message(bundle, _to_json)


def _to_json(text: str) -> str:
    found = _KLOG.match(text)
    if found is None:
        return text
    severity, _time, _pid, file, line, said = found.groups()
    fields: dict[str, object] = {"ts": 1795469629339.275, "caller": f"kubelet/{file}:{line}"}
    structured = _STRUCTURED.match(said)
    fields["msg"] = _unquote(structured.group(1)) if structured else said
    if severity in "IW":
        fields["v"] = 0
    for key, value in _PAIR.findall(structured.group(2)) if structured else ():
        fields[key] = _unquote(value[1:-1]) if value.startswith('"') else value
    return json.dumps(fields)


def other_lines(bundle: Bundle) -> Bundle:
    """Another patch release: the same messages at other places of the source."""
    return each_message(
        bundle,
        lambda text: re.sub(r"^([IWEF]\d{4} \S+ +\d+ [\w.]+:)(\d+)\]", lambda m: f"{m[1]}{int(m[2]) + 37}]", text),
    )


def _each(bundle: Bundle, change: Callable[[Entry], Entry]) -> Bundle:
    return with_journal(bundle, [change(entry) for entry in journal(bundle)])


def no_identifier(bundle: Bundle) -> Bundle:
    """Entries without SYSLOG_IDENTIFIER."""
    return _each(bundle, lambda e: {k: v for k, v in e.items() if k != "SYSLOG_IDENTIFIER"})


def byte_lists(bundle: Bundle) -> Bundle:
    """Messages as lists of bytes, as journalctl prints those that are not plain UTF-8."""
    return _each(bundle, lambda e: {**e, "MESSAGE": list(message(e).encode())})


def wrapper(bundle: Bundle) -> Bundle:
    """A kubelet started by a script, whose name journald takes for the sender's."""

    def change(entry: Entry) -> Entry:
        own = entry.get("SYSLOG_IDENTIFIER") == "kubelet"
        return {**entry, "SYSLOG_IDENTIFIER": "start-kubelet.sh"} if own else entry

    return _each(bundle, change)


def colours_and_ends(bundle: Bundle) -> Bundle:
    """Messages that end in a carriage return and hold colour codes of a wrapper."""
    return each_message(bundle, lambda text: f"{text}\x1b[0m\r")
