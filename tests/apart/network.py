# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the pod network and of the host's that was not recorded."""

from __future__ import annotations

import json

from accuracy._bundles import Bundle, edit_json, load, put
from apart._nodes import CONFLIST, NET, Made, networkless, no_cni, node_object, not_ready, older, says
from redteam._nodes import ends_late, fact

SANDBOX = (
    'log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to setup'
    ' network for sandbox \\"7c1e\\": plugin type=\\"{0}\\" failed (add): {1}"'
)
NOT_READY_LINE = (
    'kubelet.go:3275] "Container runtime network not ready" networkReady="NetworkReady=false'
    " reason:NetworkPluginNotReady"
    ' message:Network plugin returns error: cni plugin not initialized"'
)
SYNC = (
    'pod_workers.go:1324] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"{0}\\" with'
    ' CrashLoopBackOff: \\"back-off 5m0s restarting failed container={0} pod={1}\\"" pod="{1}" podUID="5b1f"'
)


def listed(bundle: Bundle, directory: str, *names: str) -> Bundle:
    """The bundle of a node where a directory holds these names."""
    return fact(bundle, directory, type="directory", mode="0755", entries=list(names))


def conflist(name: str, *plugins: str) -> str:
    """A CNI configuration list."""
    return json.dumps({"cniVersion": "1.0.0", "name": name, "plugins": [{"type": plugin} for plugin in plugins]})


def _pod_fails() -> Bundle:
    return says(no_cni(networkless()), SYNC.format("kube-flannel", "kube-flannel/kube-flannel-ds-x7k2p"))


def _binary_missing() -> Bundle:
    bundle = put(load("healthy"), CONFLIST, conflist("cbr0", "flannel", "portmap"))
    bundle = put(bundle, "/run/flannel/subnet.env", "FLANNEL_NETWORK=10.244.0.0/16\n")
    return says(bundle, SANDBOX.format("flannel", 'failed to find plugin \\"flannel\\" in path [/opt/cni/bin]'))


def _plugin_has_no_state() -> Bundle:
    """containerd 2 asks the plugins of CNI 1.1 for their state, and finds no program."""
    words = 'Network plugin returns error: failed to find plugin "bridge" in path [/opt/cni/bin]'
    reason = "NetworkReady=false reason:NetworkPluginNotReady"
    return older(not_ready(f"container runtime network not ready: {reason} message:{words}"), 9000)


def _no_subnet() -> Bundle:
    bundle = put(load("healthy"), CONFLIST, conflist("cbr0", "flannel", "portmap"))
    bundle = edit_json(
        bundle, "files.json", lambda f: {**f, "/opt/cni/bin": {**f["/opt/cni/bin"], "entries": ["flannel", "portmap"]}}
    )
    error = "loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory"
    return says(bundle, SANDBOX.format("flannel", error))


def _leftover() -> Bundle:
    bundle = put(load("healthy"), f"{NET}/05-calico.conflist", conflist("k8s-pod-network", "calico"))
    bundle = edit_json(
        bundle,
        "files.json",
        lambda f: {**f, "/opt/cni/bin": {**f["/opt/cni/bin"], "entries": [*f["/opt/cni/bin"]["entries"], "calico"]}},
    )
    error = (
        "stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and"
        " has mounted /var/lib/calico/"
    )
    return says(bundle, SANDBOX.format("calico", error))


def _eks() -> Bundle:
    bundle = no_cni(networkless())
    return fact(put(bundle, "/etc/eks/image-credential-provider/config.json", "{}"), "/etc/eks", type="directory")


def _no_cidr() -> Bundle:
    """flannel's init container has written its file, so the runtime is content; flanneld gets no subnet."""
    bundle = node_object(_no_subnet(), spec={"podCIDR": "", "podCIDRs": []})
    return says(bundle, SYNC.format("kube-flannel", "kube-flannel/kube-flannel-ds-x7k2p"))


def _no_cidr_on_a_new_node() -> Bundle:
    return node_object(_pod_fails(), spec={"podCIDR": "", "podCIDRs": []})


def _taken() -> Bundle:
    bundle = ends_late(
        'server.go:205] "Failed to listen and serve" err="listen tcp 0.0.0.0:10250: bind: address already in use"'
    )

    def change(facts: dict[str, object]) -> dict[str, object]:
        kept = [entry for entry in json.loads(json.dumps(facts))["listening"] if entry["port"] != 10250]
        return {**facts, "listening": [*kept, {"address": "*", "port": 10250, "process": "nginx", "pid": 77}]}

    return edit_json(bundle, "host.json", change)


def _no_default_route() -> Bundle:
    """The API server is on the same network, so the node talks to it all the same."""
    error = "can't get ip address of node worker-7. error: no default routes found in"
    return says(
        load("healthy"),
        f'kubelet_node_status.go:787] "Failed to set some node status fields" err="{error} \\"/proc/net/route\\" or'
        ' \\"/proc/net/ipv6_route\\"" node="worker-7"',
    )


NODES: dict[str, tuple[Made, ...]] = {
    "network/cni-config-missing": (lambda: no_cni(networkless()),),
    "network/cni-pod-cannot-start": (_pod_fails,),
    "network/cni-not-reloaded": (networkless,),
    "network/cni-binary-missing": (_binary_missing, _plugin_has_no_state),
    "network/flannel-subnet-env-missing": (_no_subnet,),
    "network/leftover-cni-config": (_leftover,),
    "network/eks-vpc-cni-not-ready": (_eks,),
    "network/pod-cidr-missing": (_no_cidr, _no_cidr_on_a_new_node),
    "network/port-10250-in-use": (_taken,),
    "network/no-default-route": (_no_default_route,),
}
