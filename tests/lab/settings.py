# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where one lab lives and what it is made of, from the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.shell import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_NAME = "nodelab"
RELEASES = (11, 12, 13)
"""Debian releases that a host can have: Python 3.9, 3.11 and 3.13."""
MOST_WORKERS = 40
OTHER_LABS = "labs"
"""Folder of the labs that do not have the default name, within the default lab's own."""
# Names of podman's own networks and ways to connect a container: no network of a lab can have them.
_RESERVED = ("bridge", "container", "default", "host", "none", "ns", "pasta", "podman", "private", "slirp4netns")
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Settings:
    """One lab. Labs of different names share built images and nothing else."""

    name: str = DEFAULT_NAME
    workers: int = 2
    releases: tuple[int, ...] = (12, 13)
    """Debian releases of worker-1, worker-2, ...; repeated when there are more workers."""
    mirror: str | None = None
    """Debian mirror; None takes the one this machine's apt uses."""
    cache_dir: Path = Path("/var/cache/nodeclinic-lab")
    run_dir: Path = Path("/run/nodeclinic-lab")

    @property
    def state_dir(self) -> Path:
        """Keys, certificates, inventory and memory of this lab."""
        base = _HERE / ".state"
        return base if self.name == DEFAULT_NAME else base / OTHER_LABS / self.name

    @property
    def inventory(self) -> Path:
        return self.state_dir / "inventory.yml"


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read LAB_NAME, WORKERS, RELEASES and LAB_MIRROR. Raises LabError on a value that cannot be."""
    name = env.get("LAB_NAME") or DEFAULT_NAME
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name) or name in _RESERVED:
        text = f"up to 31 lower-case letters, digits and dashes, a letter first, none of {', '.join(_RESERVED)}"
        raise LabError(f"LAB_NAME={name!r}: {text}")
    return Settings(
        name=name,
        workers=_worker_count(env.get("WORKERS") or "2"),
        releases=_releases(env.get("RELEASES") or "12,13"),
        mirror=env.get("LAB_MIRROR") or None,
    )


def _worker_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise LabError(f"WORKERS={text!r}: a number from 1 to {MOST_WORKERS}")
    return int(text)


def _releases(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    known = {str(release): release for release in RELEASES}
    unknown = [part for part in parts if part not in known]
    if unknown:
        raise LabError(f"RELEASES={text!r}: a list of Debian releases out of {', '.join(known)}, such as 12,13")
    return tuple(known[part] for part in parts)
