#!/usr/bin/env bash
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Make .venv and the .collections tree. Does nothing, fast, when both are up to date.
#   setup.sh        what the playbooks need (requirements/runtime.txt)
#   setup.sh dev    the same and the test tools (requirements/dev.txt)
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
say() { printf 'setup: %s\n' "$*" >&2; }

# Playbooks, tests and type checks all find the collection by its full name through this link.
link_collection() {
    local link=.collections/ansible_collections/nodeclinic/kubelet
    [ "$link" -ef . ] && return
    mkdir -p "${link%/*}"
    ln -sfnT ../../.. "$link"
}

# A Python that can make a venv. Version manager shims are passed over: they answer for any
# version and then fail, so only binaries that report the version asked for count.
usable() { [ -x "$1" ] && "$1" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" 2>/dev/null; }

find_python() {
    local version candidate path
    IFS=: read -ra path <<<"$PATH:/usr/local/bin:/usr/bin"
    for version in 3.14 3.13 3.12 3.11; do
        for candidate in "${path[@]}" "${HOME:-/root}"/.pyenv/versions/"$version".*/bin; do
            if [[ $candidate != */shims ]] && usable "$candidate/python$version" "$version"; then
                printf '%s\n' "$candidate/python$version"
                return
            fi
        done
    done
    return 1
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || return 1
    say "installing $* with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    local log=.cache/apt.log
    { apt-get install -qq -y "$@" || { apt-get update -qq && apt-get install -qq -y "$@"; }; } </dev/null >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
}

make_venv() {
    local python
    if ! python=$(find_python); then
        apt_install python3 python3-venv || die "no Python 3.11 or newer with the venv module was found; install one (Debian: apt-get install python3 python3-venv)"
        python=$(find_python) || die "the system's Python is older than 3.11, which no supported ansible-core runs on"
    fi
    say "making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv || die "$python could not make a virtual environment"
}

# The stamp names everything that an environment depends on: where it lies and what was asked for.
digest() { { printf '%s\n' "$root"; cat "$@"; } | sha256sum | cut -d' ' -f1; }

install() {
    local stamp=.venv/.stamp-$1 want
    shift
    want=$(digest requirements/constraints.txt "$@")
    [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ] && return
    say "installing ${*}"
    rm -f "$stamp"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --constraint=requirements/constraints.txt "${@/#/--requirement=}" \
        || die "pip could not install ${*}; see its message above"
    printf '%s\n' "$want" >"$stamp"
}

link_collection
mkdir -p .cache
exec 9>.cache/setup.lock
flock 9
if ! grep -qsF "$root/.venv" .venv/bin/pip || ! .venv/bin/python -c '' 2>/dev/null; then
    make_venv
fi
install runtime requirements/runtime.txt
if [ "${1:-}" = dev ]; then
    install dev requirements/runtime.txt requirements/dev.txt
fi
