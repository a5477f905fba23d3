# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in API server: serves what `kubectl get --raw` and the stand-in kubelet need, over mutual TLS."""

from .main import main

__all__ = ["main"]
