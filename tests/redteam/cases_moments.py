# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments: a node that just came back, restarts, rotates, reboots, drains; a runtime that restarts beside it; what the
control plane said a while ago; addresses and balancers; a journal that is not whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accuracy._bundles import Bundle, Entry, edit_json, journal, load, message, replace, with_journal
from apart import network, runtime
from apart._nodes import NO_NETWORK, captured_at, condition, created, host, no_cni, node_object, not_ready, older, says
from apart.apiserver import LEASE
from apart.credentials import dated
from redteam._case import WELL, Case
from redteam._nodes import CURRENT, config, fact, flags, probes, show
from redteam.cases_network import answered, outage, rekeyed
from redteam.cases_units import _full, _with_runtime_of

_OK: dict[str, Any] = {"status": "ok", "error": None}
_REFUSED = "dial tcp 10.240.0.10:6443: connect: connection refused"
_V6 = {
    "https://controlplane:6443": "https://[fd00:10:240::10]:6443",
    "10.240.0.10:6443": "[fd00:10:240::10]:6443",
    '"controlplane"': '"fd00:10:240::10"',
}
_URL = "https://controlplane:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-7?timeout=10s"
_CRI = 'log.go:32] "{0} from runtime service failed" err="rpc error: code = {1} desc = {2}"'
_NO_SUBNET = network.SANDBOX.format("flannel", "open /run/flannel/subnet.env: no such file or directory")
_LATE = _CRI.format("ListPodSandbox", "DeadlineExceeded", "context deadline exceeded")
_PLEG = "PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s"


def _lease(error: str) -> str:
    return LEASE.format(f'Put \\"{_URL}\\": {error}')


def _settled() -> Bundle:
    """The healthy node, whose kubelet has run for hours."""
    return older(load("healthy"), 9000)


def _runtime_restarted() -> Bundle:
    at = f"{captured_at(load('healthy')) - timedelta(seconds=20):%a %Y-%m-%d %H:%M:%S} UTC"
    bundle = show(_settled(), "containerd.service", ActiveEnterTimestamp=at, ExecMainStartTimestamp=at)
    dial = "dial unix /run/containerd/containerd.sock: connect: connection refused"
    gone = f'connection error: desc = \\"transport: Error while dialing: {dial}\\"'
    return says(
        bundle,
        _CRI.format("Status", "Unavailable", gone),
        'kubelet.go:3072] "Container runtime sanity check failed" err="rpc error: code = Unavailable"',
        times=2,
        ago=25,
        every=5,
    )


def _rotated() -> Bundle:
    bundle, new = rekeyed("healthy"), "/var/lib/kubelet/pki/kubelet-client-2026-11-23-21-37-30.pem"
    facts: dict[str, Any] = {"type": "file", "mode": "0600", "mtime": "2026-11-23T21:37:30Z"}
    bundle = fact({**bundle, f"files{new}": bundle[f"files{dated(bundle)}"]}, new, **facts)
    return says(
        fact(bundle, CURRENT, target=new, resolves=True, mtime="2026-11-23T21:37:30Z"),
        'certificate_manager.go:356] "Rotating certificates"',
        'transport.go:140] "Certificate rotation detected, shutting down client connections to start using new'
        ' credentials"',
        level="I",
        times=1,
        ago=8,
    )


def _only_manager(case: str) -> Bundle:
    """The journal dropped what the kubelet wrote (RateLimitBurst=), and kept systemd's lines."""
    bundle = load(case)
    return with_journal(bundle, [e for e in journal(bundle) if e.get("SYSLOG_IDENTIFIER") == "systemd"])


def _earlier_boot() -> Bundle:
    """Before the reboot it could not start; since then it runs."""
    before: list[Entry] = [{**e, "_BOOT_ID": "0" * 32} for e in journal(load("ca-path-wrong"))[:60]]
    return with_journal(host(load("healthy"), uptime_seconds=200.0), before + journal(load("healthy")))


