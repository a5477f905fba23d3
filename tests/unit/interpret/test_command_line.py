# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's command line is what systemd would start, and each flag knows where its text stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.command_line import loaded, on_disk, running
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.environment import (
    environment,
    environment_files,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.systemd import unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import CommandLine

FRAGMENT = "/usr/lib/systemd/system/kubelet.service"
DROP_IN = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
KUBEADM_FLAGS = "/var/lib/kubelet/kubeadm-flags.env"
AT = datetime(2026, 11, 23, tzinfo=UTC)


def disk(service: str, **env: str) -> CommandLine:
    """Command line of a unit file with these [Service] lines; /env/<name> are environment files."""
    texts = {FRAGMENT: f"[Service]\n{service}\n", **{f"/env/{name}": text for name, text in env.items()}}
    facts = files({path: {"type": "file", "content": text} for path, text in texts.items()})
    kubelet = unit("kubelet.service", {}, AT, facts)
    return on_disk(kubelet, environment(kubelet, environment_files(kubelet, facts)))


def pairs(line: CommandLine) -> list[tuple[str, str | None]]:
    """Flags without their places."""
    return [(flag.name, flag.value) for flag in line.flags]


@pytest.mark.parametrize("case", NAMES)
def test_live_process_has_the_arguments_that_were_computed(case: str) -> None:
    """In every bundle with a live kubelet its real arguments are those that unit and environment files give."""
    snapshot = load_snapshot(case)
    if snapshot.running is not None:
        assert snapshot.command_line.arguments == snapshot.running.arguments


@pytest.mark.parametrize(
    ("case", "name", "value", "place", "origin"),
    [
        ("healthy", "config", "/var/lib/kubelet/config.yaml", f"{DROP_IN}:4", "environment"),
        ("dropin-config-wrong-path", "config", "/etc/kubernetes/kubelet-config.yaml", f"{DROP_IN}:4", "environment"),
        ("extra-args-unknown-flag", "max-podz", "200", "/etc/default/kubelet:1", "environment-file"),
        ("removed-flag-network-plugin", "network-plugin", "cni", f"{KUBEADM_FLAGS}:1", "environment-file"),
        ("dropin-no-execstart-reset", "kubeconfig", "/etc/kubernetes/kubelet.conf", f"{DROP_IN}:3", "environment"),
    ],
)
def test_flag_of_the_corpus_stands_where_it_says(case: str, name: str, value: str, place: str, origin: str) -> None:
    """Flags of real nodes are found with the file and line to edit."""
    flag = load_snapshot(case).command_line.flag(name)
    assert flag is not None
    assert (flag.value, str(flag.place), flag.origin) == (value, place, origin)


def test_edit_without_daemon_reload() -> None:
    """systemd starts what it has in memory; the files already say something else."""
    snapshot = load_snapshot("dropin-no-daemon-reload")
    now, then = snapshot.command_line.flag("config"), snapshot.command_line_on_disk.flag("config")
    assert now is not None
    assert then is not None
    assert (now.value, now.place.line) == ("/var/lib/kubelet/kubelet-config.yaml", None)
    assert (then.value, str(then.place)) == ("/var/lib/kubelet/config.yaml", f"{DROP_IN}:4")


def test_masked_unit_starts_nothing() -> None:
    """A masked unit has no command line."""
    assert load_snapshot("kubelet-masked").command_line == CommandLine()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--config=/a --v=2", [("config", "/a"), ("v", "2")]),
        ("--config /a --v 2", [("config", "/a"), ("v", "2")]),
        ("--fail-swap-on --config /a", [("fail-swap-on", None), ("config", "/a")]),
        ("--fail-swap-on=false", [("fail-swap-on", "false")]),
        ("--fail-swap-on false --v=2", [("fail-swap-on", None), ("v", "2")]),
        ("-v=2 -v 3 -v4", [("v", "2"), ("v", "3"), ("v", "4")]),
        ("-h --v=2", [("h", None), ("v", "2")]),
        ("--max_pods=5", [("max-pods", "5")]),
        ("--node-labels=a=b,c=d", [("node-labels", "a=b,c=d")]),
        ("--node-labels=", [("node-labels", "")]),
        ("--last", [("last", None)]),
        ("--new-boolean --config=/a", [("new-boolean", None), ("config", "/a")]),
        ("--oom-score-adj -999 --v=2", [("oom-score-adj", "-999"), ("v", "2")]),
        ("--v=2 -- --v=3", [("v", "2")]),
        ("stray --v=2", [("v", "2")]),
    ],
)
def test_flag_syntax(arguments: str, expected: list[tuple[str, str | None]]) -> None:
    """Values after = or as the next word, flags without values, short flags: as pflag reads them."""
    assert pairs(disk(f"ExecStart=/usr/bin/kubelet {arguments}")) == expected


def test_variables_split_only_as_words_of_their_own() -> None:
    """``$A`` is split at blanks and honours quotes, ``${A}`` stays one word, ``$$`` is a dollar, unset is empty."""
    variables = "Environment=\"A=--x=1 --y='2 3'\" B=4"
    line = disk(f"{variables}\nExecStart=/usr/bin/kubelet $A --b=${{B}} ${{A}} --d=$$B --e=$B $NONE ${{NONE}}")
    assert list(line.arguments) == [
        "/usr/bin/kubelet",
        "--x=1",
        "--y=2 3",
        "--b=4",
        "--x=1 --y='2 3'",
        "--d=$B",
        "--e=$B",
        "",
    ]


