#!/usr/bin/env bash
# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run `ansible-test sanity` without containers; arguments are passed on (sanity.sh --test pylint).
# Needs .venv (tests/tools/setup.sh dev).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

# ansible-test keeps its environments and its pip bootstrap under ~/.ansible/test. This home of
# its own keeps them out of the user's and between runs.
user_home=$HOME
export HOME=$root/.cache/ansible-test

# ansible-test fetches pip's bootstrap script from a server of the Ansible project. Python's own
# ensurepip does the same work and needs nothing but a package index.
provide_pip_bootstrap() {
    local requirements version script
    requirements=$(.venv/bin/python -c 'import ansible_test._internal.python_requirements as r; print(r.__file__)')
    version=$(sed -n "s/^ *pip='\(.*\)',$/\1/p" "$requirements")
    [ -n "$version" ] || { echo "sanity: no pip version found in $requirements" >&2; exit 1; }
    script=$HOME/.ansible/test/cache/get_pip_${version//./_}.py
    mkdir -p "${script%/*}"
    cat >"$script" <<'PYTHON'
import subprocess
import sys

# ensurepip makes pip ignore its configuration for as long as its process lives, hence a process of its own.
subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True)
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=False).returncode)
PYTHON
}

# Real interpreters first: the shims of version managers answer for versions that they do not have.
real_pythons() {
    local version
    for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
        find "$user_home/.pyenv/versions" -maxdepth 1 -name "$version.*" -printf '%p/bin:' 2>/dev/null || true
    done
    tr : '\n' <<<"$PATH" | grep -v /shims | paste -sd:
}

provide_pip_bootstrap
PATH=$root/.venv/bin:$(real_pythons)
export PATH

# ansible-test insists on the path .../ansible_collections/NAMESPACE/NAME and reads every file under
# it, so it gets a copy of what git knows or would add, outside of any git work tree: what ships, and
# the unit tests. The corpus is evidence of broken nodes, and the lab is not Ansible content.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
collection=$copy/ansible_collections/nodeclinic/kubelet
mkdir -p "$collection"
git ls-files -z --cached --others --exclude-standard -- . ':!tests/bench' ':!tests/corpus' ':!tests/lab' ':!tests/tools' | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$collection"
cd "$collection"
ansible-test sanity --venv --color "${SANITY_COLOR:-auto}" "$@"