def _view(bundle: Bundle, said: float) -> Bundle:
    """The control plane was asked before the kubelet came back: Ready=Unknown since ``said`` seconds, an old lease."""
    words = "Kubelet stopped posting node status."
    bundle = condition(bundle, "Ready", "Unknown", "NodeStatusUnknown", words, since=said, heard=said + 40)

    def change(view: dict[str, Any]) -> dict[str, Any]:
        lease = view["lease"]
        spec = {**lease["spec"], "renewTime": created(bundle, said + 40)}
        return {**view, "lease": {**lease, "spec": spec}}

    return edit_json(bundle, "cluster.json", change)


def _written_since(bundle: Bundle) -> Bundle:
    """The Node was written after the view of it was taken."""
    old, new = '"resourceVersion":"6424"', '"resourceVersion":"6571"'
    return probes(bundle, lambda p: {"body": p["body"].replace(old, new)} if "/nodes/" in p.get("url", "") else {})


def _starting() -> Bundle:
    bundle = older(load("healthy"), 8)
    return with_journal(bundle, [e for e in journal(bundle) if "register" not in message(e)])


def _outage_begins() -> Bundle:
    bundle = says(_settled(), _lease(_REFUSED), times=3, every=7, ago=2)
    gone = {"status": "refused", "error": "[Errno 111] Connection refused", "code": None, "body": None, "date": None}
    near = ("unix", "resolve")
    bundle = probes(bundle, lambda p: {} if p["probe"] in near or "10248" in p.get("url", "") else gone)
    return edit_json(bundle, "cluster.json", lambda _view: {"error": "The connection to the server was refused"})


def _shutting_down() -> Bundle:
    bundle = older(not_ready("node is shutting down", since=15), 9000)
    bundle = config(bundle, lambda text: text.replace("shutdownGracePeriod: 0s", "shutdownGracePeriod: 1m0s"))
    line = 'nodeshutdown_manager_linux.go:265] "Shutdown manager detected new shutdown event" event="shutdown"'
    return says(bundle, line, level="I", times=1, ago=15)


def _no_network_either() -> Bundle:
    line = network.NOT_READY_LINE
    return says(no_cni(load("server-port-wrong")), line, times=12, every=5)


def _joining() -> Bundle:
    bundle = no_cni(older(not_ready(NO_NETWORK, since=35), 40))
    return node_object(bundle, metadata={"creationTimestamp": created(bundle, 40)})


