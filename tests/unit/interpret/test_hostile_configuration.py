# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a node's configuration holds, interpreting it never fails."""

from __future__ import annotations

from datetime import UTC, datetime

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
    *("[Service]\n", "ExecStart=", "Environment=", "EnvironmentFile=", "/usr/bin/kubelet ", "--config ", " \\\n", "---\n"),
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
