#!/bin/sh
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Path, mode, owner and checksum of everything on a host that a repair may touch.
find /etc/kubernetes /etc/default /etc/sysctl.d /etc/eks /etc/rancher /etc/systemd/system /etc/containerd /usr/lib/systemd/system/kubelet.service.d \
     /var/snap/microk8s/8612/args /var/snap/microk8s/8612/credentials /var/lib/kubelet/config.yaml /var/lib/kubelet/*_manager_state /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/pki /etc/fstab \
     -xdev \( -type f -o -type l \) ! -name '*.conf.lock' 2>/dev/null | LC_ALL=C sort | while read -r path; do
  printf '%s %s ' "$path" "$(stat -c '%a %u %g' "$path")"
  if [ -L "$path" ]; then readlink "$path"; else sha256sum < "$path"; fi
done
find /etc/kubernetes -type d -printf '%p %m %U %G\n' 2>/dev/null | LC_ALL=C sort
stat -L -c '%n %a %u %g' /usr/bin/kubelet 2>/dev/null || true
for setting in fs/inotify/max_user_instances fs/inotify/max_user_watches net/ipv4/ip_forward; do
  printf '%s %s\n' "$setting" "$(cat "/proc/sys/$setting")"
done
for unit in kubelet containerd k3s-agent rke2-agent snap.microk8s.daemon-kubelite; do printf '%s %s\n' "$unit" "$(systemctl is-enabled $unit 2>&1)"; done