CASES = (
    Case("a host name in capitals", lambda: host(load("healthy"), hostname="WORKER-7"), (), WELL),
    Case(
        "a full host name in capitals, and the short one as override",
        lambda: flags(host(load("healthy"), hostname="WORKER-7.Example.COM"), "--hostname-override=worker-7"),
        (),
        WELL,
    ),
    Case("IPv6: refused", lambda: replace(outage(_REFUSED, {}), _V6), ("apiserver/connection-refused",)),
    Case(
        "IPv6: another port",
        lambda: replace(
            load("server-port-wrong"),
            {key.replace("6443", "6553"): v.replace("6443", "6553") for key, v in _V6.items()},
        ),
        ("kubeconfig/wrong-server",),
    ),
    Case(
        "HAProxy without a server",
        lambda: answered(
            'an error on the server (\\"<html><body><h1>503 Service Unavailable</h1> No server is available to'
            " handle this"
            ' request. </body></html>\\") has prevented the request from succeeding',
            503,
        ),
        ("apiserver/unavailable",),
    ),
    Case(
        "a virtual address that accepts and hangs up",
        lambda: outage("EOF", _OK, {"status": "error", "error": "EOF occurred in violation of protocol"}),
        ("apiserver/not-answering",),
    ),
    Case("containerd restarts beside a kubelet that runs", _runtime_restarted, (), WELL),
    Case(
        "one call to the runtime was late",
        lambda: says(_settled(), _LATE, times=1),
        (),
        WELL,
    ),
    Case(
        "PLEG was unhealthy, and is not any more",
        lambda: says(_settled(), f'kubelet.go:2661] "Skipping pod synchronization" err="{_PLEG}"', times=6, ago=200),
        (),
        WELL,
    ),
    Case(
        "PLEG is unhealthy, and the journal is gone",
        lambda: with_journal(runtime.NODES["runtime/pleg-unhealthy"][0](), []),
        ("runtime/pleg-unhealthy",),
    ),
    Case("the certificate was rotated seconds ago", _rotated, (), WELL),
    Case("an outage that ended", lambda: says(_settled(), _lease(_REFUSED), times=8, every=7, ago=12), (), WELL),
    Case("an outage that began seconds ago", _outage_begins, ("apiserver/connection-refused",)),
    Case(
        "a clock that is ten minutes off, which nothing minds yet",
        lambda: probes(
            load("healthy"),
            lambda p: {"date": "Mon, 23 Nov 2026 21:27:39 GMT"} if "controlplane" in p.get("url", "") else {},
        ),
        (),
        "at_risk",
    ),
    Case(
        "drained",
        lambda: node_object(
            load("healthy"),
            spec={
                "unschedulable": True,
                "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
            },
        ),
        (),
        WELL,
    ),
    Case("a shutdown that goes on", _shutting_down, (), "healthy at_risk down"),
    Case("restarted seconds ago", _starting, (), WELL),
    Case("crash-looped before the reboot", _earlier_boot, (), WELL),
    Case(
        "the journal dropped all that the kubelet said: a CA",
        lambda: _only_manager("ca-path-wrong"),
        ("certificate/client-ca-file-missing",),
    ),
    Case(
        "the journal dropped all that the kubelet said: the runtime",
        lambda: _only_manager("containerd-stopped-restart"),
        ("runtime/service-down",),
    ),
    Case(
        "asked before the kubelet came back", lambda: _view(older(load("healthy"), 30), 300), (), "healthy at_risk down"
    ),
    Case("asked long before the kubelet came back", lambda: _written_since(_view(load("healthy"), 300)), (), WELL),
    Case("missed, and the view is of now", lambda: _view(_settled(), 300), (), "down"),
    Case(
        "two faults: a CA, and the runtime",
        lambda: _with_runtime_of("containerd-stopped", load("ca-path-wrong")),
        ("certificate/client-ca-file-missing", "runtime/service-down"),
    ),
    Case(
        "two faults: the disk, and the API server",
        lambda: _full(outage(_REFUSED, {}), available_bytes=0),
        ("apiserver/connection-refused", "resource/disk-full"),
    ),
    Case(
        "two faults: the server, and the network",
        _no_network_either,
        ("kubeconfig/wrong-server", "network/cni-config-missing"),
    ),
    Case(
        "a registry that does not answer pulls of a workload",
        lambda: says(
            _settled(),
            'log.go:32] "PullImage from image service failed" err="rpc error: code = DeadlineExceeded desc ='
            " failed to do"
            ' request: Head \\"https://registry.example/v2/x/manifests/1\\": dial tcp 192.0.2.4:443: i/o timeout"',
        ),
        (),
        WELL,
    ),
    Case(
        "the add-on says through its plugin that it is not ready: nothing that we know",
        lambda: older(
            not_ready(
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady"
                " message:Network plugin"
                " returns error: unable to connect to Cilium agent"
            ),
            9000,
        ),
        (),
    ),
    Case(
        "flannel came up late after the boot, and is there",
        lambda: host(says(older(load("healthy"), 290), _NO_SUBNET, times=2, ago=270, every=5), uptime_seconds=300.0),
        (),
        WELL,
    ),
    Case(
        "no network, and one call to the runtime was late",
        lambda: says(no_cni(not_ready(NO_NETWORK, _settled())), _LATE, times=1),
        ("network/cni-config-missing",),
    ),
    Case(
        "the runtime hangs beside a kubelet of which the control plane hears nothing",
        lambda: says(load("server-port-wrong"), _LATE, every=20),
        ("kubeconfig/wrong-server", "runtime/hung"),
    ),
    Case("joined less than a minute ago: the network add-on may still come", _joining, ("network/cni-config-missing",)),
    Case(
        "404 from something that is no API server, for a Node that exists",
        lambda: answered("the server could not find the requested resource", 404),
        (),
    ),
    Case(
        "the runtime is down, and with it PLEG and the network",
        lambda: not_ready(
            f"[container runtime is down, {_PLEG}, {NO_NETWORK}]", older(load("containerd-stopped"), 9000)
        ),
        ("runtime/service-down",),
    ),
)
