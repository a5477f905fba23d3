# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks that a person reads: exact text, wrapping, order, colours, and what hostile text may not do."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.text import closing_line, render

SGR = "\x1b["


def finding(id_: str, summary: str, **more: Any) -> dict[str, Any]:
    """A finding with one service evidence and a remedy, unless ``more`` says otherwise."""
    return {
        "id": id_,
        "severity": "critical",
        "title": id_,
        "summary": summary,
        "evidence": [{"source": "service", "locator": "kubelet.service", "excerpt": "NRestarts=29"}],
        "remedy": {"text": f"Repair {id_}.", "repair": None, "automatic": "never"},
        **more,
    }


def result(host: str = "worker-2", verdict: str = "down", **more: Any) -> dict[str, Any]:
    """A result as the engine gives it, empty but for ``more``."""
    return {
        "host": host,
        "captured_at": "2026-11-23T21:39:15Z",
        "verdict": verdict,
        "summary": f"summary of {host}",
        **{key: [] for key in ("root_causes", "consequences", "risks", "resolved", "unknowns", "rule_errors")},
        "facts": {},
        **more,
    }


@pytest.fixture
def wrong_ca() -> dict[str, Any]:
    """The walkthrough's first case."""
    path = "/etc/kubernetes/pki/WRONG-CA-FILE.crt"
    right = "/etc/kubernetes/pki/ca.crt"
    field = f"authentication.x509.clientCAFile: {path}"
    message = f'"command failed" err="failed to run Kubelet: open {path}: no such file or directory"'
    return result(
        facts={"state": "kubelet exits right after each start (29 restarts, last 12 s ago, status 1)"},
        root_causes=[
            finding(
                "certificate/client-ca-file-missing",
                f"/var/lib/kubelet/config.yaml:7 {field} does not exist; expected {right} by 4 of 4 peers",
                evidence=[
                    {"source": "file", "locator": "/var/lib/kubelet/config.yaml:7", "excerpt": field},
                    {"source": "file", "locator": path, "excerpt": "absent"},
                    {"source": "expected", "locator": "/var/lib/kubelet/config.yaml:7", "excerpt": f"{field}; {right}"},
                    {
                        "source": "journal",
                        "locator": "kubelet run.go:72",
                        "excerpt": f"E1123 21:39:03.837977   10831 run.go:72] {message}",
                        "count": 29,
                        "last_at": "2026-11-23T21:39:03Z",
                    },
                ],
                remedy={"text": "Set clientCAFile to /etc/kubernetes/pki/ca.crt, then:\nsystemctl restart kubelet"},
            )
        ],
        consequences=[finding("symptom/ready-unknown", "node Ready=Unknown for 4 min", explained_by=["x"])],
    )


def test_block_of_the_walkthrough_case(wrong_ca: dict[str, Any]) -> None:
    """State, cause with file, line and values, expected value, log line with count and age, effect, next step."""
    assert render([wrong_ca], width=120, colour=False) == (
        "worker-2  DOWN  kubelet exits right after each start (29 restarts, last 12 s ago, status 1)\n"
        "  cause  certificate/client-ca-file-missing\n"
        "         /var/lib/kubelet/config.yaml:7 authentication.x509.clientCAFile:"
        " /etc/kubernetes/pki/WRONG-CA-FILE.crt does not\n"
        "         exist; expected /etc/kubernetes/pki/ca.crt by 4 of 4 peers\n"
        '  log    run.go:72 "command failed" err="failed to run Kubelet: open'
        " /etc/kubernetes/pki/WRONG-CA-FILE.crt: no such file\n"
        '         or directory"   29 times, last 12 s ago\n'
        "  so     node Ready=Unknown for 4 min\n"
        "  next   Set clientCAFile to /etc/kubernetes/pki/ca.crt, then:\n"
        "         systemctl restart kubelet"
    )


def test_repair_of_a_risk_has_to_be_asked_for() -> None:
    """The command that shows it has the variable; where there is a root cause, its repair comes first."""
    remedy = {"text": "Set it.", "repair": "set-expected-config", "automatic": "needs-approval"}
    risk = finding("expected/kubelet-configuration", "clusterDNS differs", severity="warning", remedy=remedy)
    command = "or  ansible-playbook playbooks/repair.yml -l worker-2 -e kubelet_repair_risks=true --check --diff"
    assert command in render([result(verdict="at_risk", risks=[risk])], width=120, colour=False)
    broken = result(root_causes=[finding("service/masked", "masked")], risks=[risk])
    assert "repair.yml" not in render([broken], width=120, colour=False)


def test_harmless_difference_is_a_line_below_its_node() -> None:
    """A healthy node stays in its place among the healthy ones; what differs stands below it, a few lines at most."""
    notes = [
        finding(f"expected/{name}", f"{name} differs", severity="info") for name in ("cni", "file", "flag", "unit")
    ]
    shown = render(
        [result("b", "healthy", summary="runs", risks=notes), result("a", "healthy")], width=100, colour=False
    )
    assert shown.splitlines() == [
        "a  HEALTHY  summary of a",
        "b  HEALTHY  runs",
        "  note   expected/cni  cni differs",
        "  note   expected/file  file differs",
        "  note   expected/flag  flag differs",
        "         and 1 more in the result file",
    ]


