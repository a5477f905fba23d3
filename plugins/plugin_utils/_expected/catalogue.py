# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference from an expected value means, by the group of its path. Each entry has a page like the causes.

An entry judges nothing itself: ``compare.py`` does, over what is expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._model.cause import Cause, cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot

SOURCE = ("Comparison with expected values, see docs/expected.md",)
APPROVAL = "needs-approval"
_WHY = "Somebody changed it on this node only, or an upgrade or a change of the cluster has not reached this node."


def by_comparison(_node: Snapshot) -> Iterator[Hit]:
    """Never holds on a node alone: it takes something to compare with."""
    return iter(())


def _entry(name: str, title: str, what: str, remedy: Remedy, why: str = _WHY) -> Cause:
    return cause(
        f"expected/{name}",
        title=title,
        effect=Effect.INFO,
        healthy="As the inventory declares it, as the control plane publishes it, as on the reference node, or as most"
        f" of its peers have it (the first of these that says anything): {what}.",
        see=f"One line for each value, with its place and who expects what: {what}. A warning where the inventory"
        " declares it or where a wrong value breaks pods; otherwise information, and the node stays healthy.",
        why=why,
        remedy=remedy,
        sources=SOURCE,
    )(by_comparison)


KUBELET_CONFIGURATION = _entry(
    "kubelet-configuration",
    "a field of KubeletConfiguration is not as expected",
    "the kubelet's configuration",
    Remedy(
        "Set the expected value in the kubelet's configuration file and restart the kubelet; or, where this node is"
        " right, correct the source that expects the other value, or accept the difference with kubelet_ignore.",
        "set-expected-config",
        APPROVAL,
    ),
)
KUBECONFIG = _entry(
    "kubeconfig",
    "the kubelet's kubeconfig names another server or CA than expected",
    "the server and the CA of the kubelet's kubeconfig",
    Remedy(
        "Set the expected server in the kubelet's kubeconfig and restart the kubelet. Another CA means another cluster,"
        " or one whose CA was replaced: find out which before anything is changed.",
        "set-expected-server",
        APPROVAL,
    ),
)
FLAG = _entry(
    "flag",
    "a flag of the kubelet is not as expected",
    "the kubelet's command line",
    Remedy(
        "Correct the flag in the file that gives it and restart the kubelet.",
        "set-expected-flag",
        APPROVAL,
    ),
)
UNIT = _entry(
    "unit",
    "the kubelet's unit file or a drop-in is not as expected",
    "what systemd starts",
    Remedy(
        "Compare `systemctl cat kubelet` with that of another node; correct or remove the drop-in, then"
        " `systemctl daemon-reload`."
    ),
)
FILE = _entry(
    "file",
    "owner, mode, kind or content of a file is not as expected",
    "owner and mode of the files that the kubelet uses",
    Remedy(
        "`chmod` and `chown` as expected, `mkdir` for a lost directory; the kubelet needs no restart.",
        "set-expected-file",
        APPROVAL,
    ),
)
CERTIFICATE = _entry(
    "certificate",
    "a certificate of the kubelet is not as expected",
    "issuer, names and remaining time of the kubelet's certificates",
    Remedy("Look at it with `openssl x509 -noout -text -in FILE`; where it is wrong, have it issued again."),
    "It was issued by another CA or by hand, or it will expire earlier than you allow.",
)
VERSION = _entry(
    "version",
    "a version is not as expected",
    "the version of the kubelet, the container runtime, the kernel and the system",
    Remedy("Upgrade the packages as on the other nodes, one node after the other; drain it first."),
    "An upgrade has not reached this node, or went further there.",
)
KERNEL = _entry(
    "kernel",
    "a kernel setting is not as expected",
    "the kernel's settings (sysctl)",
    Remedy("Set it with `sysctl -w NAME=VALUE` and for the next boot in a file below /etc/sysctl.d."),
)
SWAP = _entry(
    "swap",
    "swap is not as expected",
    "whether swap is in use and in fstab",
    Remedy("`swapoff -a` and its line in /etc/fstab, or the other way round where swap is wanted."),
)
RUNTIME = _entry(
    "runtime",
    "the container runtime is not as expected",
    "the container runtime, its socket and its cgroup driver",
    Remedy("Correct the runtime's configuration, restart it, then the kubelet. Drain the node first."),
)
CNI = _entry(
    "cni",
    "the CNI configuration files are not as expected",
    "the files in the directory of CNI configurations",
    Remedy(
        "The network plugin's pod on this node writes them: look at that pod; remove what another plugin left behind."
    ),
)
SERVICE = _entry(
    "service",
    "the state of a service is not as expected",
    "whether the kubelet and its container runtime are active and enabled",
    Remedy("`systemctl enable --now UNIT`, or `systemctl disable --now UNIT` where it shall not run."),
)

BY_GROUP: Mapping[str, Cause] = {
    "config": KUBELET_CONFIGURATION,
    "kubeconfig": KUBECONFIG,
    "flags": FLAG,
    "unit": UNIT,
    "files": FILE,
    "certificates": CERTIFICATE,
    "versions": VERSION,
    "kernel": KERNEL,
    "swap": SWAP,
    "runtime": RUNTIME,
    "cni": CNI,
    "service": SERVICE,
}
EXPECTED: tuple[Cause, ...] = tuple(sorted(BY_GROUP.values(), key=lambda found: found.id))
BY_ID: Mapping[str, Cause] = {found.id: found for found in EXPECTED}
