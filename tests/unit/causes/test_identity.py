# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the node is: each cause of the identity layer where it holds, and its neighbours where it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from corpus._load import load_evidence, load_snapshot
from unit.causes._api_nodes import silent
from unit.causes._make import evidence, findings, healthy, logged, node_of, put, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Field, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Flag
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

BOOT = "9bb856c0-7eb3-442f-9b4b-13e13a055b93"
DENIED = (
    'nodes "{new}" is forbidden: User "system:node:{old}" cannot get resource "nodes" in API group "" at the cluster'
    " scope: node '{old}' cannot read '{new}', only its own Node object"
)
UNREGISTERED = (
    'E1123 21:37:31.530973    4109 kubelet_node_status.go:117] "Unable to register node with API server, error getting'
    ' existing node" err="{}" node="{}"'
)


def flagged(node: Snapshot, name: str, value: str) -> Snapshot:
    """The node with one more flag in its environment file."""
    flag = Flag(name, value, Place("/etc/default/kubelet", 1), "environment-file")
    line = node.command_line
    return replace(node, command_line=replace(line, flags=(*line.flags, flag)))


# Host name


def renamed(new: str = "other-7", *, case: str = "cert-wrong-node-name", known_as: str = "worker-99") -> Snapshot:
    """A recorded node that is refused as another one's, called ``new`` now, with a Node object of the certificate's
    name (or of any other)."""
    changed: dict[str, Any] = {**load_evidence(case)}
    changed["host"] = {**changed["host"], "hostname": new}
    text = DENIED.format(new=new, old="worker-99")
    changed["probes"] = [
        {**probe, "body": text} if "/nodes/" in str(probe.get("url")) else probe for probe in changed["probes"]
    ]
    seen = changed["cluster"]["node"]
    changed["cluster"] = {"node": {**seen, "metadata": {**seen["metadata"], "name": known_as}}}
    return snapshot(changed, host_name=new)


def test_renamed_host() -> None:
    """The Node object of this host has the certificate's name: one root, with the command that helps."""
    node = renamed()
    assert roots(node) == {"identity/hostname-changed"}
    found = findings(node)["identity/hostname-changed"]
    assert found.summary == "this node joined as worker-99 and now calls itself other-7"
    assert "hostnamectl set-hostname worker-99" in found.remedy.text


@pytest.mark.parametrize("path", ["/etc/hostname", "/etc/hosts"])
def test_former_name_in_a_file_of_the_host(path: str) -> None:
    """The files still say it where the control plane was not asked."""
    changed: dict[str, Any] = {**load_evidence("cert-wrong-node-name")}
    changed["files"] = dict(changed["files"])
    put(changed, path, "worker-99\n" if path == "/etc/hostname" else "127.0.0.1 localhost\n127.0.1.1 worker-99\n")
    changed.pop("cluster")
    assert roots(snapshot(changed, host_name="w")) == {"identity/hostname-changed"}


def test_former_name_in_an_earlier_registration() -> None:
    """An earlier start registered under the certificate's name."""
    node = replace(load_snapshot("cert-wrong-node-name"), cluster=ClusterView())
    earlier = 'I1123 20:36:14.100000    1750 kubelet_node_status.go:79] "Successfully registered node" node="worker-99"'
    assert roots(logged(node, earlier, ago=3000, newest=False)) == {"identity/hostname-changed"}


def test_former_name_in_the_serving_certificate() -> None:
    """The kubelet made it for itself under the name that the host had at its first start."""
    node = replace(load_snapshot("cert-wrong-node-name"), cluster=ClusterView())
    use = node.certificate("serving")
    assert use.leaf is not None
    old = replace(use, certificates=(replace(use.leaf, common_name="worker-99@1795467191"),))
    assert roots(replace(node, certificates={**node.certificates, "serving": old})) == {"identity/hostname-changed"}


def test_foreign_certificate_is_not_a_renamed_host() -> None:
    """The Node object has the host's present name, and nothing knows the certificate's: the certificate is wrong."""
    assert roots(load_snapshot("cert-wrong-node-name")) == {"certificate/client-cn-mismatch"}
    blind = replace(load_snapshot("cert-wrong-node-name"), cluster=ClusterView())
    assert roots(blind) == {"certificate/client-cn-mismatch"}


