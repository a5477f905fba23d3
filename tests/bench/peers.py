# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time and memory of comparing many nodes with their peers, on one core. Run by `make bench-peers`.

The nodes are those of tests/corpus, each many times, with names and addresses of their own: mostly healthy ones, of
some releases and sizes, one in twenty with a value that the others do not have, one in ten any of the corpus. Every
snapshot goes the way that it goes in a run: what can be compared is taken from it and put down as JSON with its result,
as the task of each host does; then `report` compares all of them, and writes what changes. The first step and the last
are counted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / ".collections"), str(ROOT / "tests")]

from corpus._load import NAMES, load_snapshot  # noqa: E402

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (  # noqa: E402
    OPTIONS,
    Asked,
    compare_node,
    with_peers,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import write_result  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import Judged  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.certificate import CertificateUse  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.diagnosis import Diagnosis  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot  # noqa: E402

SECONDS, MEGABYTES = 10, 1024
SYSTEMS = ("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 13 (trixie)", "Ubuntu 24.04.1 LTS", "Ubuntu 24.04.2 LTS")
GIB = 1024**3
USER = "system:node:"
CONFIG = "/var/lib/kubelet/config.yaml"
# Values that one node has and the others do not.
ODD = {
    "clusterDNS": ["10.96.0.99"],
    "cgroupDriver": "cgroupfs",
    "authentication.x509.clientCAFile": "/etc/kubernetes/pki/other-ca.crt",
    "rotateCertificates": False,
}


def main() -> int:
    """Make the nodes, compare them, print what it took; 1 when it took more than is allowed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=5000)
    count = options.parse_args().nodes
    with tempfile.TemporaryDirectory() as directory:
        results = Path(directory)
        seen, entries, files = registered(count, results)
        before = process_time()
        done = with_peers(entries, files, {"peers": "on", "peers_max_age": 30})
        compared = process_time() - before
    changed = sum(result != entry["diagnosis"] for result, entry in zip(done.results, entries, strict=True))
    values = len(entries[0]["comparison"]["observed"]["values"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{count} nodes with about {values} values each; {changed} of them differ from their peers\n"
        f"{seen:6.2f} s   what can be compared, from each snapshot (in a run: by the task of each host)\n"
        f"{compared:6.2f} s   all nodes with their peers, and what changes written down (in a run: by report)\n"
        f"{seen + compared:6.2f} s   of processor time in all (allowed: {SECONDS} s for 5000 nodes)\n"
        f"{memory:6.0f} MB  at most, with the results of all nodes (allowed: {MEGABYTES} MB)\n"
    )
    return int(seen + compared > SECONDS * max(count, 5000) / 5000 or memory > MEGABYTES)


def registered(count: int, results: Path) -> tuple[float, list[dict[str, Any]], list[Path]]:
    """What the task of each host registers, the files of the results, and the seconds in which snapshots were looked
    at."""
    options: dict[str, Any] = {name: rule.get("default") for name, rule in OPTIONS.items()}
    seconds, entries, files = 0.0, [], []
    for node, diagnosis in snapshots(count):
        before = process_time()
        observe(node)
        seconds += process_time() - before
        asked = Asked(node, options, results, {"published": published()})
        compared = compare_node(Judged(node, diagnosis), asked)
        entry = {"diagnosis": compared.result, "comparison": compared.registered()}
        entries.append(json.loads(json.dumps(entry)))
        files.append(write_result(results, compared.result))
    return seconds, entries, files


def snapshots(count: int) -> Iterator[tuple[Snapshot, Diagnosis]]:
    """Nodes with their diagnosis, the same ones each time."""
    chance = random.Random(5)  # noqa: S311 - nothing is kept secret by it
    for number in range(1, count + 1):
        base = chance.choice(NAMES) if chance.random() < 0.1 else "healthy"
        known, name = load_snapshot(base), f"node-{number}.example.org"
        address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
        size = chance.choice((8, 16, 16, 16))
        host = replace(
            known.host,
            hostname=name,
            addresses=(address,),
            os_name=chance.choice(SYSTEMS),
            cpus=size // 4,
            memory_total=size * GIB,
        )
        config = known.config
        if chance.random() < 0.05 and "clusterDNS" in config.fields:
            odd = chance.choice(list(ODD))
            fields = {**config.fields, odd: replace(config.fields[odd], value=ODD[odd])}
            config = replace(config, fields=fields)
        named = {role: _issued_to(name, use) for role, use in known.certificates.items()}
        node = replace(known, host_name=name, node_name=name, host=host, config=config, certificates=named)
        yield node, replace(_diagnosis(base), host=name, node_name=name)


def _issued_to(name: str, use: CertificateUse) -> CertificateUse:
    """The certificate of a node's kubelet, with this node's name."""
    if use.leaf is None or not use.leaf.common_name.startswith(USER):
        return use
    return replace(use, certificates=(replace(use.leaf, common_name=f"{USER}{name}"), *use.certificates[1:]))


@cache
def _diagnosis(base: str) -> Diagnosis:
    return diagnose(load_snapshot(base), ())


@cache
def published() -> Mapping[str, Any]:
    """What a control plane made by kubeadm says of its nodes."""
    return {
        "endpoint": {"server": "https://controlplane:6443"},
        "kubelet_config": load_snapshot("healthy").file(CONFIG).content,
        "version": "v1.36.2",
    }


if __name__ == "__main__":
    sys.exit(main())
