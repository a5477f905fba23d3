# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a node's configuration holds, interpreting it never fails."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.command_line import loaded, on_disk, running
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.environment import (
    environment,
    environment_files,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files, follow
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.kubeconfig import kubeconfig
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.kubelet_config import kubelet_config
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.systemd import unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import CommandLine, Flag

AT = datetime(2026, 11, 23, tzinfo=UTC)
FRAGMENT = "/usr/lib/systemd/system/kubelet.service"
LINE = CommandLine(
    "/usr/bin/kubelet",
    tuple(
        Flag(name, path, Place("/x", 1), "unit")
        for name, path in (("config", "/config"), ("config-dir", "/drop-ins"), ("kubeconfig", "/kubeconfig"))
    ),
)
# What the readers give a meaning to, so that random text gets somewhere.
PIECES = [
    *("a", ":", " ", "\n", "- ", '"', "'", "\\", "=", "#", ";", "{", "}", "[", "]", "*", "&x ", "*x", "<<: ", "!!int "),
    *("$A", "${A}", "%", "1", ".", "e", "_", "~", "@", "\t", "\r", "\x00", "\x1b", "\udcff", "\u2028", "\ufeff", "|\n"),
    *("kind: KubeletConfiguration\n", "apiVersion: kubelet.config.k8s.io/v1beta1\n", "maxPods: ", "syncFrequency: "),
    *(
        "clusters:\n",
        "users:\n",
        "contexts:\n",
        "current-context: ",
        "name: ",
        "cluster:\n",
        "server: https://",
        "---\n",
    ),
    *("[Service]\n", "ExecStart=", "Environment=", "EnvironmentFile=", "/usr/bin/kubelet ", "--config ", " \\\n"),
    f"# {FRAGMENT}\n",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
KEYS = ["show", "cat", "type", "status", "target", "resolves", "content", "entries", "mode", "mtime", "truncated", "/a"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_any_text(one: str, other: str) -> None:
    """Files and systemd's output may hold anything."""
    texts = {"/config": one, "/drop-ins/a.conf": other, "/kubeconfig": other, "/env": one, FRAGMENT: one + other}
    facts = files({path: {"type": "file", "content": text} for path, text in texts.items()})
    kubelet_config(LINE, facts)
    kubeconfig("kubeconfig", LINE, facts, x509.certificates)
    show = {
        "ExecStart": f"{{ path=/x ; argv[]={one} ; ignore_errors=no }}",
        "Environment": other,
        "EnvironmentFiles": f"{one} (ignore_errors=yes)",
        "ActiveEnterTimestamp": one,
    }
    kubelet = unit("kubelet.service", {"show": show, "cat": other}, AT, facts, 5.0)
    on_disk(kubelet, environment(kubelet, environment_files(kubelet, facts)))
    loaded(kubelet, facts)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_any_structure(evidence: dict[str, object]) -> None:
    """Values of the evidence may have any type."""
    facts = files(evidence)
    for path in facts:
        follow(facts, path)
    loaded(unit("kubelet.service", evidence, AT, facts), facts)
    running(evidence)


MANY = 20_000
EXPLOSIONS = {
    "variable in many words": ("Environment=A=" + "x" * MANY, "$A " * MANY),
    "variable many times in one word": ("Environment=A=" + "x" * MANY, "${A}" * MANY),
    "many lines": ("", " \\\n--v=2" * MANY),
    "many commands": ("ExecStart=/usr/bin/kubelet\n" * MANY, ""),
    "many environment files": ("EnvironmentFile=/*/*\n" * MANY, ""),
    "many specifiers": ("", "%H" * MANY),
}


@pytest.mark.parametrize(("lines", "arguments"), EXPLOSIONS.values(), ids=EXPLOSIONS)
def test_unit_made_to_explode(lines: str, arguments: str) -> None:
    """A unit whose command line would grow without end is read in a moment and stays small."""
    text = f"[Service]\n{lines}\nExecStart=/usr/bin/kubelet {arguments}\n"
    facts = files({FRAGMENT: {"type": "file", "content": text}, "/etc/x": {"type": "file", "content": "A=1\n" * 100}})
    argv = f"/usr/bin/kubelet {arguments.replace('%H', 'host')}x"
    show = {"ExecStart": f"{{ path=/usr/bin/kubelet ; argv[]={argv} ; ignore_errors=no }}", "Environment": lines[12:]}
    begin = time.process_time()
    kubelet = unit("kubelet.service", {"show": show}, AT, facts)
    line = on_disk(kubelet, environment(kubelet, environment_files(kubelet, facts)))
    loaded(kubelet, facts)
    assert time.process_time() - begin < 5
    assert sum(map(len, line.arguments)) < 4_000_000


@pytest.mark.parametrize(
    "value", ["1" * 200_000 + "x", "1m" * 100_000 + "x", '"' + "1." * 100_000 + '"', "9" * 200_000]
)
def test_value_made_to_keep_us_busy(value: str) -> None:
    """A value that is long and almost right is judged in a moment."""
    head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    text = f"{head}syncFrequency: {value}\nreservedMemory: [{{limits: {{memory: {value}}}}}]\n"[:250_000]
    facts = files({"/config": {"type": "file", "content": text}})
    begin = time.process_time()
    assert kubelet_config(LINE, facts).configured
    assert time.process_time() - begin < 5
