#!/usr/bin/env bash
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run all Molecule scenarios, or the ones named. Scenarios that cannot run have not passed: where
# the lab cannot run, this says why and fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! reason=$(PYTHONPATH=tests .venv/bin/python -m lab can-run); then
    printf 'molecule: the test hosts cannot run on this machine: %s\n' "$reason" >&2
    printf 'molecule: "make check" runs the tests that need no hosts.\n' >&2
    exit 1
fi

if [ $# -eq 0 ]; then
    exec molecule test --all
fi
exec molecule test "${@/#/--scenario-name=}"