def test_short_and_full_name() -> None:
    """The same name with and without its domain is the same host."""
    changed = {**load_evidence("cert-wrong-node-name")}
    changed["host"] = {**changed["host"], "hostname": "worker-99.example.org"}
    changed.pop("cluster")
    assert roots(snapshot(changed, host_name="w")) == {"identity/hostname-changed"}


def test_rename_that_has_not_hit_yet() -> None:
    """The running kubelet goes on under the name of its start: a risk. Upper case is no other name."""
    node = healthy()
    later = replace(node, host=replace(node.host, hostname="worker-seven"))
    found = findings(later)
    assert found["identity/hostname-changed"].effect == Effect.RISK
    assert findings(replace(node, host=replace(node.host, hostname="WORKER-7"))) == {}


def test_override_keeps_the_name() -> None:
    """--hostname-override with the certificate's name; with another one it is the override that changed."""
    node = replace(healthy(), host=replace(healthy().host, hostname="worker-seven"))
    assert "identity/hostname-changed" not in findings(flagged(node, "hostname-override", "worker-7"))
    other = findings(flagged(healthy(), "hostname-override", "seven"))["identity/hostname-changed"]
    assert "(/etc/default/kubelet:1)" in other.summary
    assert "--hostname-override=worker-7" in other.remedy.text


def test_names_that_somebody_else_gives() -> None:
    """A cloud provider inside the kubelet, and k3s, name nodes by other rules."""
    node = replace(healthy(), host=replace(healthy().host, hostname="ip-10-0-0-7"))
    assert "identity/hostname-changed" not in findings(replace(node, profile="k3s"))
    assert "identity/hostname-changed" not in findings(flagged(node, "cloud-provider", "aws"))


@pytest.mark.parametrize("name", ["my_node", "node-", "-"])
def test_name_that_cannot_be_one(name: str) -> None:
    """The API server refuses it; state alone says so too for a node that is in no cluster."""
    node = replace(silent(), host=replace(healthy().host, hostname=name), node_name=name, certificates={})
    node = replace(node, cluster=ClusterView(asked=True, node_found=False, error=f'nodes "{name}" not found'))
    refused = f'Node \\"{name}\\" is invalid: metadata.name: Invalid value: \\"{name}\\"'
    assert "identity/hostname-invalid" in findings(node)
    assert "identity/hostname-invalid" in findings(logged(node, UNREGISTERED.format(refused, name)))
    assert name in findings(node)["identity/hostname-invalid"].summary


@pytest.mark.parametrize("name", ["worker-7", "a.b-c.example.org", "7"])
def test_name_that_is_valid(name: str) -> None:
    """Dots, dashes and digits are allowed."""
    node = replace(silent(), host=replace(healthy().host, hostname=name))
    assert "identity/hostname-invalid" not in findings(node)


# Two machines, one name


def with_boot(here: str, reported_ago: float = 30, address: str = "10.240.0.99") -> Snapshot:
    """The node with a boot id of its own, and a Node object that was written some seconds ago."""
    changed = evidence()
    changed["host"]["boot_id"] = here
    changed["host"]["addresses"] = [address]
    node = node_of(changed)
    at = node.captured_at - timedelta(seconds=reported_ago)
    ready = replace(node.cluster.conditions["Ready"], heartbeat_at=at)
    return replace(node, cluster=replace(node.cluster, conditions={**node.cluster.conditions, "Ready": ready}))


def test_other_machine_writes_this_node() -> None:
    """Its boot id is in a status that was written after this machine had booted."""
    node = with_boot("11111111-7eb3-442f-9b4b-13e13a055b93")
    assert roots(node) == {"identity/duplicate-hostname"}


def test_own_boot_and_the_boot_before() -> None:
    """The own boot id or address, or a status from before the reboot of a node that has not reported since."""
    assert findings(with_boot(BOOT)) == {}
    assert findings(with_boot("11111111-7eb3-442f-9b4b-13e13a055b93", address="10.240.0.17")) == {}
    rebooted = with_boot("11111111-7eb3-442f-9b4b-13e13a055b93", reported_ago=400)
    rebooted = replace(rebooted, host=replace(rebooted.host, uptime_seconds=120))
    assert "identity/duplicate-hostname" not in findings(rebooted)


