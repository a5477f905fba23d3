# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the service layer that was not recorded: the unit, its process, and who ended it."""

from __future__ import annotations

import json

from accuracy._bundles import CONFIG, Bundle, edit_json, journal, load, message, put, replace, with_journal
from apart._nodes import Made, manager_says, says, state
from redteam._nodes import DEFAULTS, DROP_IN, FLAGS_ENV, absent, drop_in, ends_on, fact, failed, show
from redteam.cases_units import local, not_spawned

_DOWN = {"ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}
_UNIT = ("/lib/systemd/system/kubelet.service", "/usr/lib/systemd/system/kubelet.service", DROP_IN)


def _stopped() -> Bundle:
    return load("kubelet-stopped-disabled")


def _enabled(bundle: Bundle) -> Bundle:
    return state(show(bundle, UnitFileState="enabled"), enabled="enabled")


def _no_unit() -> Bundle:
    gone = absent(_stopped(), *_UNIT)
    gone = show(gone, LoadState="not-found", UnitFileState="", FragmentPath="", DropInPaths="", ExecStart="")
    return state({**with_journal(gone, []), "systemd/kubelet.service.cat": ""}, enabled="not-found")


def _dependency() -> Bundle:
    bundle = drop_in(
        _enabled(_stopped()),
        "/etc/systemd/system/kubelet.service.d/20-docker.conf",
        "[Unit]\nRequires=docker.service\n",
    )
    return manager_says(
        bundle,
        "Dependency failed for kubelet.service - kubelet: The Kubernetes Node Agent.",
        "kubelet.service: Job kubelet.service/start failed with result 'dependency'.",
    )


def _condition() -> Bundle:
    guard = f"ConditionPathExists={CONFIG}"
    bundle = absent(_enabled(_stopped()), CONFIG)
    bundle = drop_in(bundle, "/etc/systemd/system/kubelet.service.d/05-guard.conf", f"[Unit]\n{guard}\n")
    bundle = show(bundle, ConditionResult="no", ConditionTimestampMonotonic="6981560000")
    words = f"was skipped because of an unmet condition check ({guard})."
    return manager_says(bundle, f"kubelet.service - kubelet: The Kubernetes Node Agent {words}")


def _limited(bundle: Bundle) -> Bundle:
    bundle = local(bundle, "StartLimitIntervalSec=300")
    bundle = show(bundle, ActiveState="failed", SubState="failed", Result="exit-code", NRestarts="5", MainPID="0")
    return manager_says(
        state(bundle, active="failed"),
        "kubelet.service: Start request repeated too quickly.",
        "kubelet.service: Failed with result 'exit-code'.",
    )


def _repaired_after_limit() -> Bundle:
    """systemd gave up over a CA file that is there again."""
    healthy, broken = load("healthy"), load("start-limit-hit")
    return put(broken, CONFIG, healthy[f"files{CONFIG}"])


def _no_environment() -> Bundle:
    """EnvironmentFile= without a dash names a file that is not there: nothing is executed."""
    bundle, told = not_spawned("203/EXEC"), []
    for entry in journal(bundle):
        text = message(entry)
        if "Main process exited" in text:
            told += [
                {**entry, "MESSAGE": f"kubelet.service: Failed to {step}: No such file or directory"}
                for step in ("load environment files", "spawn 'start' task")
            ]
        else:
            told.append({**entry, "MESSAGE": text.replace("'exit-code'", "'resources'")})
    bundle = absent(with_journal(bundle, told), "/etc/kubelet.env")
    return local(show(bundle, Result="resources", ExecMainStatus="0"), "EnvironmentFile=/etc/kubelet.env")


def _bad_environment_line() -> Bundle:
    """A second line in kubeadm-flags.env that is no assignment: systemd drops it, the kubelet runs without it."""
    path = "/var/lib/kubelet/kubeadm-flags.env"
    text = load("healthy")[f"files{path}"]
    return manager_says(
        put(load("healthy"), path, f"{text}--node-labels=a=b\n"),
        f"kubelet.service: Ignoring invalid environment assignment '--node-labels=a=b': {path}",
    )


def _killed_once() -> Bundle:
    """Restart=no, and somebody killed the process."""
    bundle, told = load("kill9-loop"), []
    for entry in journal(bundle):
        told.append(entry)
        if "Main process exited, code=killed" in message(entry):
            break
    told.append({**told[-1], "MESSAGE": "kubelet.service: Failed with result 'signal'."})
    down = {"ActiveState": "failed", "SubState": "failed", "Result": "signal", "MainPID": "0", "NRestarts": "0"}
    bundle = local(with_journal(bundle, told), "Restart=no", Restart="no", ExecMainCode="2", ExecMainStatus="9", **down)
    return edit_json(
        state(bundle, active="failed"), "host.json", lambda h: {**h, "kubelet": {**h["kubelet"], "pid": 0}}
    )


def watchdog(reason: str = "checker syncloop failed: sync Loop took longer than expected") -> Bundle:
    """The kubelet's own health check fails, it stops notifying, systemd kills it; again and again."""
    bundle, told = load("kill9-loop"), []
    words = 'E1123 21:36:00.100000    5000 watchdog_linux.go:112] "Do not notify watchdog this iteration as the kubelet'
    for entry in journal(bundle):
        text = message(entry)
        if "Main process exited" in text:
            invocation = {"SYSLOG_IDENTIFIER": "kubelet", "_SYSTEMD_INVOCATION_ID": entry.get("INVOCATION_ID")}
            own = {key: value for key, value in entry.items() if key != "INVOCATION_ID"}
            told.append({**own, **invocation, "MESSAGE": f'{words} is reportedly not healthy" err="{reason}"'})
            told.append({**entry, "MESSAGE": "kubelet.service: Watchdog timeout (limit 1min)!"})
        told.append({**entry, "MESSAGE": text.replace("9/KILL", "6/ABRT").replace("'signal'", "'watchdog'")})
    bundle = show(with_journal(bundle, told), Result="watchdog", WatchdogUSec="1min", ExecMainStatus="6")
    return local(bundle, "WatchdogSec=60s")


def _standalone() -> Bundle:
    """10-kubeadm.conf is gone: no --kubeconfig, a kubelet that runs and a control plane that lost it."""
    bundle = absent(load("server-port-wrong"), DROP_IN)
    bundle = replace(bundle, {":6553": ":6443"})
    line = ["/usr/bin/kubelet", "--container-runtime-endpoint=unix:///run/containerd/containerd.sock"]
    bundle = edit_json(bundle, "host.json", lambda h: {**h, "kubelet": {**h["kubelet"], "cmdline": line}})
    argv = "{ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet ; ignore_errors=no ; pid=1 ; code=(null) ; status=0/0 }"
    cat = bundle["systemd/kubelet.service.cat"].partition(f"# {DROP_IN}")[0]
    bundle = show({**bundle, "systemd/kubelet.service.cat": cat}, DropInPaths="", ExecStart=argv, Environment="")
    quiet = [e for e in journal(bundle) if "https://" not in message(e) and "register" not in message(e)]
    healthz = load("healthy")["probes.json"]
    bundle = {
        **with_journal(bundle, quiet),
        "probes.json": json.dumps(
            [p for p in json.loads(healthz) if "10248" in p.get("url", "") or p["probe"] == "unix"]
        ),
    }
    return says(
        bundle,
        'kubelet.go:352] "Kubelet is running in standalone mode, will skip API server sync"',
        'server.go:625] "Standalone mode, no API client"',
        level="I",
        times=1,
        ago=60,
    )


def _stale_override() -> Bundle:
    """An old 10-kubeadm.conf in /etc, which passes a removed flag, replaces the packaged one."""
    path = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
    bundle = put(load("removed-flag-network-plugin"), DEFAULTS, "")
    bundle = put(bundle, FLAGS_ENV, load("healthy")[f"files{FLAGS_ENV}"])
    flagged = {"/usr/bin/kubelet $KUBELET_KUBECONFIG": "/usr/bin/kubelet --network-plugin=cni $KUBELET_KUBECONFIG"}
    bundle = put(bundle, path, replace({"": bundle[f"files{DROP_IN}"]}, flagged)[""])
    changed = replace({key: bundle[key] for key in bundle if key.startswith("systemd/kubelet.service.")}, flagged)
    bundle = {**bundle, **replace(changed, {DROP_IN: path})}
    return show(fact(bundle, path, sha256="1" * 64), DropInPaths=path)


def _raced() -> Bundle:
    """After the boot the kubelet was there before containerd; its second start went well."""
    bundle, earlier = edit_json(load("healthy"), "host.json", lambda h: {**h, "uptime_seconds": 120.0}), "e" * 32
    error = (
        'run.go:72] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1'
        " runtime API"
        ' for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unavailable desc = connection'
        ' error: desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect:'
        " no such file"
        ' or directory\\""'
    )
    entries = journal(bundle)
    told = [
        {**entry, "_SYSTEMD_INVOCATION_ID": earlier} for entry in journal(says(bundle, error, times=1, ago=100))[-1:]
    ]
    return show(with_journal(bundle, [*told, *entries]), NRestarts="1")


NODES: dict[str, tuple[Made, ...]] = {
    "service/unit-not-found": (_no_unit,),
    "service/dependency-failed": (_dependency,),
    "service/condition-skipped": (_condition,),
    "service/start-limit-hit": (_repaired_after_limit,),
    "service/environment-file-missing": (_no_environment,),
    "service/environment-file-syntax": (_bad_environment_line,),
    "service/killed": (_killed_once,),
    "service/watchdog-kill": (watchdog,),
    "service/watchdog-misconfigured": (
        lambda: local(
            ends_on(
                failed("failed to run Kubelet: create health checker: configure watchdog timeout too small: 1s"),
                at="version",
            ),
            "WatchdogSec=1s",
        ),
    ),
    "service/dropin-missing-standalone": (_standalone,),
    "service/dropin-stale-override": (_stale_override,),
    "service/startup-order-race": (_raced,),
}
