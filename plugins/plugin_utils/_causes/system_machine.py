# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine as a whole: gone, at the wrong time, shutting down, with a failing disk, or changed under the kubelet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from ...module_utils import _schema
from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.host import Probe
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._machine import api_clock, booted_at
from ._quote import age, iso
from ._trust import SAME_CLOCK

BY_CLOCK = ("certificate/*-expired", "certificate/*not-yet-valid", "kubeconfig/embedded-stale-cert")
_NOT_REACHED = re.compile(r"(?i)could not be reached|unreachable|no route to host|host is down|connection timed out")
# The host answered, only not as Ansible wants it.
_ANSWERED = re.compile(r"(?i)denied|refused|authenticat|password|host key|resolve|identification has changed")
_RELEASE = re.compile(r"v(\d{1,3})\.(\d{1,3})\.(\d{1,3}[\w.+-]{0,40})")


@cause(
    "system/machine-down",
    title="the machine does not answer and its kubelet is silent",
    effect=Effect.DOWN,
    healthy="The host answers, and the kubelet renews its lease every 10 seconds.",
    see="All conditions are Unknown with *Kubelet stopped posting node status*, and Ansible cannot connect either.",
    why="Power, the hypervisor, an ended spot instance, a kernel panic, a boot that failed, or its network card.",
    remedy=Remedy(
        "Look at its console (BMC, hypervisor, cloud): start or replace the machine; drain it first when pods must"
        " move at once (`kubectl drain --force`), or taint it node.kubernetes.io/out-of-service."
    ),
    apart={
        "service/not-running": "there the host answers and the unit is inactive",
        "apiserver/unreachable-timeout": "there the host answers and only its path to the API server is broken",
        "resource/memory-starvation": "there the machine comes back by itself with the same boot id",
    },
    sources=("kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go",),
)
def machine_down(node: Snapshot) -> Iterator[Hit]:
    """Nothing of the host was read because it did not answer, and the control plane hears nothing from it."""
    ready = node.cluster.ready
    states = [node.part(name) for name in _schema.NODE_PARTS]
    reasons = [state.reason for state in states if _NOT_REACHED.search(state.reason)]
    reason = next((text for text in reasons if not _ANSWERED.search(text)), "")
    silent = not any(state.status in (_schema.OK, _schema.TRUNCATED) for state in states)
    if ready is None or ready.status != "Unknown" or not silent or not reason:
        return
    since = f" for {age((node.captured_at - ready.transition_at).total_seconds())}" if ready.transition_at else ""
    text = f"the host does not answer, and the control plane has heard nothing from its kubelet{since}"
    yield Hit(text, (_quote.host(reason, "connection"), _quote.condition(ready)))


@cause(
    "system/clock-skew",
    title="the node's clock is wrong",
    effect=Effect.DOWN,
    explains=(*BY_CLOCK, "certificate/rotation-overdue", "symptom/*"),
    healthy="The node's clock agrees with the API server's to the second.",
    see="*x509: certificate has expired or is not yet valid: current time ... is before ...* on this node only.",
    why="The battery of the hardware clock, a machine that was resumed or restored, NTP blocked or never set up.",
    remedy=Remedy(
        "Set up time synchronisation (`systemctl enable --now chronyd` or systemd-timesyncd), step the clock once"
        " (`chronyc makestep`; it may disturb databases on this node), then `systemctl restart kubelet`.",
    ),
    apart={
        "certificate/apiserver-cert-expired": "there node and API server agree on the time",
        "certificate/client-expired": "there the certificate has expired by the API server's clock as well",
        "certificate/client-not-yet-valid": "there both agree on the time, and the certificate begins later",
    },
    sources=("Go crypto/x509 Verify", "RFC 9110, Date header"),
)
def clock_skew(node: Snapshot) -> Iterator[Hit]:
    """The Date header of the API server's answers differs by minutes, or the clock is before the cluster's CA."""
    ahead, probe = api_clock(node)
    if ahead is None or probe is None:
        yield from _before_the_cluster(node)
        return
    if abs(ahead) <= SAME_CLOCK:
        return
    direction = "ahead of" if ahead > timedelta(0) else "behind"
    moved = _moved_certificate(node, ahead)
    text = f"the node's clock is {age(ahead.total_seconds())} {direction} the API server's{moved}"
    down = bool(moved) and not _api.works(node)
    yield Hit(text, (*_clocks(node, probe), *_certificate_line(node)), Effect.DOWN if down else Effect.RISK)


