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

# The inventory that the lab wrote; LAB_NAME in the environment chooses the lab.
lab_inventory() {
    PYTHONPATH=tests .venv/bin/python -c '
import os
from pathlib import Path
from lab import settings
print(settings.from_environment(os.environ).inventory.relative_to(Path.cwd()))'
}

if reason=$(PYTHONPATH=tests .venv/bin/python -m lab can-run); then
    make --no-print-directory lab
    make --no-print-directory lab-break CASE=$case HOST=$host
    printf '\nThe kubelet of %s now names a CA file that does not exist. Letting it fail for 30 seconds ...\n' $host
    sleep 30
    show ansible-playbook -i "$(lab_inventory)" playbooks/diagnose.yml -l $host
    printf '\nMore faults: make lab-break (lists them).  Heal: make lab-heal.  Remove the hosts: make lab-down.\n'
else
    printf 'Containers with systemd cannot run here: %s\n' "$reason"
    printf 'So this is the diagnosis of evidence that was recorded on a real node with the same fault:\n'
    show ansible-playbook -i localhost, playbooks/replay.yml -e kubelet_bundle_dir=tests/corpus/$case
fi
