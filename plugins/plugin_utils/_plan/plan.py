# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a diagnosis to a plan: one action per finding where a builder can offer one, in the order of the start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._engine.order import GIVEN_UP, LAST
from .._model.diagnosis import Diagnosis
from .._model.expected import Difference, Expectation
from .._model.finding import Effect, Finding
from .._model.plan import BLOCKED, NEVER, Action, NotOffered, Plan, Renewal
from .._model.snapshot import Snapshot
from . import actions_config as config
from . import actions_drop_ins as drop_ins
from . import actions_expected as expected
from . import actions_host as host
from . import actions_kubeconfig as kubeconfig
from . import actions_renewal as renewal
from . import actions_restore as restore
from . import actions_restore_kubeconfig as login
from . import actions_service as service
from . import actions_values as values
from .conflict import conflict
from .context import Context, UnavailableError
from .policy import Policy

BUILDERS: Mapping[str, Callable[[Context], Action]] = {
    "start-kubelet": service.start_kubelet,
    "enable-kubelet": service.enable_kubelet,
    "unmask-kubelet": service.unmask_kubelet,
    "restart-kubelet": service.restart_kubelet,
    "reset-failed-and-start": service.reset_failed_and_start,
    "daemon-reload": service.daemon_reload,
    "start-runtime": service.start_runtime,
    "restart-runtime": service.restart_runtime,
    "set-aside-drop-in": drop_ins.set_aside_drop_in,
    "correct-drop-in": drop_ins.correct_drop_in,
    "set-aside-config-drop-in": drop_ins.set_aside_config_drop_in,
    "remove-flag": config.remove_flag,
    "remove-feature-gate": config.remove_feature_gate,
    "set-client-ca-file": config.set_client_ca_file,
    "set-config-field": values.set_config_field,
    "set-flag": values.set_values,
    "remove-unknown-field": values.remove_unknown_field,
    "set-runtime-endpoint": config.set_runtime_endpoint,
    "remove-cpu-manager-state": config.remove_manager_state,
    "remove-memory-manager-state": config.remove_manager_state,
    "enable-cri-plugin": config.enable_cri_plugin,
    "set-kubeconfig-server": kubeconfig.set_kubeconfig_server,
    "set-kubeconfig-ca": kubeconfig.set_kubeconfig_ca,
    "set-kubeconfig-client-certificate": kubeconfig.set_kubeconfig_client_certificate,
    "set-current-context": kubeconfig.set_current_context,
    "relink-client-certificate": kubeconfig.relink_client_certificate,
    "restore-ca-file": kubeconfig.restore_ca_file,
    restore.RESTORE: restore.restore_kubelet_config,
    login.RESTORE: login.restore_kubeconfig,
    renewal.RENEW: renewal.renew_client_certificate,
    "set-expected-config": expected.set_expected_config,
    "set-expected-flag": expected.set_expected_flag,
    "set-expected-file": expected.set_expected_file,
    "swap-off": host.swap_off,
    host.FREE_SPACE: host.free_space,
    "raise-inotify-limits": host.raise_inotify_limits,
    "enable-forwarding": host.enable_forwarding,
    "make-kubelet-executable": host.make_kubelet_executable,
    host.END_UNFINISHED: host.end_unfinished_repair,
}

_UNFINISHED = "an interrupted repair is ended first; the next round comes back to this"

# What a person may be pointed at: actions that can be offered on some node.
OFFERED = frozenset(BUILDERS)


@dataclass(frozen=True)
class Sources:
    """Where wanted values may come from: all that is expected of the node (with the differences that became findings),
    the endpoint that the control plane publishes and the SHA-256 of its CA, the client certificate that it issued, the
    KubeletConfiguration (YAML) that it gives to nodes."""

    expectations: tuple[Expectation, ...] = ()
    differences: tuple[Difference, ...] = ()
    endpoint: str = ""
    endpoint_ca: str = ""
    renewal: Renewal = field(default_factory=Renewal)
    kubelet_config: str = ""

    @classmethod
    def of(cls, expectations: Iterable[Expectation], published: object, node: Snapshot) -> Sources:
        """``published`` is ``endpoint`` of cluster_info. It counts only where its CA is the one that the node knows, or
        one of the two is not known: another cluster's address is no wanted value."""
        said = published if isinstance(published, Mapping) else {}
        trusted = node.kubeconfig.ca.certificates or node.certificate("client-ca").certificates
        known = {certificate.fingerprint_sha256 for certificate in trusted}
        authority = str(said.get("ca_sha256") or "")
        foreign = bool(known and authority and authority not in known)
        return cls(
            tuple(expectations), endpoint="" if foreign else str(said.get("server") or ""), endpoint_ca=authority
        )


