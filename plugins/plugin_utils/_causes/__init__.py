# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: every cause, one file per group. A cause is added by writing it; it is found by its type."""

from __future__ import annotations

from importlib import import_module

from .._model.cause import Cause

_MODULES = (
    "apiserver_answers",
    "apiserver_cluster",
    "apiserver_join",
    "apiserver_reach",
    "certificate_ca",
    "certificate_client",
    "certificate_files",
    "certificate_identity",
    "certificate_rotation",
    "certificate_server",
    "certificate_serving",
    "config_dropins",
    "config_fields",
    "config_file",
    "config_flags",
    "config_gates",
    "config_managers",
    "config_values",
    "identity_cluster",
    "identity_name",
    "kubeconfig",
    "kubeconfig_files",
    "kubeconfig_server",
    "network_addons",
    "network_cni",
    "network_host",
    "repair_record",
    "resource_disk",
    "resource_memory",
    "resource_mounts",
    "runtime_cri",
    "runtime_pods",
    "runtime_service",
    "service_dropin",
    "service_exec",
    "service_order",
    "service_process",
    "service_start",
    "service_state",
    "service_stopped",
    "symptoms",
    "symptoms_api",
    "system_cgroup",
    "system_kernel",
    "system_machine",
)

CATALOGUE: tuple[Cause, ...] = tuple(
    value
    for module in _MODULES
    for value in vars(import_module(f"{__name__}.{module}")).values()
    if isinstance(value, Cause)
)