def _moved_certificate(node: Snapshot, ahead: timedelta) -> str:
    """Which certificate is valid by the API server's clock and not by this node's, as the end of a sentence."""
    here, there = node.captured_at, node.captured_at - ahead
    for role in ("apiserver", "client", "server-ca"):
        leaf = node.certificate(role).leaf
        if leaf is None or leaf.expired(there) or leaf.not_yet_valid(there):
            continue
        if leaf.expired(here) or leaf.not_yet_valid(here):
            how = "has expired" if leaf.expired(here) else "is not valid yet"
            return f": by it the certificate of the {_ROLES[role]} {how}"
    return ": by it a certificate is outside its validity" if _certificate_line(node) else ""


_ROLES = {"apiserver": "API server", "client": "kubelet", "server-ca": "cluster's CA"}


def _certificate_line(node: Snapshot) -> tuple[Evidence, ...]:
    said = _logs.current(node, "api-x509")
    return (_quote.log(said),) if said and "not yet valid" in said.groups["reason"] else ()


def _clocks(node: Snapshot, probe: Probe) -> tuple[Evidence, ...]:
    synchronized = {True: "yes", False: "no", None: "unknown"}[node.host.ntp_synchronized]
    return (
        Evidence(
            "probe", f"Date {iso(probe.date)}, asked at {iso(node.captured_at)} by the node's clock", probe.target
        ),
        _quote.host(f"clock {iso(node.captured_at)}, synchronised by NTP: {synchronized}", "clock"),
    )


def _before_the_cluster(node: Snapshot) -> Iterator[Hit]:
    """Without an answer of the API server: a clock that is before the cluster's CA was made is wrong."""
    use = node.certificate("server-ca")
    authority = use.leaf
    if authority is None or not authority.not_yet_valid(node.captured_at) or _api.works(node):
        return
    behind = age((authority.not_before - node.captured_at).total_seconds())
    text = f"the node's clock says {iso(node.captured_at)}, {behind} before the cluster's CA became valid"
    yield Hit(text, (_quote.certificate(use), *_certificate_line(node)))


@cause(
    "system/graceful-shutdown-stuck",
    title="the kubelet believes that the machine is shutting down",
    effect=Effect.DOWN,
    explains=("symptom/ready-false",),
    healthy="A shutdown ends within shutdownGracePeriod, or logind tells the kubelet that it was cancelled.",
    see="Ready is False with the message *node is shutting down*, and the machine stays up.",
    why="systemd-logind announced a shutdown that then hung or was cancelled without a signal.",
    remedy=Remedy(
        "Finish the reboot; or, when it was cancelled, `systemctl restart kubelet`.",
        "restart-kubelet",
        "needs-approval",
    ),
    apart={"service/not-running": "there the kubelet itself has been stopped"},
    versions="1.21 and newer, with shutdownGracePeriod above 0",
    sources=("kubernetes pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go",),
)
def shutdown_stuck(node: Snapshot) -> Iterator[Hit]:
    """The Ready condition says so for longer than a shutdown takes; a shorter time is a shutdown that goes on."""
    ready = node.cluster.ready
    if ready is None or ready.status != "False" or "node is shutting down" not in ready.message:
        return
    lasted = (node.captured_at - ready.transition_at).total_seconds() if ready.transition_at else 0.0
    stuck = lasted > _grace_seconds(node) + 60
    said = _logs.current(node, "shutdown-detected", window=None)
    evidence = (_quote.condition(ready), *((_quote.log(said),) if said else ()))
    text = f"the kubelet has reported a shutdown of this machine for {age(lasted)}"
    yield Hit(text if stuck else f"{text}: it may still be going on", evidence, Effect.DOWN if stuck else Effect.INFO)


