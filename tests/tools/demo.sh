#!/usr/bin/env bash
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Show a diagnosis: of a broken node in the lab, or of recorded evidence where the lab cannot run.
# Run by `make demo`, which sees to .venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

case=ca-path-wrong
host=worker-2

# Print a command as a user would type it, then run it.
show() { printf '\n$ %s\n' "$*"; "$@"; }

if reason=$(PYTHONPATH=tests .venv/bin/python -m lab can-run); then
    make lab
    make lab-break CASE=$case HOST=$host
    printf '\n%s now has a kubelet configuration that names a CA file which does not exist. Its diagnosis:\n' $host
    show ansible-playbook -i tests/lab/.state/inventory.yml playbooks/diagnose.yml -l $host
    printf '\nMore faults: make lab-break (lists them).  Heal: make lab-heal.  Remove the hosts: make lab-down.\n'
else
    printf 'Containers with systemd cannot run here: %s\n' "$reason"
    printf 'So this is the diagnosis of evidence that was recorded on a real node with the same fault:\n'
    show ansible-playbook playbooks/replay.yml -e kubelet_bundle_dir=tests/corpus/$case
fi
