# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File facts keep "absent", "may not look" and "nobody looked" apart, and links lead to their targets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import file_at, files, follow


@pytest.mark.parametrize(
    ("entry", "kind", "looked_at", "absent"),
    [
        ({"type": "file", "size": 1}, "file", True, False),
        ({"type": "absent"}, "absent", True, True),
        ({"type": "link", "target": "x", "resolves": None}, "link", True, True),
        ({"type": "link", "target": "x", "resolves": False}, "link", True, True),
        ({"type": "link", "target": "x", "resolves": "/etc/x"}, "link", True, False),
        ({"status": "denied"}, "denied", False, False),
        ({"type": "error", "error": "[Errno 13] Permission denied: '/etc/x'"}, "denied", False, False),
        ({"type": "link", "target": "x"}, "link", True, False),
        ({"status": "timeout", "type": "error"}, "error", False, False),
        ({"status": "timeout"}, "error", False, False),
        ({"status": "denied", "type": "file"}, "file", True, False),
        ({"status": "truncated", "type": "file"}, "file", True, False),
        ({"type": "error", "error": "Stale file handle"}, "error", False, False),
        ({}, "unknown", False, False),
        ({"type": "wormhole"}, "unknown", False, False),
    ],
)
def test_kind_of_a_path(entry: dict[str, Any], kind: str, looked_at: bool, absent: bool) -> None:
    """What could not be looked at is neither there nor absent."""
    fact = files({"/etc/kubernetes/x": entry})["/etc/kubernetes/x"]
    assert (fact.type, fact.looked_at, fact.absent) == (kind, looked_at, absent)


def test_path_nobody_asked_about_is_unknown() -> None:
    """A path that the evidence does not mention is unknown, not absent."""
    fact = file_at({}, "/etc/kubernetes/pki/ca.crt")
    assert (fact.path, fact.type, fact.absent) == ("/etc/kubernetes/pki/ca.crt", "unknown", False)


def test_values_of_a_fact() -> None:
    """Mode, owner, size, time, hashes and text arrive; keys that the model lacks are kept aside."""
    entry = {
        "type": "file",
        "mode": "0600",
        "uid": 0,
        "gid": 0,
        "size": 3,
        "mtime": "2026-11-23T20:53:10Z",
        "sha256": "ab",
        "public_key_sha256": ["cd"],
        "content": "abc",
        "truncated": True,
        "selinux": "unconfined_u",
    }
    fact = files({"/a": entry})["/a"]
    assert (fact.mode, fact.uid, fact.gid, fact.size, fact.sha256) == ("0600", 0, 0, 3, "ab")
    assert fact.mtime == datetime(2026, 11, 23, 20, 53, 10, tzinfo=UTC)
    assert (fact.public_key_sha256, fact.content, fact.truncated) == (("cd",), "abc", True)
    assert fact.extra == {"selinux": "unconfined_u"}


def test_nonsense_is_tolerated() -> None:
    """Values of the wrong type are as good as none, and never an error."""
    entry = {"type": "file", "mode": 420, "uid": "root", "size": True, "mtime": "yesterday", "entries": 3, "content": 1}
    facts = files({"/a": entry, "/b": "file", "/c": None})
    assert set(facts) == {"/a"}
    fact = facts["/a"]
    assert (fact.mode, fact.uid, fact.size, fact.mtime, fact.entries, fact.content) == (None,) * 6


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("/lib/systemd/system/kubelet.service", "/usr/lib/systemd/system/kubelet.service"),
        ("/usr/lib/systemd/system/kubelet.service", "/lib/systemd/system/kubelet.service"),
        ("/var/run/containerd/containerd.sock", "/run/containerd/containerd.sock"),
        ("/bin/kubelet", "/usr/bin/kubelet"),
        ("/etc//kubernetes/./kubelet.conf", "/etc/kubernetes/kubelet.conf"),
    ],
)
def test_other_spellings_of_a_path(asked: str, known: str) -> None:
    """A path through a linked directory, or with superfluous parts, finds the fact that the node reported."""
    facts = files({known: {"type": "file", "sha256": "ab"}})
    assert file_at(facts, asked).sha256 == "ab"


def test_own_fact_wins_over_the_linked_directory() -> None:
    """Where both spellings were looked at, each keeps its own answer."""
    facts = files({"/lib/x": {"type": "absent"}, "/usr/lib/x": {"type": "file"}})
    assert (facts["/lib/x"].type, facts["/usr/lib/x"].type) == ("absent", "file")


def test_links_are_followed_to_the_content() -> None:
    """A chain of relative and absolute links ends at the file, also when the bundle only says that it resolves."""
    facts = files(
        {
            "/var/lib/kubelet/pki/current.pem": {"type": "link", "target": "old.pem", "resolves": True},
            "/var/lib/kubelet/pki/old.pem": {"type": "link", "target": "/srv/new.pem", "resolves": True},
            "/srv/new.pem": {"type": "file", "content": "pem"},
        }
    )
    assert facts["/var/lib/kubelet/pki/current.pem"].resolves == "/srv/new.pem"
    assert follow(facts, "/var/lib/kubelet/pki/current.pem").content == "pem"


def test_links_that_go_round_end() -> None:
    """Links that point at each other give the link, not an endless search."""
    entry = {"type": "link", "resolves": True}
    facts = files({"/a": {**entry, "target": "/b"}, "/b": {**entry, "target": "/a"}})
    assert follow(facts, "/a").type == "link"