def _grace_seconds(node: Snapshot) -> float:
    """shutdownGracePeriod in seconds ('1m30s'); 0 when it is not set."""
    text = node.config.value("shutdownGracePeriod", "")
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    found = re.findall(r"(\d{1,9})(h|m|s)(?![a-z])", text) if isinstance(text, str) else []
    return sum(float(number) * units[unit] for number, unit in found)


@cause(
    "system/disk-io-errors",
    title="a disk or its connection fails",
    effect=Effect.DEGRADED,
    explains=("resource/readonly-filesystem",),
    healthy="Files can be read and written.",
    see="*input/output error* in the kubelet's log; *I/O error, dev ...* in the kernel's (`journalctl -k -p err`).",
    why="The disk is failing, or the path to it (SAN, iSCSI, NVMe over fabrics) was lost.",
    remedy=Remedy("Drain the node (`kubectl drain`), look at `journalctl -k -p err` and SMART data, replace the disk."),
    apart={
        "resource/readonly-filesystem": "often what follows: the kernel remounts the file system read-only",
        "config/kubelet-config-missing": "there the error is *no such file or directory*",
    },
    sources=("https://github.com/kubernetes/minikube/issues/9122",),
)
def disk_io_errors(node: Snapshot) -> Iterator[Hit]:
    """The kubelet got the error on a path of the host, or the node itself did on one of the files; or the kernel tells
    of a failing disk while all that is read still comes from its caches."""
    said = _logs.current(node, "input-output-error")
    kernel = _logs.of_kernel(node, "kernel-io-error")
    broken = [f for f in node.files.values() if f.type == "error" and "input/output" in (f.error or "").lower()]
    if said is None and not broken:
        if kernel is not None:
            text = f"the kernel reports I/O errors of the disk {kernel.groups['device']}"
            yield Hit(text, (_quote.log(kernel),), Effect.RISK)
        return
    path = broken[0].path if broken else said.groups["path"] if said else ""
    files = tuple(_quote.host(f"{fact.path}: {fact.error}", fact.path) for fact in broken[:3])
    effect = Effect.DOWN if _logs.starting_fails(node) else Effect.DEGRADED
    lines = tuple(_quote.log(each) for each in (said, kernel) if each is not None)
    yield Hit(f"input/output error on {path}", (*files, *lines), effect)


@cause(
    "system/unplanned-package-upgrade",
    title="the kubelet on disk is another release than the one that last reported",
    effect=Effect.INFO,
    healthy="Kubelet packages are held (apt-mark hold, dnf versionlock) and upgraded on purpose.",
    see="The trouble began with an upgrade: removed flags, another default, a runtime that was replaced with it.",
    why="unattended-upgrades or dnf-automatic replaced the package, or an upgrade was begun and not finished.",
    remedy=Remedy(
        "Finish the upgrade, or install the former release again; then hold the packages"
        " (`apt-mark hold kubelet kubeadm`, `dnf versionlock kubelet`)."
    ),
    apart={"apiserver/version-skew": "there the kubelet is newer than the API server"},
    sources=("https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/",),
)
def package_upgrade(node: Snapshot) -> Iterator[Hit]:
    """The binary's version differs from the Node object's, and this kubelet has not reported since it was replaced."""
    here, reported = _RELEASE.search(node.host.kubelet_version), _RELEASE.search(node.cluster.kubelet_version)
    if here is None or reported is None or here.group() == reported.group():
        return
    minor = here.groups()[:2] != reported.groups()[:2]
    boot = booted_at(node)
    packages = f"binary {here.group()}, Node object {reported.group()}"
    when = f", machine up since {iso(boot)}" if boot else ""
    text = f"the kubelet on disk is {here.group()}, the one that last reported was {reported.group()}"
    risk = minor and _api.works(node)
    more = ": the next start brings another minor release" if risk else ""
    yield Hit(text + more, (_quote.host(packages + when, "kubelet --version"),), Effect.RISK if risk else Effect.INFO)
