# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a plan to operations: what is there now, what shall be there, and everything that could stand in the way.

Nothing is changed here. Whatever can be known to fail is refused before the first change.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import (
    attributes,
    client_key,
    kernel,
    paths,
    room,
    splice,
    units,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.operations import (
    ALREADY,
    PLANNED,
    Act,
    Change,
    Prepared,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.paths import PathState

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Plan, Step
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.record import Records
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

_NO_CERTIFICATE = b"(the certificate that the cluster will issue, and a key that is made here)\n"


def prepare(system: System, plan: Plan, records: Records, rehearsal: bool = False) -> Prepared:
    """The operations of a plan.

    :param rehearsal: nothing will be done, so a certificate that is still to be issued may be missing
    :raises RefusedError: the node is not as the plan expects it, or could not take the changes
    """
    preparing = _Preparing(system, records, rehearsal)
    try:
        for step in plan.steps:
            preparing.add(step)
        preparing.look_at_units(plan)
        preparing.require_room()
    except (StepError, OSError, UnicodeError) as exc:  # a path, too, need not be one in the locale of this node
        raise RefusedError(f"The node cannot be looked at: {exc}.") from exc
    return preparing.done


class _Preparing:
    def __init__(self, system: System, records: Records, rehearsal: bool) -> None:
        self.done = Prepared()
        self._system = system
        self._records = records
        self._rehearsal = rehearsal
        self._kinds: dict[str, t.Callable[[Step], None]] = {
            "edit": self._edit,
            attributes.KIND: self._attributes,
            "create": self._create,
            "client_certificate": self._client_certificate,
            "copy": self._copy,
            "directory": self._directory,
            "link": self._link,
            "replace_by_link": self._replace_by_link,
            "move_aside": self._move_aside,
            "unit": self._unit,
            "sysctl": self._sysctl,
            "swapoff": self._swapoff,
            **dict.fromkeys(room.KINDS, self._room),
        }

    def add(self, step: Step) -> None:
        """Adds the operations of a step."""
        self._kinds[step.kind](step)

    def look_at_units(self, plan: Plan) -> None:
        """Reads every unit that the plan touches, and tells which acts change nothing."""
        acts = [act for act in self.done.acts if act.kind == "unit"]
        names = [act.words["unit"] for act in acts] + ([plan.unit] if plan.restart else [])
        for name in dict.fromkeys(names):
            self.done.units[name] = units.found(self._system, name)
        for act in acts:
            found, verb = self.done.units[act.words["unit"]], act.words["verb"]
            earlier = self.done.operations[: self._position(act)]
            if verb == "daemon-reload":
                idle = found.get("NeedDaemonReload") != "yes" and not _pending(earlier)
            elif verb == "restart":
                own = [item for item in earlier if item.action == act.action]
                idle = bool(own) and not _pending(own) and units.running(found)
            else:
                idle = units.done_already(verb, found)
            act.status = ALREADY if idle else PLANNED

    def require_room(self) -> None:
        """Makes sure that every change and all backups fit."""
        changes = [change for change in self.done.changes if change.status == PLANNED]
        planned = {change.path for change in changes if change.new.type == paths.DIRECTORY}
        for change in changes:
            parent = str(Path(change.path).parent)
            if parent not in planned and not Path(parent).is_dir():
                raise RefusedError(f"{parent} is no directory, so {change.path} cannot be in it.")
            paths.require_changeable(change.path, len(change.data))
        paths.require_space(self._records.directory, sum(len(change.old_data) for change in changes) + 64 * 1024)

    def _position(self, act: Act) -> int:
        return next(number for number, item in enumerate(self.done.operations) if item is act)

    def _edit(self, step: Step) -> None:
        earlier = self._change_of(step.path)
        if earlier is not None:
            if earlier.kind != "edit" or earlier.old.sha256 != step.words["sha256"] or earlier.status == ALREADY:
                raise RefusedError(f"The plan changes {step.path} twice in ways that do not go together.")
            earlier.edits = (*earlier.edits, *step.edits)
            earlier.data = splice.splice(earlier.old_data, earlier.edits, step.path)
            earlier.new = _file(earlier.data, earlier.old)
            return
        state, data = self._regular(step.path)
        if state.sha256 != step.words["sha256"]:
            self._refuse_changed(step, state)
            self._add(step, Change(step.action, step.kind, step.path, state, state, data, data, step.edits, ALREADY))
            return
        new = splice.splice(data, step.edits, step.path)
        status = ALREADY if new == data else PLANNED
        self._add(
            step, Change(step.action, step.kind, step.path, state, _file(new, state), data, new, step.edits, status)
        )

    def _refuse_changed(self, step: Step, state: PathState) -> None:
        wanted = step.words["sha256"]
        if self._records.made(step.path, wanted, splice.digest(step.edits)) != state.sha256:
            raise RefusedError(
                f"{step.path} was changed since it was diagnosed "
                f"(SHA-256 {wanted[:12]} then, {state.sha256[:12]} now); diagnose again."
            )

    def _create(self, step: Step) -> None:
        state, data = paths.look(step.path)
        new = step.content.encode("utf-8", "surrogateescape")
        wanted = PathState(paths.FILE, paths.sha256(new), len(new), int(step.words["mode"], 8))
        if state.type != paths.ABSENT and (not state.same(wanted) or state.mode != wanted.mode):
            raise RefusedError(f"{step.path} exists ({state.type}), so it is not created.")
        status = PLANNED if state.type == paths.ABSENT else ALREADY
        self._add(step, Change(step.action, step.kind, step.path, state, wanted, data, new, status=status))

    def _attributes(self, step: Step) -> None:
        wanted, before = attributes.normal(step.words), attributes.of(step.path)
        status = ALREADY if before == wanted else PLANNED
        self.done.operations.append(Act(step.action, step.kind, {"path": step.path, **wanted}, before, status))

    def _client_certificate(self, step: Step) -> None:
        """A certificate with the key that was made for it on this node. Check mode has none yet."""
        state, data = paths.look(step.path)
        if state.type != paths.ABSENT:
            raise RefusedError(f"{step.path} exists ({state.type}), so no certificate is put there.")
        if not step.content and not self._rehearsal:
            raise RefusedError("The plan has no certificate: the cluster has not issued one.")
        new = client_key.with_key(self._system, step.content) if step.content else _NO_CERTIFICATE
        wanted = PathState(paths.FILE, paths.sha256(new), len(new), 0o600)
        self._add(step, Change(step.action, step.kind, step.path, state, wanted, data, new))

    def _copy(self, step: Step) -> None:
        """A second file with the bytes, owner, mode and attributes of one that is there; no bytes are in the plan."""
        state, data = paths.look(step.path)
        if state.type != paths.ABSENT and state.sha256 != step.words["sha256"]:
            raise RefusedError(f"{step.path} exists ({state.type}), so nothing is copied there.")
        if state.type != paths.ABSENT:
            self._add(step, Change(step.action, step.kind, step.path, state, state, data, data, status=ALREADY))
            return
        source, content = self._diagnosed(step.words["source"], step.words["sha256"])
        self._add(step, Change(step.action, step.kind, step.path, state, source, data, content))

    def _directory(self, step: Step) -> None:
        state, data = paths.look(step.path)
        if state.type not in (paths.ABSENT, paths.DIRECTORY):
            raise RefusedError(f"{step.path} exists ({state.type}), so no directory is made there.")
        wanted = PathState(paths.DIRECTORY, mode=int(step.words["mode"], 8))
        status = ALREADY if state.type == paths.DIRECTORY else PLANNED
        self._add(step, Change(step.action, step.kind, step.path, state, wanted, data, status=status))

    def _link(self, step: Step) -> None:
        state, data = paths.look(step.path)
        if state.type not in (paths.ABSENT, paths.LINK):
            raise RefusedError(f"{step.path} is a {state.type}, not a symbolic link, so it is not replaced by one.")
        wanted = PathState(paths.LINK, target=step.words["target"])
        status = ALREADY if state.same(wanted) else PLANNED
        self._add(step, Change(step.action, step.kind, step.path, state, wanted, data, status=status))

    def _replace_by_link(self, step: Step) -> None:
        """A link in the place of a file, whose bytes are in the record."""
        state, data = paths.look(step.path)
        wanted, status = PathState(paths.LINK, target=step.words["target"]), ALREADY
        if not state.same(wanted):
            (state, data), status = self._diagnosed(step.path, step.words["sha256"]), PLANNED
        self._add(step, Change(step.action, step.kind, step.path, state, wanted, data, status=status))

    def _move_aside(self, step: Step) -> None:
        if paths.look(step.path)[0].type == paths.ABSENT:
            absent = PathState(paths.ABSENT)
            self._add(step, Change(step.action, step.kind, step.path, absent, absent, status=ALREADY))
            return
        state, data = self._diagnosed(step.path, step.words["sha256"])
        self._add(step, Change(step.action, step.kind, step.path, state, PathState(paths.ABSENT), data))

    def _unit(self, step: Step) -> None:
        self.done.operations.append(Act(step.action, step.kind, step.words))

    def _sysctl(self, step: Step) -> None:
        name, value = step.words["name"], " ".join(step.words["value"].split())
        self._rewrite(step, kernel.SYSCTL_FILE, lambda data: kernel.sysctl_file(data, name, value), create=True)
        before = kernel.sysctl(self._system, name)
        status = ALREADY if before == value else PLANNED
        self.done.operations.append(Act(step.action, step.kind, {"name": name, "value": value}, before, status))

    def _swapoff(self, step: Step) -> None:
        self._rewrite(step, kernel.FSTAB, kernel.fstab_without_swap)
        devices = kernel.swaps(self._system)
        self.done.operations.append(Act(step.action, step.kind, {}, devices, PLANNED if devices else ALREADY))

    def _room(self, step: Step) -> None:
        """Done by now, unless nothing is to be done at all."""
        if self._rehearsal:
            self.done.operations.append(Act(step.action, step.kind, step.words))

    def _rewrite(self, step: Step, path: str, rewrite: t.Callable[[bytes], bytes], create: bool = False) -> None:
        """Adds a change of a system file whose new content follows from its old one."""
        path = self._system.root + path
        earlier = self._change_of(path)
        if earlier is not None:
            earlier.data = rewrite(earlier.data)
            earlier.new = _file(earlier.data, earlier.new)
            earlier.status = ALREADY if earlier.data == earlier.old_data else PLANNED
            return
        state, data = paths.look(path)
        if state.type == paths.ABSENT:
            if not create:
                return
        else:
            state, data = self._regular(path)
        new = rewrite(data)
        like = state if state.type == paths.FILE else PathState(paths.FILE, mode=0o644)
        status = ALREADY if new == data else PLANNED
        self.done.operations.append(
            Change(step.action, step.kind, path, state, _file(new, like), data, new, status=status)
        )

    def _regular(self, path: str) -> tuple[PathState, bytes]:
        state, data = paths.look(path)
        if state.type == paths.LINK:
            raise RefusedError(
                f"{path} is a symbolic link to {state.shown_target}; the plan must name the file itself."
            )
        if state.type != paths.FILE:
            raise RefusedError(f"{path} is {'not there' if state.type == paths.ABSENT else f'a {state.type}'}.")
        return state, data

    def _diagnosed(self, path: str, sha256: str) -> tuple[PathState, bytes]:
        state, data = self._regular(path)
        if state.sha256 != sha256:
            raise RefusedError(f"{path} was changed since it was diagnosed; diagnose again.")
        return state, data

    def _change_of(self, path: str) -> Change | None:
        return next((change for change in self.done.changes if change.path == path), None)

    def _add(self, step: Step, change: Change) -> None:
        if self._change_of(step.path) is not None:
            raise RefusedError(f"The plan changes {step.path} twice in ways that do not go together.")
        # A change keeps the owner and mode that it has found: they are set after it, whatever the order of the steps.
        acts = [act for act in self.done.acts if act.kind == attributes.KIND and act.words["path"] == change.path]
        self.done.operations.insert(self._position(acts[0]) if acts else len(self.done.operations), change)


def _file(data: bytes, like: PathState) -> PathState:
    """A file with new bytes and the owner, mode and attributes of another; it is modified when it is written."""
    return PathState(paths.FILE, paths.sha256(data), len(data), like.mode, like.uid, like.gid, xattrs=like.xattrs)


def _pending(operations: t.Iterable[Change | Act]) -> bool:
    return any(item.status == PLANNED for item in operations)