def test_healthy_nodes_take_one_line_each_after_the_others() -> None:
    """Worst first, then by name with numbers counted; what was not looked at is said on the healthy line too."""
    unknowns = [{"part": "cluster", "status": "not_collected", "reason": "nobody was asked"}]
    shown = render(
        [
            result("worker-10", "healthy", summary="kubelet runs"),
            result("worker-3", "at_risk"),
            result("worker-2", "healthy", summary="kubelet runs", unknowns=unknowns),
            result("worker-4", "down"),
            result("worker-5", "unknown"),
            result("worker-6", "degraded"),
        ],
        width=100,
        colour=False,
    )
    assert [line.split()[0] for line in shown.splitlines() if line] == [
        "worker-4",
        "worker-6",
        "worker-5",
        "worker-3",
        "worker-2",
        "worker-10",
    ]
    assert shown.endswith("worker-2  HEALTHY  kubelet runs  (not looked at: cluster)\nworker-10  HEALTHY  kubelet runs")


@pytest.mark.parametrize("width", [40, 79, 100, 250])
def test_lines_fit_the_width_unless_one_word_does_not(wrong_ca: dict[str, Any], width: int) -> None:
    """Only a line that is one long word (a path to copy) may be wider than the screen."""
    for line in render([wrong_ca], width=width, colour=False).splitlines():
        assert len(line) <= width or len(line[9:].split()) == 1


def test_colours_only_where_wanted(wrong_ca: dict[str, Any]) -> None:
    """Without colours there is no escape; with them the text is the same once the escapes are gone."""
    plain = render([wrong_ca], width=100, colour=False)
    coloured = render([wrong_ca], width=100, colour=True)
    assert SGR not in plain
    assert f"{SGR}1;31mDOWN{SGR}0m" in coloured
    for code in ("1;31m", "1m", "2m", "0m"):
        coloured = coloured.replace(f"{SGR}{code}", "")
    assert coloured == plain


HOSTILE = (
    "a\x1b]0;owned\x07\x1b[2Jb\r\nhost  HEALTHY  fine\x9b31m \u202egnp.exe \u200bz {{ lookup('pipe','id') }} \ud800"
)


def test_hostile_text_stays_text() -> None:
    """Escapes, line breaks, bidirectional controls and lone surrogates from a node are written out, templates kept."""
    hostile = finding(
        "config/x",
        HOSTILE,
        evidence=[
            {"source": "file", "locator": HOSTILE, "excerpt": HOSTILE},
            {"source": "journal", "locator": HOSTILE, "excerpt": HOSTILE, "count": 2},
        ],
        remedy={"text": HOSTILE},
    )
    shown = render(
        [
            result(
                HOSTILE,
                summary=HOSTILE,
                root_causes=[hostile],
                consequences=[hostile],
                resolved=[hostile],
                unknowns=[{"part": HOSTILE, "status": "error", "reason": HOSTILE}],
                rule_errors=[{"id": HOSTILE, "error": HOSTILE}],
                hidden=HOSTILE,
            )
        ],
        width=100,
        colour=False,
    )
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert shown.encode()
    assert r"\x1b]0;owned\x07" in shown
    assert r"\u202egnp.exe" in shown
    assert "{{ lookup('pipe','id') }}" in " ".join(shown.split())
    assert not any(line.startswith("host  HEALTHY") for line in shown.splitlines())


def test_long_log_line_keeps_its_end() -> None:
    """A log line of a megabyte takes a few lines and keeps the error at its end."""
    log = {"source": "journal", "excerpt": f"start {'x' * 1_000_000} permission denied", "count": 1}
    shown = render([result(root_causes=[finding("a/b", "s", evidence=[log])])], width=100, colour=False)
    assert "permission denied   once" in " ".join(shown.split(" "))
    assert len(shown) < 1000


def test_same_reason_of_many_gaps_is_said_once() -> None:
    """A node that cannot be reached has one row for all parts that are missing."""
    unknowns = [
        {"part": part, "status": "error", "reason": "the node could not be reached"} for part in ("units", "journal")
    ]
    shown = render([result(verdict="unknown", unknowns=unknowns)], width=100, colour=False)
    assert shown.splitlines()[1:] == ["  gap    units, journal (error): the node could not be reached"]


def test_older_journal_lines_are_no_gap() -> None:
    """On a busy node more was logged than is read; that is in the result file and not on the screen."""
    unknowns = [{"part": "journal:kubelet.service", "status": "truncated", "reason": "older lines were not read"}]
    shown = render([result("worker-1", "healthy", unknowns=unknowns)], width=100, colour=False)
    assert shown == "worker-1  HEALTHY  summary of worker-1"


def test_json_log_line_reads_like_a_text_one() -> None:
    """The JSON logging format is shown as place, message and error."""
    excerpt = '{"ts":1700000000.1,"caller":"app/run.go:72","msg":"command failed","err":"no such file"}'
    log = {"source": "journal", "locator": "kubelet", "excerpt": excerpt, "count": 1}
    shown = render([result(root_causes=[finding("a/b", "s", evidence=[log])])], width=100, colour=False)
    assert '  log    app/run.go:72 "command failed" err="no such file"   once' in shown


def test_closing_line_counts_and_names_the_results() -> None:
    """One node: its file; several: their directory."""
    one, two = result("worker-1", "healthy"), result("worker-2", "at_risk")
    assert closing_line([one], ["out/worker-1.json"]) == "1 node: 1 healthy. Results: out/worker-1.json"
    assert (
        closing_line([one, two], ["out/worker-1.json", "out/worker-2.json"])
        == "2 nodes: 1 at risk, 1 healthy. Results: out/"
    )