def plan(
    node: Snapshot,
    diagnosis: Diagnosis,
    policy: Policy,
    sources: Sources,
    *,
    run: str,
    verify: Mapping[str, Any],
) -> Plan:
    """Actions for the root causes (and, with ``policy.risks``, the risks), in the order in which the start meets them.

    A consequence gets no action: it goes with its cause. What cannot or may not be done is listed with its reason. An
    interrupted repair is ended before anything else, for that changes the node.
    """
    draft = _Draft(node, policy, sources)
    for finding in _candidates(diagnosis, risks=policy.risks):
        draft.answer(finding)
    first = [action for action in draft.actions if action.id == host.END_UNFINISHED]
    reason = _UNFINISHED if first else draft.blocked(diagnosis)
    refused = list(draft.refused)
    if reason:
        held = [action for action in draft.actions if action not in first]
        refused += [NotOffered(action.finding, action.id, BLOCKED, reason) for action in held]
    return Plan(
        run=run,
        host=node.host_name,
        diagnosed_at=diagnosis.captured_at,
        unit=node.kubelet.name,
        actions=tuple(first if reason else draft.actions),
        not_offered=tuple(refused),
        verify=verify,
    )


@dataclass
class _Draft:
    """A plan in the making."""

    node: Snapshot
    policy: Policy
    sources: Sources
    actions: list[Action] = field(default_factory=list)
    refused: list[NotOffered] = field(default_factory=list)

    def answer(self, finding: Finding) -> None:
        """Add the action for a finding, or the reason why there is none."""
        sources = self.sources
        offer = _offer(
            Context(
                self.node,
                finding,
                expectations=sources.expectations,
                differences=sources.differences,
                endpoint=sources.endpoint,
                endpoint_ca=sources.endpoint_ca,
                renewal=sources.renewal,
                kubelet_config=sources.kubelet_config,
            )
        )
        if isinstance(offer, NotOffered):
            self.refused.append(offer)
            return
        reason = self.policy.refusal(offer.id, offer.classification)
        if reason:
            self.refused.append(NotOffered(finding.id, offer.id, offer.classification, f"{offer.summary}: {reason}"))
            return
        reason = conflict(self.actions, offer)
        if reason:
            self.refused.append(NotOffered(finding.id, offer.id, BLOCKED, reason))
        elif not any(offer.steps == other.steps and offer.restart == other.restart for other in self.actions):
            self.actions.append(offer)

    def blocked(self, diagnosis: Diagnosis) -> str:
        """Why none of the actions can be verified, or empty.

        A kubelet that is down must get through its start; one that runs must not meet, by the restart, a fault that
        waits for it. Such a waiting fault is answered too, where it may be.
        """
        answered = {action.finding for action in self.actions}
        if not self.node.kubelet.running or self.node.crash_looping:
            for root in diagnosis.root_causes:
                if root.effect == Effect.DOWN and root.gate is not None and root.id not in answered:
                    return f"the kubelet cannot start before {root.id} is repaired"
            left = [root for root in diagnosis.root_causes if root.effect == Effect.DOWN and root.id not in answered]
            return f"{left[0].id} would stop it again" if left and answered == {GIVEN_UP} else ""
        if not any(action.restart for action in self.actions):
            return ""
        waiting = [f for f in diagnosis.risks if f.effect == Effect.RISK and f.gate is not None]
        for risk in waiting:
            if risk.id not in answered:
                self.answer(risk)
        answered = {action.finding for action in self.actions}
        left = [risk for risk in waiting if risk.id not in answered]
        return f"a restart would meet {left[0].id}: {left[0].summary}" if left else ""


def _candidates(diagnosis: Diagnosis, *, risks: bool) -> Iterable[Finding]:
    """Findings to act on, by the stage of the start; of the consequences only that systemd gave up, of the risks
    always a repair that was interrupted."""
    given_up = tuple(f for f in diagnosis.consequences if f.id == GIVEN_UP)
    asked = (
        f
        for f in diagnosis.risks
        if f.remedy.repair == host.END_UNFINISHED
        or (risks and (f.effect == Effect.RISK or (f.id.startswith("expected/") and f.remedy.repair)))
    )
    found = (*diagnosis.root_causes, *given_up, *asked)

    def stage(finding: Finding) -> tuple[int, str]:
        return (LAST if finding.gate is None else finding.gate, finding.id)

    return sorted(found, key=stage)


def _offer(at: Context) -> Action | NotOffered:
    """The action for one finding, or why there is none."""
    remedy = at.finding.remedy
    builder = BUILDERS.get(remedy.repair or "")
    if builder is None:
        return NotOffered(at.finding.id, remedy.repair or "", NEVER, f"a person has to do this: {remedy.text}")
    try:
        return builder(at)
    except UnavailableError as error:
        return NotOffered(at.finding.id, remedy.repair or "", remedy.automatic, str(error))
