# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journal lines become patterns and starts, whatever is in them."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal

OLD, NEW = "a" * 32, "b" * 32
SECOND = 1_000_000
T0 = 1_795_469_773 * SECOND


def _kubelet(message: object, second: int, invocation: str = NEW, **fields: object) -> str:
    line = {
        "__REALTIME_TIMESTAMP": str(T0 + second * SECOND),
        "MESSAGE": message,
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "kubelet",
        "_PID": "4715",
        "_SYSTEMD_INVOCATION_ID": invocation,
        **fields,
    }
    return json.dumps({key: value for key, value in line.items() if value is not None})


def _systemd(message: str, second: int, invocation: str | None) -> str:
    return _kubelet(
        message,
        second,
        SYSLOG_IDENTIFIER="systemd",
        _PID="1",
        UNIT="kubelet.service",
        INVOCATION_ID=invocation,
        _SYSTEMD_INVOCATION_ID=None,
    )


def _failing_start(second: int, invocation: str) -> list[str]:
    clock = f"21:{second // 60:02d}:{second % 60:02d}.519604"
    return [
        _systemd("Started kubelet.service - kubelet: The Kubernetes Node Agent.", second, invocation),
        _kubelet(
            f'E1123 {clock}    {4700 + second} run.go:72] "command failed" err="open /x.crt: no such file"',
            second,
            invocation,
        ),
        _systemd("kubelet.service: Main process exited, code=exited, status=1/FAILURE", second, invocation),
        _systemd("kubelet.service: Failed with result 'exit-code'.", second, invocation),
        _systemd(f"kubelet.service: Scheduled restart job, restart counter is at {second}.", second + 9, invocation),
    ]


def test_crash_loop_is_counted_and_told_apart() -> None:
    """Repetitions are one pattern; the newest start stands apart; each start has its exit from systemd's own lines."""
    lines = [line for number in range(6) for line in _failing_start(10 * number, f"{number:032x}")]
    reduced = _journal.reduce_lines(lines)
    failed = [pattern for pattern in reduced["patterns"] if "command failed" in pattern["sample"]]
    assert [(pattern["newest"], pattern["count"], pattern["priority"]) for pattern in failed] == [
        (False, 5, 3),
        (True, 1, 3),
    ]
    counters = [pattern for pattern in reduced["patterns"] if "restart counter" in pattern["sample"]]
    assert counters[-1]["sample"].endswith("50.")
    assert len(reduced["starts"]) == 6
    assert reduced["starts"][-1]["exit"] == {
        "code": "exited",
        "status": "1/FAILURE",
        "at": _journal.timestamp(T0 + 50 * SECOND),
    }
    assert reduced["starts"][-1]["result"] == "exit-code"
    assert reduced["lines"] == 30


def test_running_start_has_no_exit() -> None:
    """After a failed start, a running one has neither exit nor result."""
    lines = [*_failing_start(0, OLD), _systemd("Started kubelet.service.", 20, NEW), _kubelet("I am up", 21)]
    starts = _journal.reduce_lines(lines)["starts"]
    assert [start["exit"] is None for start in starts] == [False, True]
    assert starts[1]["result"] is None


