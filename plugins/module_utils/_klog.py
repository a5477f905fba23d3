# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log messages of Kubernetes components and container runtimes: parsed, and masked to what repeats. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# Severity of klog (https://pkg.go.dev/k8s.io/klog/v2) and of logrus (`level=`) as syslog priorities.
_KLOG_PRIORITY = {"I": 6, "W": 4, "E": 3, "F": 2}
_LOGFMT_PRIORITY = {"debug": 7, "info": 6, "warning": 4, "warn": 4, "error": 3, "fatal": 2, "panic": 2}

_KLOG = re.compile(r"([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d{6})\s+(\d+) ([^\s:\]]+:\d+)\] (.*)", re.DOTALL)
_LOGFMT_LEVEL = re.compile(r'time="?[^" ]+"? level=(\w+) ')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ERR = re.compile(r'(?:^|\s)err="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\nt])')
_ESCAPES = {"n": "\n", "t": "\t"}

# What differs between two repetitions of the same message. Never paths, names, host:port or HTTP codes.
_VARIABLE = re.compile(
    r"(?P<event>(?<=event=\")&Event\{(?:[^\"\\]|\\.)*)"
    r"|(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<time>\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| [+-]\d{4} [A-Z]{3,4})?"
    r"(?: m=[+-][\d.]+)?)"
    r"|(?P<pointer>\b0x[0-9a-f]+\b\??)"
    r"|(?P<hex>\b(?=[a-f]*\d)[0-9a-f]{16,}\b)"
    r"|(?P<port>(?<=[\d\]]):\d{1,5}(?=->))"
    r"|(?P<duration>(?<![\w./-])(?:\d+(?:\.\d+)?(?:ns|us|\u00b5s|ms|h|m|s)){1,4}(?![\w/.-]))"
    r"|(?P<parameter>\b(?:resourceVersion|timeoutSeconds|timeout|pid|PID|goroutine|counter is at)[= ]\"?\d[\dmhs]*)"
    r"|(?P<proc>(?<=/proc/)\d+)"
    r"|(?P<number>(?<![\w./:-])\d{6,}(?![\w/-]))"
)


@dataclass(frozen=True)
class LogLine:
    """A message of a Kubernetes component: klog text or its JSON format.

    severity is I, W, E or F; time as logged (`MMDD hh:mm:ss.uuuuuu`, or seconds since the epoch in the JSON format);
    location is `file.go:line`; message without its quotes; rest is what follows the message; err is unquoted.
    """

    severity: str
    time: str
    pid: str
    location: str
    message: str
    rest: str
    err: str


def priority(message: str, journal_priority: int) -> int:
    """Severity that the program itself wrote; systemd files all of a service's output under one priority."""
    klog = _KLOG.match(message)
    if klog:
        return _KLOG_PRIORITY[klog.group(1)]
    logfmt = _LOGFMT_LEVEL.match(message)
    if logfmt:
        return _LOGFMT_PRIORITY.get(logfmt.group(1), journal_priority)
    if message.startswith('{"ts":'):
        parsed = parse_message(message)
        return _KLOG_PRIORITY[parsed.severity] if parsed else journal_priority
    return journal_priority


def parse_message(message: str) -> LogLine | None:
    """A klog message in text or JSON format, else None."""
    klog = _KLOG.match(message)
    if klog is None:
        return _parse_json_message(message) if message.startswith("{") else None
    severity, time, pid, location, text = klog.groups()
    quoted = _QUOTED.match(text)
    err = _ERR.search(text)
    return LogLine(
        severity=severity,
        time=time,
        pid=pid,
        location=location,
        message=_unquote(quoted.group(1)) if quoted else text,
        rest=text[quoted.end() :].strip() if quoted else "",
        err=_unquote(err.group(1)) if err else "",
    )


def _parse_json_message(message: str) -> LogLine | None:
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or "msg" not in fields or "ts" not in fields:
        return None
    rest = {key: value for key, value in fields.items() if key not in ("ts", "caller", "msg", "v")}
    # Kubernetes writes no severity here: informational entries have a verbosity `v`, errors have none.
    return LogLine(
        severity="I" if "v" in fields else "E",
        time=str(fields["ts"]),
        pid="",
        location=str(fields.get("caller", "")),
        message=str(fields["msg"]),
        rest=" ".join(f"{key}={json.dumps(value)}" for key, value in rest.items()),
        err=str(fields.get("err", "")),
    )


def _unquote(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), text)


def mask(message: str) -> str:
    """The message with everything that varies between its repetitions replaced by a placeholder."""
    klog = _KLOG.match(message)
    if klog:
        return f"{klog.group(1)} {klog.group(4)}] {_VARIABLE.sub(_placeholder, klog.group(5))}"
    if message.startswith('{"ts":'):
        message = "{" + message.partition(",")[2]
    return _VARIABLE.sub(_placeholder, message)


def _placeholder(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "parameter":
        return match.group().rstrip("0123456789mhs") + "<number>"
    return f":<{kind}>" if kind == "port" else f"<{kind}>"
