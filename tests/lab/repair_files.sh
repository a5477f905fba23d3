#!/bin/sh
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Path, mode, owner and checksum of everything on a host that a repair may touch.
find /etc/kubernetes /etc/default /etc/eks /etc/rancher /etc/systemd/system /etc/containerd /usr/lib/systemd/system/kubelet.service.d \
     /var/snap/microk8s/8612/args /var/snap/microk8s/8612/credentials /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/pki /etc/fstab \
     -xdev \( -type f -o -type l \) ! -name '*.conf.lock' 2>/dev/null | LC_ALL=C sort | while read -r path; do
  printf '%s %s ' "$path" "$(stat -c '%a %u %g' "$path")"
  if [ -L "$path" ]; then readlink "$path"; else sha256sum < "$path"; fi
done
for unit in kubelet containerd k3s-agent rke2-agent snap.microk8s.daemon-kubelite; do printf '%s %s\n' "$unit" "$(systemctl is-enabled $unit 2>&1)"; done