def test_line_without_invocation_belongs_to_its_time() -> None:
    """What systemd says of a refused unit file has no invocation: it is as new as what stands around it."""
    refusal = "kubelet.service: Service has more than one ExecStart= setting. Refusing."
    before = [_systemd(refusal, 0, None), *_failing_start(10, NEW)]
    after = [*_failing_start(10, NEW), _systemd(refusal, 30, None)]
    for lines, newest in ((before, False), (after, True), ([_systemd(refusal, 0, None)], True)):
        patterns = _journal.reduce_lines(lines)["patterns"]
        assert [pattern["newest"] for pattern in patterns if "Refusing" in pattern["sample"]] == [newest]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('I1123 21:36:13.519604    4715 a.go:1] "x"', 'I1124 09:00:00.000001     9 a.go:1] "x"'),
        ("dial tcp 10.0.0.2:38412->10.0.0.1:6443: reset", "dial tcp 10.0.0.2:40000->10.0.0.1:6443: reset"),
        ('"Lease" interval="200ms"', '"Lease" interval="7s"'),
        ("pod 7d647c37-ff13-4d1b-a140-dab41ae1ec91 gone", "pod 398a3988-e0ce-480c-b3b7-b548d0dc8ac1 gone"),
        (
            "current time 2026-11-23T21:33:54Z is after 2025-11-08T21:33:49Z",
            "current time 2026-11-24T01:00:00Z is after 2025-11-08T21:33:49Z",
        ),
        ("main.f(0xfcb6d341c08)", "main.f(0x130afb3c7c08)"),
        (
            'Get "https://c:6443/api/v1/pods?resourceVersion=508&timeoutSeconds=455"',
            'Get "https://c:6443/api/v1/pods?resourceVersion=5080&timeoutSeconds=31"',
        ),
        ('{"ts":1580306777.04728,"caller":"a.go:1","msg":"x"}', '{"ts":1580306999.1,"caller":"a.go:1","msg":"x"}'),
        (
            "kubelet.service: Scheduled restart job, restart counter is at 5.",
            "kubelet.service: Scheduled restart job, restart counter is at 129.",
        ),
        ('"not enabled for process" pid=518', '"not enabled for process" pid=4764'),
    ],
)
def test_repetitions_are_one_pattern(one: str, other: str) -> None:
    """Times, pids, source ports, durations and identifiers differ between repetitions of the same message."""
    assert _journal.mask(one) == _journal.mask(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("open /etc/kubernetes/pki/ca.crt: no such file", "open /etc/kubernetes/pki/ca2.crt: no such file"),
        ("dial tcp 10.240.0.10:6443: connection refused", "dial tcp 10.240.0.10:6553: connection refused"),
        ('node "worker-1" not found', 'node "worker-2" not found'),
        ("status 500 Internal", "status 503 Service"),
        ("load kubelet-client-2026-11-23-20-53-12.pem", "load kubelet-client-2026-11-24-20-53-12.pem"),
        ('E1123 21:36:13.519604 4 a.go:1] "x"', 'W1123 21:36:13.519604 4 a.go:1] "x"'),
        ('E1123 21:36:13.519604 4 a.go:1] "x"', 'E1123 21:36:13.519604 4 a.go:2] "x"'),
        ("listen tcp 127.0.0.1:10248", "listen tcp 127.0.0.1:10250"),
    ],
)
def test_different_messages_stay_apart(one: str, other: str) -> None:
    """Paths, addresses with their port, names and HTTP codes are what a message is about."""
    assert _journal.mask(one) != _journal.mask(other)


def test_klog_text_is_parsed() -> None:
    """Severity, place, message and the unquoted error of a klog line."""
    line = _journal.parse_message(
        'E1123 21:34:55.096934    4239 run.go:72] "command failed" err="load "x": no\\nfile" node="w"'.replace(
            '"x"', '\\"x\\"'
        )
    )
    assert line is not None
    assert (line.severity, line.pid, line.location, line.message) == ("E", "4239", "run.go:72", "command failed")
    assert line.err == 'load "x": no\nfile'
    unquoted = _journal.parse_message("W1123 21:34:55.096934 4239 factory.go:220] Registration failed: x")
    assert unquoted is not None
    assert (unquoted.severity, unquoted.message, unquoted.err) == ("W", "Registration failed: x", "")


