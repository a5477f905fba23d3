# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a node stay on it: planted wherever a diagnosis reads, looked for wherever it writes."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from live._lab import LiveLab, Run, run

# A kubelet that runs with secrets in its arguments and its environment and writes others to its log.
UNIT = r"""
mkdir -p /etc/systemd/system/kubelet.service.d /etc/kubernetes/manifests
cat > /opt/talker.py <<'END'
import os, sys, time
print('E1124 07:00:00.000000    99 reflector.go:227] "Failed" err="Get: Authorization: Bearer LOG_TOKEN"')
print('I1124 07:00:00.000001    99 x.go:45] curl -H "Authorization: Bearer LOG_TOKEN" https://u:URL_PASSWORD@x:6443/')
print('{"ts":1,"logger":"x","msg":"login","password":"LOG_PASSWORD","token":"LOG_TOKEN"}')
print(open("/etc/kubernetes/planted.key").read())
print("registry password=LOG_PASSWORD for user=admin")
sys.stdout.flush()
time.sleep(10000)
END
cat > /etc/default/kubelet <<'END'
REGISTRY_PASSWORD=ENVFILE_PASSWORD
AWS_SECRET_ACCESS_KEY="ENVFILE_TOKEN"
KUBELET_EXTRA_ARGS=--token=ARGS_TOKEN --x-password ARGS_PASSWORD
END
cat > /etc/systemd/system/kubelet.service.d/90-planted.conf <<'END'
[Service]
Environment="API_TOKEN=UNIT_TOKEN" "HTTPS_PROXY=http://user:URL_PASSWORD@proxy.example:3128"
ExecStart=
ExecStart=/usr/bin/python3 /opt/talker.py $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_EXTRA_ARGS
END
cat > /etc/kubernetes/manifests/db.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: default}
spec:
  containers:
  - name: db
    image: registry.example/db:1
    args: ["--password=POD_PASSWORD", "--token", "POD_TOKEN"]
    env:
    - name: DB_PASSWORD
      value: POD_PASSWORD
    - {name: API_TOKEN, value: "POD_TOKEN"}
    - name: API_SECRET
      value: |
        POD_TOKEN
END
cat > /etc/kubernetes/planted.key
chmod 600 /etc/kubernetes/planted.key
key=$(base64 -w0 < /etc/kubernetes/planted.key)
user="\1client-key-data: $key\n\1token: CONFIG_TOKEN\n\1username: admin\n\1password: CONFIG_PASSWORD"
sed -i "s#^\( *\)client-key: .*#$user#" /etc/kubernetes/kubelet.conf
cp /etc/kubernetes/planted.key /var/lib/kubelet/pki/kubelet.key
systemctl daemon-reload
systemctl restart kubelet
logger -t kubelet "webhook answered: token=LOG_TOKEN"
"""
PLANTED = (
    *("ARGS_PASSWORD", "ARGS_TOKEN", "CONFIG_PASSWORD", "CONFIG_TOKEN", "ENVFILE_PASSWORD", "ENVFILE_TOKEN"),
    *("LOG_PASSWORD", "LOG_TOKEN", "POD_PASSWORD", "POD_TOKEN", "UNIT_TOKEN", "URL_PASSWORD"),
)


@pytest.fixture
def planted(nodes: LiveLab, tmp_path: Path) -> object:
    """worker-2 with secrets everywhere, healed afterwards: what must not be found, by what it is."""
    made = {name: secrets.token_hex(20) for name in PLANTED}
    key = run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], tmp_path).output
    key = key[key.index("-----BEGIN") :]
    script = re.sub("|".join(PLANTED), lambda name: made[name.group()], UNIT)
    script = script.replace(
        "cat > /etc/kubernetes/planted.key\n", f"cat > /etc/kubernetes/planted.key <<'END'\n{key}END\n"
    )
    nodes.on("worker-2", script)
    for number, line in enumerate(key.splitlines()[1:-1]):
        made[f"line {number} of the private key"] = line
    encoded = nodes.on("worker-2", "base64 -w0 < /etc/kubernetes/planted.key").strip()
    made["the private key in base64"] = encoded[80:140]
    yield made
    nodes.lab.heal("worker-2")


def leaks(made: dict[str, str], texts: dict[str, str]) -> list[str]:
    """Which secret stands in which text."""
    return [f"{name} in {where}" for where, text in texts.items() for name, secret in made.items() if secret in text]


def written(*directories: Path) -> dict[str, str]:
    """All files below directories as text."""
    return {
        str(path): path.read_bytes().decode(errors="replace")
        for directory in directories
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_secrets_stay_on_the_node(nodes: LiveLab, planted: dict[str, str], tmp_path: Path) -> None:
    """Keys, tokens and passwords are neither in results and bundles, nor in -vvv output, logs and temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {
        "ANSIBLE_LOCAL_TEMP": str(temporary),
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        "TMPDIR": str(temporary),
        "ANSIBLE_KEEP_REMOTE_FILES": "0",
    }
    runs: dict[str, Run] = {}
    for playbook, extra in (("diagnose", []), ("capture", ["-e", f"kubelet_bundle_dir={tmp_path / 'bundles'}"])):
        runs[playbook] = nodes.play(
            playbook, "-l", "worker-2", "-vvvv", "--diff", *extra, results=tmp_path / playbook, environment=environment
        )
        assert runs[playbook].status == 0, runs[playbook].output[-3000:]
    for module in ("node_info", "service_info", "journal_info", "config_info", "certificate_info"):
        argv = ["ansible", "-i", str(nodes.inventory), "worker-2", "-m", f"nodeclinic.kubelet.{module}", "-vvv"]
        runs[module] = run(argv, tmp_path / "none", environment)
        assert runs[module].status == 0, runs[module].output[-3000:]
    texts = {f"output of {name}": done.output for name, done in runs.items()}
    assert "worker-2" in texts["output of diagnose"]
    assert "talker.py" in (tmp_path / "bundles/worker-2/systemd/kubelet.service.cat").read_text()
    assert "DB_PASSWORD" in "".join(text for name, text in written(tmp_path / "bundles").items() if "db.yaml" in name)
    assert leaks(planted, {**texts, **written(tmp_path)}) == []
