# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman with a storage, a network directory and settings of the lab's own, so that a user's containers stay apart."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lab import namespace, shell
from lab.cgroup import CGROUP_ROOT

if TYPE_CHECKING:
    from subprocess import CompletedProcess

# No limit of processes, said here: --pids-limit=-1 needs the pids controller, which the hybrid layout has in v1.
# File locks, because podman's default lock segment in shared memory is one for all storages of the machine.
_CONTAINERS_CONF = """\
[containers]
log_driver = "k8s-file"
log_size_max = 1048576
pids_limit = 0

[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{run_dir}/libpod"

[network]
network_backend = "netavark"
network_config_dir = "{run_dir}/networks"
"""
_STORAGE_CONF = """\
[storage]
driver = "overlay"
graphroot = "{cache_dir}/storage"
runroot = "{run_dir}/storage"
"""
_MOST_PROCESSES = 16384
_SECONDS = 180  # on a busy machine; otherwise it is one


@dataclass(frozen=True)
class Podman:
    """Runs podman, in the private mount namespace where there is one."""

    cache_dir: Path
    run_dir: Path

    def prepare(self) -> None:
        """Write the settings files and make the namespace that this machine needs."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        namespace.ensure(self.run_dir)
        for path, text in ((self._containers_conf, _CONTAINERS_CONF), (self._storage_conf, _STORAGE_CONF)):
            path.write_text(text.format(run_dir=self.run_dir, cache_dir=self.cache_dir), encoding="utf-8")

    def is_prepared(self) -> bool:
        """Say whether a lab was brought up since this machine was started."""
        return self._containers_conf.exists()

    def has_storage(self) -> bool:
        """Say whether a lab was ever brought up: its containers outlive a restart of this machine, stopped."""
        return (self.cache_dir / "storage").exists()

    def __call__(self, *args: str, timeout: float = _SECONDS, stdin: bytes = b"") -> str:
        """Run a podman command that must succeed and return its standard output."""
        return shell.output(self._argv("podman", *args), timeout=timeout, stdin=stdin, env=self._env())

    def attempt(self, *args: str, timeout: float = _SECONDS) -> CompletedProcess[str]:
        """Run a podman command that may fail."""
        return shell.run(self._argv("podman", *args), timeout=timeout, env=self._env())

    def holds(self, *args: str) -> bool:
        """Say whether a podman command that asks a question says yes, such as ``image exists``."""
        return self.attempt(*args).returncode == 0

    def json(self, *args: str) -> Any:
        """Run a podman command that prints JSON and return it parsed."""
        return json.loads(self(*args, "--format", "json") or "null")

    def replace_this_process(self, *args: str) -> NoReturn:
        """Become podman, with the terminal of the person who asked."""
        argv = self._argv("podman", *args)
        os.execvpe(argv[0], argv, self._env())  # noqa: S606

    def extract(self, container: str, tar: bytes) -> None:
        """Unpack a tar archive into a stopped container, as seen from inside (its links cannot lead out of it)."""
        root = self("mount", container).strip()
        try:
            shell.output(self._argv("chroot", root, "tar", "-x", "-f", "-"), stdin=tar)
        finally:
            self("unmount", container)

    def remove_cgroup(self, path: str) -> None:
        """Remove a cgroup that podman left behind empty; one that is in use stays."""
        root = f"{CGROUP_ROOT}{path}"
        shell.run(self._argv("find", root, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"))

    def _argv(self, *command: str) -> list[str]:
        return [*namespace.command_prefix(self.run_dir), *command]

    def _env(self) -> dict[str, str]:
        # PATH: an unprivileged login's PATH, kept by su, lacks the sbin directories that netavark needs.
        return {
            **os.environ,
            "PATH": os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin",
            "CONTAINERS_CONF": str(self._containers_conf),
            "CONTAINERS_STORAGE_CONF": str(self._storage_conf),
        }

    @property
    def _containers_conf(self) -> Path:
        return self.run_dir / "containers.conf"

    @property
    def _storage_conf(self) -> Path:
        return self.run_dir / "storage.conf"


def limits() -> list[str]:
    """Return ``--ulimit`` options no higher than our own limits: raising them would need CAP_SYS_RESOURCE."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    processes = _MOST_PROCESSES if processes == resource.RLIM_INFINITY else min(processes, _MOST_PROCESSES)
    return [f"--ulimit=nofile={files}:{files}", f"--ulimit=nproc={processes}:{processes}"]
