#!/usr/bin/env bash
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run parts of tests/tools/hosts.mk, AT_ONCE of them at a time (on_hosts.sh molecule live): all of them, whatever fails, and
# then say which failed. Parts that cannot run have not passed: where the lab cannot run, this says why and fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! reason=$(PYTHONPATH=tests .venv/bin/python -m lab can-run); then
    printf 'The test hosts cannot run on this machine: %s\n' "$reason" >&2
    printf '"make check" runs the tests that need no hosts.\n' >&2
    exit 1
fi

FAILED=$(mktemp)
export FAILED
trap 'rm -f "$FAILED"' EXIT
# Mostly they wait for hosts, so one more than there are processors.
make --no-print-directory --file=tests/tools/hosts.mk --keep-going --output-sync=target \
    --jobs="${AT_ONCE:-$(($(nproc) + 1))}" "$@" || {
    printf '\nFailed, see their output above: %s\n' "$(paste -sd' ' "$FAILED")" >&2
    exit 1
}
