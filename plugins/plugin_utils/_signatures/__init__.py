# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log signatures as data: one YAML file per layer, read once.

Each entry has ``id``, ``pattern`` (a regular expression over the normalised text of a log pattern), ``source``
(kubelet, systemd, runtime or any), ``needle`` (a literal that every matching text contains, which makes the search
cheap; empty where there is none), ``match`` and ``nomatch`` (raw journal messages that must and must not match; a test
holds them).
"""
