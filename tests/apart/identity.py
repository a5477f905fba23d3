# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of a node's identity that was not recorded."""

from __future__ import annotations

import json

from accuracy._bundles import KUBECONFIG, Bundle, edit_json, journal, load, message, put, replace, with_journal
from apart._nodes import Made, created, host, node_object, older, says
from apart.apiserver import refused
from apart.credentials import dated, plugin, unbootstrapped
from redteam._nodes import CURRENT, absent, flags, probes

_OTHER_BOOT = "11111111-7eb3-442f-9b4b-13e13a055b93"


def _renamed() -> Bundle:
    """hostnamectl set-hostname after the join: the certificate and the old Node have the former name."""
    bundle = load("cert-wrong-node-name")
    bundle = edit_json(bundle, "cluster.json", lambda v: {"error": 'nodes "worker-3" not found', "csrs": v["csrs"]})
    return put(bundle, "/etc/hosts", bundle["files/etc/hosts"] + "127.0.1.1 worker-99\n")


def _two_machines() -> Bundle:
    """A clone of another machine: its boot id and address are in the Node, written seconds ago."""
    bundle = host(load("healthy"), boot_id=_OTHER_BOOT, addresses=["10.240.0.99"])
    conflict = (
        'Operation cannot be fulfilled on leases.coordination.k8s.io \\"worker-7\\": the object has been modified;'
        " please apply your changes to the latest version and try again"
    )
    bundle = says(older(bundle, 1800), f'controller.go:251] "Failed to update lease" err="{conflict}"', times=30)
    return _reported(bundle, ago=20)


def _reported(bundle: Bundle, ago: float) -> Bundle:
    at = created(bundle, ago)

    def change(view: dict[str, object]) -> dict[str, object]:
        status = json.loads(json.dumps(view))["node"]["status"]
        conditions = [{**c, "lastHeartbeatTime": at} for c in status["conditions"]]
        return {**view, "node": {**view["node"], "status": {**status, "conditions": conditions}}}

    return edit_json(bundle, "cluster.json", change)


def _invalid_name() -> Bundle:
    bundle = replace(load("cert-missing-dangling"), {})
    words = (
        'Node \\"my_node\\" is invalid: metadata.name: Invalid value: \\"my_node\\": a lowercase RFC 1123'
        " subdomain must"
        " consist of lower case alphanumeric characters, '-' or '.'"
    )
    bundle = host(refused(words, 422), hostname="my_node")
    bundle = put(bundle, "/etc/hostname", "my_node\n")
    return edit_json(bundle, "cluster.json", lambda _view: {"error": 'nodes "my_node" not found', "csrs": []})


def _foreign_address() -> Bundle:
    bundle = host(flags(load("healthy"), "--node-ip=10.0.0.9"), addresses=["10.240.0.17"])
    return says(
        bundle,
        'kubelet_node_status.go:787] "Failed to set some node status fields" err="failed to validate nodeIP: node IP:'
        ' \\"10.0.0.9\\" not found in the host\'s network interfaces" node="worker-7"',
    )


def _cloud() -> Bundle:
    bundle = flags(load("healthy"), "--cloud-provider=external")
    taint = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
    return node_object(bundle, spec={"taints": [taint]})


def _unmapped_role() -> Bundle:
    bundle = refused("Unauthorized", 401)
    bundle = put(bundle, KUBECONFIG, plugin(bundle))
    bundle = unbootstrapped(absent(bundle, dated(bundle), CURRENT))
    return probes(bundle, lambda _probe: {"client_certificate": None})


def agent(words: str) -> Bundle:
    """An agent of K3s that cannot join: it has not started its kubelet, and says why."""
    bundle = replace(load("server-port-wrong"), {"kubelet.service": "k3s-agent.service"})
    bundle = with_journal(bundle, [e for e in journal(bundle) if "https://" not in message(e)])
    bundle = absent(bundle, KUBECONFIG, dated(bundle), CURRENT)
    bundle = edit_json(bundle, "probes.json", lambda _made: [])
    return says(bundle, f'time="2026-11-23T21:39:00Z" level=error msg="{words}"', times=6)


_PASSWORD = (
    "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server"
    " node-passwd entry, try enabling a unique node name with the --with-node-id flag"
)
_UNREACHED = (
    "Failed to validate connection to cluster at https://10.0.0.195:6443: failed to get CA certs: Get"
    ' \\"https://127.0.0.1:6444/cacerts\\": read tcp 127.0.0.1:60386->127.0.0.1:6444: read: connection reset by peer'
)


NODES: dict[str, tuple[Made, ...]] = {
    "identity/hostname-changed": (_renamed,),
    "identity/duplicate-hostname": (_two_machines,),
    "identity/hostname-invalid": (_invalid_name,),
    "identity/node-ip-not-local": (_foreign_address,),
    "identity/cloud-provider-uninitialized": (_cloud,),
    "identity/eks-role-not-mapped": (_unmapped_role,),
    "apiserver/join-server-unreachable": (lambda: agent(_UNREACHED),),
    "identity/k3s-node-password": (lambda: agent(_PASSWORD),),
}
