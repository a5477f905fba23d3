# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every log signature matches the lines it must, and none of those it must not."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.journal import journal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import LogPattern
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._load import Signature, signatures

SIGNATURES = sorted(signatures().values(), key=lambda signature: signature.id)
KLOG = re.compile(r"^([IWEF])(\d{4}) (\d\d:\d\d:\d\d\.\d+)\s+\d+ (\S+)\] (.*)$", re.DOTALL)


def pattern_of(line: str, source: str) -> LogPattern:
    """One raw journal message, read in the way of a live node."""
    sender = "systemd" if source == "systemd" else "kubelet"
    entry = {
        "MESSAGE": line,
        "SYSLOG_IDENTIFIER": sender,
        "PRIORITY": "6",
        "__REALTIME_TIMESTAMP": "1795469629339275",
        "_SYSTEMD_INVOCATION_ID" if sender == "kubelet" else "INVOCATION_ID": "a" * 32,
    }
    return journal("kubelet.service", _journal.reduce_lines([json.dumps(entry)])).patterns[0]


def hit(signature: Signature, line: str) -> bool:
    """True when the signature matches a raw line, by the same steps as in a diagnosis."""
    text = pattern_of(line, signature.source).text
    return signature.needle in text and signature.regex.search(text) is not None


@pytest.mark.parametrize(
    ("signature", "line"),
    [pytest.param(s, line, id=f"{s.id}-{n}") for s in SIGNATURES for n, line in enumerate(s.match)],
)
def test_matches(signature: Signature, line: str) -> None:
    """Lines that must match do, with the needle in them."""
    assert signature.needle in pattern_of(line, signature.source).text
    assert hit(signature, line)


@pytest.mark.parametrize(
    ("signature", "line"),
    [pytest.param(s, line, id=f"{s.id}-{n}") for s in SIGNATURES for n, line in enumerate(s.nomatch)],
)
def test_does_not_match(signature: Signature, line: str) -> None:
    """Lines of its neighbours and of healthy nodes do not match."""
    assert not hit(signature, line)


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature.id)
def test_has_examples(signature: Signature) -> None:
    """Each signature shows at least one line on each side."""
    assert signature.match
    assert signature.nomatch


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature.id)
def test_text_and_json_logs_read_alike(signature: Signature) -> None:
    """A structured klog line matches in the JSON logging format as well."""
    for line in signature.match:
        header = KLOG.match(line)
        if header is None or signature.source == "systemd" or not header.group(5).startswith('"'):
            continue
        assert hit(signature, as_json(header)), line


def as_json(header: re.Match[str]) -> str:
    """The line that a kubelet with --logging-format=json writes for the same message."""
    body = header.group(5)
    quoted = r'"((?:[^"\\]|\\.)*)"'
    message = re.match(quoted, body)
    assert message is not None
    record = {"ts": 1795469629339.2, "caller": f"app/{header.group(4)}", "msg": json.loads(f'"{message.group(1)}"')}
    for key, text, bare in re.findall(rf"(\w+)=(?:{quoted}|(\S+))", body[message.end() :]):
        record[key] = bare or json.loads(f'"{text}"')
    if header.group(1) != "E":
        record["v"] = 0
    return json.dumps(record)
