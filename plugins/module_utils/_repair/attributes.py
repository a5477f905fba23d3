# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner and mode of a regular file: read, set, and put back. Its content is not touched."""

from __future__ import annotations

import os
import stat as stat_module
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

KIND = "attributes"
KEYS = ("mode", "uid", "gid")
Attributes = t.Dict[str, str]  # noqa: UP006 - evaluated by Python 3.9


def of(path: str) -> Attributes:
    """Mode (octal), user and group (numbers) of a file.

    :raises RefusedError: it is no regular file
    :raises OSError: it cannot be looked at
    """
    facts = os.lstat(path)
    if not stat_module.S_ISREG(facts.st_mode):
        raise RefusedError(f"{path} is no regular file, so its owner and mode are left as they are.")
    return {
        "mode": format(stat_module.S_IMODE(facts.st_mode), "04o"),
        "uid": str(facts.st_uid),
        "gid": str(facts.st_gid),
    }


def normal(words: t.Mapping[str, str]) -> Attributes:
    """The attributes among the words of a step, as :func:`of` gives them."""
    return {"mode": format(int(words["mode"], 8), "04o"), "uid": words["uid"], "gid": words["gid"]}


def put_back(system: System, act: t.Mapping[str, t.Any]) -> bool:
    """Undoes an act of a record, where the file still is as it was left; True when there was something to undo.

    :raises StepError: the system refuses
    """
    try:
        if of(act["path"]) != normal(act):
            return False
    except (RefusedError, FileNotFoundError, NotADirectoryError):  # somebody put something else there
        return False
    put(system, act["path"], act["before"])
    return True


def put(system: System, path: str, wanted: t.Mapping[str, str]) -> None:
    """Sets owner and mode, through the file itself so that a link put in its place is not followed.

    :raises StepError: the system refuses
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchown(handle, int(wanted["uid"]), int(wanted["gid"]))
            os.fchmod(handle, int(wanted["mode"], 8))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as exc:
        raise StepError(f"owner and mode of {path}: {exc.strerror}") from exc
    system.mark(f"attributes {path}")
