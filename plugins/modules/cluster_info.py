# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Tell what the control plane says of all nodes
version_added: "1.0.0"
description:
  - Asks the API server with C(kubectl get --raw) for all nodes, their leases, the certificate requests of kubelets and
    what is published for nodes (endpoint, kubelet configuration, CA), in a fixed number of calls whatever the number of
    nodes. Run it once, on a host of the control plane.
  - No access (no kubectl, no kubeconfig, no answer) is a result with RV(cluster.error), not a failed task.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  kubeconfig:
    description:
      - Kubeconfig with the right to read nodes, leases and certificate signing requests.
      - Without it, the first that exists of E(KUBECONFIG), C(/etc/kubernetes/admin.conf), C(~/.kube/config) and the
        places of K3s, RKE2 and MicroK8s.
    type: path
  kubectl:
    description: Name or path of kubectl.
    type: str
    default: kubectl
  timeout:
    description: Seconds after which a call is given up. From 1 to 600.
    type: int
    default: 15
  wait_for:
    description:
      - Name of a node. The answer is given when it is Ready and has renewed its lease after O(since), at the latest after O(wait).
    type: str
  since:
    description: Time by that node's clock, ISO 8601 in UTC. A lease that was renewed before says nothing.
    type: str
    default: ""
  wait:
    description: Seconds to wait for that node at most. From 0 to 600.
    type: int
    default: 60
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._node.action
seealso:
  - module: nodeclinic.kubelet.diagnose
"""

EXAMPLES = r"""
- name: Ask the control plane once for all nodes
  nodeclinic.kubelet.cluster_info:
  delegate_to: "{{ groups['kubelet_control_plane'][0] }}"
  run_once: true
  register: control_plane

- name: Show how many nodes there are
  ansible.builtin.debug:
    msg: "{{ control_plane.cluster.nodes | length }} nodes, API server {{ control_plane.cluster.version }}"
  when: control_plane.cluster.error is not defined
"""

RETURN = r"""
cluster:
  description: What the control plane says.
  returned: success
  type: dict
  contains:
    error:
      description: Why the control plane could not be asked, in one sentence. Nothing else is returned then.
      returned: when it could not be asked
      type: str
      sample: "kubectl get --raw /api/v1/nodes: The connection to the server controlplane:6443 was refused"
    nodes:
      description: Node objects by name, without images and managed fields.
      returned: when it could be asked
      type: dict
      sample: {worker-2: {apiVersion: v1, kind: Node, metadata: {name: worker-2}}}
    leases:
      description: Lease objects by the name of their node.
      returned: when it could be asked
      type: dict
      sample: {worker-2: {spec: {renewTime: "2026-11-23T21:37:35.892027Z"}}}
    csrs:
      description: The newest certificate signing requests of kubelets, at most 100.
      returned: when it could be asked
      type: list
      elements: dict
      sample: []
    version:
      description: Version of the API server.
      returned: when it could be asked
      type: str
      sample: v1.36.2
    published:
      description:
        - What nodes of this cluster are expected to have. A piece that is not published or could not be read is empty.
        - The ConfigMaps are those of kubeadm. K3s, RKE2 and MicroK8s have only C(kube-root-ca.crt).
      returned: when it could be asked
      type: dict
      contains:
        endpoint:
          description: From C(kube-public/cluster-info), with which nodes join.
          returned: when it could be asked
          type: dict
          contains:
            server:
              description: URL of the API server.
              returned: when there is exactly one
              type: str
              sample: https://controlplane:6443
            ca_sha256:
              description: SHA-256 of the cluster's CA certificate (lower-case hex), empty where it is not embedded.
              returned: when there is exactly one server
              type: str
              sample: 58d3c1e2f0b4a6978c5d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d
        kubelet_config:
          description:
            - KubeletConfiguration (YAML text) from C(kube-system/kubelet-config), which nodes get when they join.
            - Secrets are masked. At most 32 KiB.
          returned: when it could be asked
          type: str
          sample: "apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 10.96.0.10\nkind: KubeletConfiguration\n"
        cluster_configuration:
          description:
            - What concerns nodes of the ClusterConfiguration (YAML text) from C(kube-system/kubeadm-config).
          returned: when it could be asked
          type: str
          sample: "kubernetesVersion: v1.36.2\nnetworking:\n  dnsDomain: cluster.local\n  serviceSubnet: 10.96.0.0/12\n"
        root_ca_sha256:
          description: SHA-256 of each CA certificate in C(kube-system/kube-root-ca.crt), which is given to pods.
          returned: when it could be asked
          type: list
          elements: str
          sample: [58d3c1e2f0b4a6978c5d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d]
        version:
          description: Version of the API server.
          returned: when it could be asked
          type: str
          sample: v1.36.2
    unread:
      description:
        - What could not be read or used, and why, by C(leases), C(csrs), C(version) or the piece of RV(cluster.published).
      returned: when it could be asked
      type: dict
      sample: {}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import cluster
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host


def main() -> None:
    """Asks the control plane."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path"},
            "kubectl": {"type": "str", "default": "kubectl"},
            "timeout": {"type": "int", "default": 15},
            "wait_for": {"type": "str"},
            "since": {"type": "str", "default": ""},
            "wait": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    asked, timeout, wait = module.params, module.params["timeout"], module.params["wait"]
    if not 1 <= timeout <= 600:
        module.fail_json(msg=f"timeout is {timeout}, but must be from 1 to 600.")
    if not 0 <= wait <= 600:
        module.fail_json(msg=f"wait is {wait}, but must be from 0 to 600.")
    # Two programs a second while it waits, and those of the answer: their limit must not cut the answer off.
    host = Host(seconds=timeout + wait + 5.0, max_processes=2 * wait + 20)
    if asked["wait_for"]:
        cluster.wait_until_ready(
            host, asked["kubectl"], asked["kubeconfig"], asked["wait_for"], asked["since"], float(wait)
        )
    found = cluster.collect(host, asked["kubectl"], asked["kubeconfig"], float(timeout))
    module.exit_json(changed=False, cluster=found)


if __name__ == "__main__":
    main()