def test_endless_conflicts() -> None:
    """Many in a row over minutes, not one or two."""
    text = (
        'E1123 21:37:31.345000    4750 controller.go:251] "Failed to update lease" err="Operation cannot be fulfilled'
        ' on leases.coordination.k8s.io \\"worker-7\\": the object has been modified; please apply your changes"'
    )
    node = logged(healthy(), text, count=30)
    *others, last = node.log.patterns
    lasting = replace(last, first_at=last.last_at - timedelta(minutes=5))
    endless = replace(node, log=replace(node.log, patterns=(*others, lasting)))
    assert "identity/duplicate-hostname" in findings(endless)
    assert "identity/duplicate-hostname" not in findings(logged(healthy(), text, count=2))


# Addresses


def test_address_that_is_not_here() -> None:
    """The flag with its place, and what the host has instead."""
    node = replace(healthy(), host=replace(healthy().host, addresses=("10.240.0.17",)))
    node = flagged(node, "node-ip", "10.0.0.9")
    assert roots(node) == {"identity/node-ip-not-local"}
    text = findings(node)["identity/node-ip-not-local"].summary
    assert text == "--node-ip 10.0.0.9 (/etc/default/kubelet:1) is not an address of this host"


@pytest.mark.parametrize("value", ["10.240.0.17", "::", "fd00::9", "10.240.0.17,fd00::9", ""])
def test_address_that_may_be_here(value: str) -> None:
    """The own one, an open one, and IPv6, of which nobody listed the addresses."""
    node = replace(healthy(), host=replace(healthy().host, addresses=("10.240.0.17",)))
    assert findings(flagged(node, "node-ip", value)) == {}
    assert findings(flagged(replace(node, host=replace(node.host, addresses=None)), "node-ip", "10.0.0.9")) == {}


def test_address_that_the_kubelet_refuses() -> None:
    """Its own words; a malformed one ends the start; no default route is another cause."""
    text = 'E1123 21:37:31.345000    8507 kubelet_node_status.go:720] "Failed to set some node status fields" err="{}"'
    here = text.format('failed to validate nodeIP: node IP: \\"10.0.0.9\\" not found in the host\'s network interfaces')
    assert "identity/node-ip-not-local" in findings(logged(healthy(), here))
    route = text.format('can\'t get ip address of node w. error: no default routes found in \\"/proc/net/route\\"')
    assert "identity/node-ip-not-local" not in findings(logged(healthy(), route))
    bad = 'E1123 21:37:31.345000    8507 run.go:72] "command failed" err="bad --node-ip \\"10.0.0\\""'
    assert roots(stopped(logged(healthy(), bad))) == {"identity/node-ip-not-local"}


# Cloud, k3s, EKS


def test_uninitialized_taint() -> None:
    """Minutes after the registration nobody has removed it; right after it, that is normal."""
    node = healthy()
    taint = "node.cloudprovider.kubernetes.io/uninitialized=true:NoSchedule"
    tainted = replace(node, cluster=replace(node.cluster, taints=(taint,)))
    assert roots(tainted) == {"identity/cloud-provider-uninitialized"}
    metadata = {**node.cluster.raw_node["metadata"], "creationTimestamp": "2026-11-23T21:37:00Z"}
    young = replace(tainted.cluster, raw_node={**node.cluster.raw_node, "metadata": metadata})
    assert "identity/cloud-provider-uninitialized" not in findings(replace(tainted, cluster=young))


def test_agent_that_k3s_refuses() -> None:
    """Only for k3s and RKE2, and only what is said now."""
    text = (
        'time="2026-11-23T21:37:29Z" level=error msg="Failed to retrieve agent configuration: Node password rejected,'
        " duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry\""
    )
    agent = replace(healthy(), profile="k3s")
    assert "identity/k3s-node-password" in findings(logged(agent, text))
    assert "identity/k3s-node-password" not in findings(logged(healthy(), text))
    assert "identity/k3s-node-password" not in findings(logged(agent, text, ago=3000))


def test_role_without_access() -> None:
    """AWS gives the token and the API server refuses it; without that plugin a 401 is the certificate's."""
    text = UNREGISTERED.format("Unauthorized", "w")
    command = Field("users[0].user.exec.command", "aws", Place("/var/lib/kubelet/kubeconfig", 14))
    node = silent(replace(healthy(), probes=type(healthy().probes)(), certificates={}))
    node = replace(node, kubeconfig=replace(node.kubeconfig, exec_command=command))
    assert "identity/eks-role-not-mapped" in roots(logged(node, text, count=5))
    plain = replace(node, kubeconfig=replace(node.kubeconfig, exec_command=None))
    assert "identity/eks-role-not-mapped" not in findings(logged(plain, text, count=5))
    assert "identity/eks-role-not-mapped" not in findings(unit(node))
