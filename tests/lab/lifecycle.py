# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person does with a lab: up, down, status, break, heal."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, NoReturn

from lab import cases, hostfiles, inventory, machine, namespace, network, rootfs, ssh, topology
from lab.hosts import Hosts, cgroup_parent
from lab.podman import Podman
from lab.settings import OTHER_LABS
from lab.shell import LabError
from lab.topology import CONTROL_PLANE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.settings import Settings
    from lab.topology import Host, Topology

_BUILD_AT_ONCE = 2
_CREATE_AT_ONCE = 4


@dataclass
class Lab:
    """One lab, by its settings; ``say`` gets one line of progress at a time."""

    settings: Settings
    say: Callable[[str], None]
    podman: Podman = field(init=False)

    def __post_init__(self) -> None:
        self.podman = Podman(self.settings.cache_dir, self.settings.run_dir)

    def up(self) -> None:
        """Bring all hosts up, pristine. Raises LabError that says which host did not come up and why."""
        reason = machine.cannot_run()
        if reason:
            raise LabError(reason)
        started = time.monotonic()
        with self._machine_lock():
            self._prepare_machine()
            self.podman.prepare()
            planned = self._plan()
            self._build_images(planned)
            hosts = Hosts(self.podman, self.settings, planned)
            hosts.remove_all()
        self._start(hosts, planned.hosts)
        path = self.settings.inventory
        path.write_text(inventory.render(planned, ssh.user_key(self.settings.state_dir)), encoding="utf-8")
        self.say(f"lab {self.settings.name}: {len(planned.hosts)} hosts up in {time.monotonic() - started:.1f} s")
        self.say(f"inventory {path}")

    def _prepare_machine(self) -> None:
        installed = machine.install_packages()
        if installed:
            self.say(f"installed {', '.join(installed)}")
        raised = machine.raise_limits()
        if raised:
            self.say(raised)

    def down(self) -> None:
        """Remove hosts, network, keys and, after the last lab, the namespace. Built images stay for the next time."""
        with self._machine_lock():
            if self.podman.has_storage():
                self._remove_from_podman()
            self._remove_state()
        self.say(f"lab {self.settings.name} is gone")

    def _remove_state(self) -> None:
        """Remove keys, certificates and memory of this lab, and no other lab's."""
        for path in self.settings.state_dir.glob("*"):
            if path.name == OTHER_LABS:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        with contextlib.suppress(OSError):  # it is not empty while there are other labs, or not there at all
            self.settings.state_dir.rmdir()

    def _remove_from_podman(self) -> None:
        self.podman.prepare()
        nothing = topology.Topology(subnet="", created=0, hosts=[])
        Hosts(self.podman, self.settings, topology.load(self.settings.state_dir) or nothing).remove_all()
        network.remove(self.podman, self.settings.name)
        self.podman.remove_cgroup(cgroup_parent(self.settings.name))
        if not network.names(self.podman):
            namespace.remove(self.settings.run_dir)
            shutil.rmtree(self.settings.run_dir, ignore_errors=True)

    def status(self) -> list[str]:
        """Return one line for each host."""
        planned = topology.load(self.settings.state_dir)
        if planned is None or not self.podman.is_prepared():
            return [topology.NOT_UP]
        hosts = Hosts(self.podman, self.settings, planned)
        states = hosts.states()
        return [
            f"{host.name:14} {host.address:14} Debian {host.release}  {states.get(hosts.container(host), 'absent'):8} "
            f"{'broken: ' + ', '.join(planned.broken[host.name]) if host.name in planned.broken else 'pristine'}"
            for host in planned.hosts
        ]

    def look_inside(self, arguments: Sequence[str]) -> NoReturn:
        """Become podman with these arguments, on this lab's storage."""
        self._must_be_up()
        self.podman.replace_this_process(*arguments)

    def break_host(self, case_id: str, host_name: str) -> None:
        """Apply a case to a host, and remember it even when it fails half-way. Returns when the fault can be seen."""
        self._must_be_up()
        case = cases.load(case_id)
        with topology.changing(self.settings.state_dir) as planned:
            host = planned.host(host_name)
            planned.broken.setdefault(host.name, []).append(case_id)
        hosts = Hosts(self.podman, self.settings, planned)
        for where, steps in ((planned.control_plane, case.controlplane_steps), (host, case.node_steps)):
            if steps:
                hosts.execute(where, _script(host, steps))
        # What a fault looks like takes a while to be seen whole: several restarts, a lease that runs out.
        time.sleep(case.settle_seconds)
        self.say(f"{host.name} is broken: {case.title}")

    def heal(self, host_name: str | None) -> None:
        """Make one host (or every broken one) pristine by making it anew: same files, keys and certificates."""
        self._must_be_up()
        with topology.changing(self.settings.state_dir) as planned:
            names = [planned.host(host_name).name] if host_name else list(planned.broken)
        applied = [(planned.host(name), cases.load(each)) for name in names for each in planned.broken.get(name, [])]
        hosts = Hosts(self.podman, self.settings, planned)
        for host, case in reversed(applied):
            self._undo(hosts, host, case)
        # A new control plane knows no nodes, and the kubelets that it lost have it in their logs.
        all_of_them = CONTROL_PLANE in names or any(case.controlplane_steps for _host, case in applied)
        again = [host for host in planned.hosts if all_of_them or host.name in names]
        for host in [] if all_of_them else again:
            hosts.forget_node(host)
        self._start(hosts, again)
        with topology.changing(self.settings.state_dir) as planned:
            for host in again:
                planned.broken.pop(host.name, None)
        self.say(f"pristine: {', '.join(host.name for host in again) or 'all hosts were'}")

    def _undo(self, hosts: Hosts, host: Host, case: cases.Case) -> None:
        """Undo what outlives the host, such as swap of the machine below; a host too broken for it is made anew too."""
        try:
            if case.undo_steps:
                hosts.execute(host, _script(host, case.undo_steps))
        except LabError as error:
            self.say(f"could not undo {case.id} on {host.name}: {error}")

    def _start(self, hosts: Hosts, wanted: list[Host]) -> None:
        # One after the other: hosts share the certificate authority, which the first one makes.
        archives = [hostfiles.host_archive(host, hosts.topology, self.settings.state_dir) for host in wanted]
        with ThreadPoolExecutor(_CREATE_AT_ONCE) as pool:
            list(pool.map(hosts.create, wanted, archives))
            list(pool.map(hosts.wait, wanted))
        hosts.wait_until_ready(wanted)

    def _plan(self) -> Topology:
        """Plan the hosts and take a network for them: the one they have already, since it is in certificates."""
        name, state_dir = self.settings.name, self.settings.state_dir
        known = topology.load(state_dir) if network.exists(self.podman, name) else None
        if known is None:
            network.remove(self.podman, name)
            self._remove_state()
        subnet = known.subnet if known else network.choose_subnet(network.taken(self.podman))
        network.ensure(self.podman, name, subnet)
        created = known.created if known else int(time.time())
        planned = topology.plan(subnet, self.settings.workers, self.settings.releases, created)
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        topology.save(state_dir, planned)
        return planned

    def _must_be_up(self) -> None:
        if not self.podman.is_prepared():
            raise LabError(topology.NOT_UP)

    def _build_images(self, planned: Topology) -> None:
        recipes = {rootfs.recipe(host.release, control_plane=host.role == "controlplane") for host in planned.hosts}
        mirror = self.settings.mirror or machine.mirror()
        missing = [recipe for recipe in recipes if not rootfs.exists(self.podman, recipe)]
        if not missing:
            return
        started = time.monotonic()
        rootfs.remove_interrupted(self.podman)
        self.say(f"building {len(missing)} root filesystems from {mirror}")
        keyring = rootfs.Keyring(self.podman, mirror)
        paths = {recipe: keyring.path(recipe.release) for recipe in missing}
        with ThreadPoolExecutor(_BUILD_AT_ONCE) as pool:
            list(pool.map(lambda recipe: rootfs.build(self.podman, recipe, mirror, paths[recipe]), missing))
        rootfs.remove_unused(self.podman)
        self.say(f"built them in {time.monotonic() - started:.0f} s")

    @contextlib.contextmanager
    def _machine_lock(self) -> Iterator[None]:
        """Hold off other labs of this machine while packages, images, the namespace or networks change."""
        self.settings.cache_dir.mkdir(parents=True, exist_ok=True)
        with (self.settings.cache_dir / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say("waiting for another lab of this machine")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _script(host: Host, steps: tuple[str, ...] | list[str]) -> str:
    """Return steps as one script; NODE is the name of the host that the case is about."""
    return "\n".join([f"NODE={host.name}", *steps, ""])