def test_json_log_format_is_parsed() -> None:
    """Kubernetes' JSON format: an entry without verbosity is an error."""
    error = _journal.parse_message('{"ts":1580306778.04,"caller":"run.go:72","msg":"command failed","err":"no file"}')
    info = _journal.parse_message('{"ts":1580306778.04,"caller":"a.go:1","msg":"started","v":0}')
    assert error is not None
    assert info is not None
    assert (error.severity, error.location, error.message, error.err) == ("E", "run.go:72", "command failed", "no file")
    assert info.severity == "I"
    reduced = _journal.reduce_lines([_kubelet('{"ts":1.5,"caller":"run.go:72","msg":"x","err":"y"}', 0)])
    assert reduced["patterns"][0]["priority"] == 3


@pytest.mark.parametrize(
    ("message", "priority"),
    [
        ("F1123 21:36:13.519604 4 a.go:1] x", 2),
        ('time="2026-11-23T21:36:14Z" level=error msg="failed to load plugin"', 3),
        ('time="2026-11-23T21:36:14Z" level=warning msg="x"', 4),
        ("panic: runtime error", 6),
    ],
)
def test_severity_is_the_programs_own(message: str, priority: int) -> None:
    """systemd files a service's output under one priority; what the program wrote counts."""
    assert _journal.reduce_lines([_kubelet(message, 0)])["patterns"][0]["priority"] == priority


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain", "plain"),
        ([99, 97, 102, 233], "caf\\xe9"),
        (None, ""),
        (["one", "two"], "one\ntwo"),
        ("\udce9 lone", "\\udce9 lone"),
        ("x" * 5000, "x" * 2000),
        ("\x1b[31mred {{ x }}\x00", "\x1b[31mred {{ x }}\x00"),
    ],
)
def test_message_in_any_form(message: object, text: str) -> None:
    """Strings, bytes that are not UTF-8, null, repeated fields, lone surrogates and long messages."""
    reduced = _journal.reduce_lines([_kubelet(message, 0)])
    assert reduced["patterns"][0]["sample"] == text
    assert json.dumps(reduced, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("line", ["", "-- No entries --", "[1]", "{", '{"MESSAGE": "cut', "null", "[" * 100_000])
def test_what_is_no_entry_is_left_out(line: str) -> None:
    """Remarks of journalctl and cut lines are not entries."""
    assert _journal.parse_line(line) is None


def test_missing_fields_are_no_error() -> None:
    """A line may lack anything; odd values count as missing."""
    reduced = _journal.reduce_lines(["{}", '{"PRIORITY": "x", "__REALTIME_TIMESTAMP": "99999999999999999999999"}'])
    assert reduced["lines"] == 2
    assert reduced["starts"] == []
    assert _journal.reduce_lines([])["newest_at"] is None


def test_size_is_bounded_and_the_newest_error_stays() -> None:
    """A flood of different messages is cut to the limits; what is newest and gravest is kept."""
    flood = [
        _kubelet(f"chatter {chr(97 + number % 26)}{'y' * (number % 900)} {'z' * 900}", number) for number in range(2000)
    ]
    error = _kubelet('E1123 21:36:13.519604 4 run.go:72] "command failed"', 3000)
    reduced = _journal.reduce_lines([error, *flood[:1000], *flood[1000:], _kubelet("last", 3001)])
    assert reduced["truncated"]
    assert len(json.dumps(reduced)) < 100_000
    assert any("command failed" in pattern["sample"] for pattern in reduced["patterns"])


def test_two_thousand_lines_are_quick() -> None:
    """The reduction of a full window stays far from being felt (aim 0.1 s; the limit allows for slow machines)."""
    error = 'err="Get \\"https://c:6443/api/v1/nodes?resourceVersion={}\\": dial tcp 10.0.0.1:6443: connect: refused"'
    header = "E1123 21:36:{:02d}.519604 4715 reflector.go:227]"
    lines = [_kubelet(f'{header.format(n % 60)} "Failed to watch" {error.format(n)}', n) for n in range(2000)]
    started = time.perf_counter()
    reduced = _journal.reduce_lines(lines)
    assert time.perf_counter() - started < 1.0
    assert [pattern["count"] for pattern in reduced["patterns"]] == [2000]