def test_colon_prefix_leaves_variables_alone() -> None:
    """Special prefixes are no part of the path; ``:`` turns the replacement of variables off."""
    assert disk("Environment=A=1\nExecStart=-:/usr/bin/kubelet --v=${A}").arguments == ("/usr/bin/kubelet", "--v=${A}")


def test_at_prefix_names_argument_zero() -> None:
    """After ``@`` the second word is only the name that the process is given."""
    assert pairs(disk("ExecStart=@/usr/bin/kubelet kubelet --v=2")) == [("v", "2")]


def test_flags_of_a_continued_line_have_their_own_lines() -> None:
    """In an ExecStart= over several lines each flag is found on its own."""
    line = disk("Restart=always\nExecStart=/usr/bin/kubelet \\\n  --config=/a \\\n  # note\n  --v=2")
    assert [(flag.name, flag.place.line, flag.origin) for flag in line.flags] == [
        ("config", 4, "unit"),
        ("v", 6, "unit"),
    ]


@pytest.mark.parametrize(
    ("service", "text", "path"),
    [
        ("EnvironmentFile=/env/a", 'A="--x=1 \\\n  --y=2\n  --z=3"\n', "/env/a"),
        ("EnvironmentFile=/env/a", "A=--x=1 \\\n  --y=2 \\\n--z=3\n", "/env/a"),
        ('Environment="A=--x=1 \\\n  --y=2 \\\n  --z=3"', "", FRAGMENT),
    ],
)
def test_flags_of_a_variable_over_several_lines_have_their_own_lines(service: str, text: str, path: str) -> None:
    """In a variable that is written over several lines each flag is found on its own."""
    line = disk(f"{service}\nExecStart=/usr/bin/kubelet $A", a=text)
    first = 1 if text else 2
    assert [(flag.name, flag.value, str(flag.place)) for flag in line.flags] == [
        ("x", "1", f"{path}:{first}"),
        ("y", "2", f"{path}:{first + 1}"),
        ("z", "3", f"{path}:{first + 2}"),
    ]


def test_specifiers_that_systemd_replaced_keep_their_places() -> None:
    """Of ``%H`` systemd shows the host's name; the flag still stands in the line that was written."""
    facts = files({FRAGMENT: {"type": "file", "content": "[Service]\nExecStart=/usr/bin/kubelet --v=2 --name=%H\n"}})
    argv = "/usr/bin/kubelet --v=2 --name=worker-1"
    show = {"FragmentPath": FRAGMENT, "ExecStart": f"{{ path=/usr/bin/kubelet ; argv[]={argv} ; ignore_errors=no }}"}
    line = loaded(unit("kubelet.service", {"show": show}, AT, facts), facts)
    assert [(flag.name, flag.value, flag.place.line) for flag in line.flags] == [("v", "2", 2), ("name", "worker-1", 2)]


def test_empty_exec_start_clears() -> None:
    """Only the command after the last empty ExecStart= counts; of two that are left the later one is shown."""
    assert pairs(disk("ExecStart=/usr/bin/kubelet --v=1\nExecStart=\nExecStart=/usr/bin/kubelet --v=2")) == [("v", "2")]
    assert pairs(disk("ExecStart=/usr/bin/kubelet --v=1\nExecStart=/usr/bin/kubelet --v=2")) == [("v", "2")]
    assert disk("ExecStart=/usr/bin/kubelet\nExecStart=") == CommandLine()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/usr/bin/nice -n 5 /usr/bin/kubelet --v=2", [("v", "2")]),
        ("/usr/bin/hyperkube kubelet --v=2", [("v", "2")]),
        ("/usr/local/bin/kubelet-1.36 --v=2", [("v", "2")]),
        ("/usr/local/bin/start-node.sh --config=/a", []),
        ("/bin/sh -c '/usr/bin/kubelet --config=/a'", []),
        ("/usr/local/bin/k3s agent --kubelet-arg=v=2", []),
    ],
)
def test_flags_of_other_programs_are_not_the_kubelets(command: str, expected: list[tuple[str, str]]) -> None:
    """What a script or another program makes of its arguments is unknown, not guessed."""
    assert pairs(disk(f"ExecStart={command}")) == expected


def test_command_that_only_systemd_knows() -> None:
    """Without readable unit files systemd's own words give the flags, with the unit file as their place."""
    show = {
        "FragmentPath": "/etc/systemd/system/kubelet.service",
        "ExecStart": "{ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet --config=/a $X ; ignore_errors=no ; pid=0 }",
        "Environment": "X=--v=2",
    }
    line = loaded(unit("kubelet.service", {"show": show}, AT), {})
    assert [(flag.name, flag.value, str(flag.place)) for flag in line.flags] == [
        ("config", "/a", "/etc/systemd/system/kubelet.service"),
        ("v", "2", "/etc/systemd/system/kubelet.service"),
    ]


@pytest.mark.parametrize("host", [{}, {"kubelet": None}, {"kubelet": {"pid": 7}}, {"kubelet": {"cmdline": []}}])
def test_no_live_process(host: dict[str, object]) -> None:
    """Without a process, or a look at it, there are no running arguments."""
    assert running(host) is None


def test_live_process() -> None:
    """The arguments of the live process have it as their place."""
    line = running({"kubelet": {"pid": 7, "cmdline": ["/usr/bin/kubelet", "--v=2"]}})
    assert line is not None
    (flag,) = line.flags
    assert (flag.name, flag.value, str(flag.place), flag.origin) == ("v", "2", "/proc/7/cmdline", "process")
