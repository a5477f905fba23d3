# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client certificate that the API server does not accept: dates, issuer, usage, names."""

from __future__ import annotations

from dataclasses import replace

from unit.causes._api_nodes import answered, lease, request, silent, unprobed
from unit.causes._certificate_nodes import (
    DAY,
    NOW,
    changed_leaf,
    changed_use,
    server_clock,
)
from unit.causes._make import findings, healthy, logged, risks, roots, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView


def test_expired_client_certificate() -> None:
    """Down when nothing works, and only a risk while the kubelet evidently does."""
    node = changed_leaf("client", silent(), not_after=NOW - DAY)
    assert roots(answered(node, 401)) == {"certificate/client-expired"}
    assert risks(changed_leaf("client", not_after=NOW - DAY)) == {"certificate/client-expired"}


def test_the_clock_is_asked_before_a_certificate_is_accused() -> None:
    """Expired by the node's clock alone, or by the server's alone, is the clock's fault."""
    node = changed_leaf("client", silent(), not_after=NOW - DAY)
    assert "certificate/client-expired" not in findings(server_clock(node, NOW - 30 * DAY))
    node = changed_leaf("client", silent(), not_after=NOW + DAY)
    assert "certificate/client-expired" not in findings(server_clock(node, NOW + 30 * DAY))
    node = changed_leaf("apiserver", silent(), not_after=NOW - DAY)
    said = logged(node, request("x509: certificate has expired or is not yet valid: current time A is after B"))
    assert "certificate/apiserver-cert-expired" not in findings(server_clock(said, NOW - 30 * DAY))


def test_certificate_that_is_not_valid_yet() -> None:
    """notBefore lies ahead by both clocks."""
    node = answered(changed_leaf("client", silent(), not_before=NOW + DAY), 401)
    assert roots(node) == {"certificate/client-not-yet-valid"}
    assert "certificate/client-not-yet-valid" not in findings(server_clock(node, NOW + 2 * DAY))


def test_issuer_that_the_api_server_does_not_trust() -> None:
    """401 and a signature of no known CA; without a 401 a separate client CA is possible."""
    assert roots(answered(changed_use("client", silent(), issued_by_trusted=False), 401)) == {
        "certificate/client-wrong-issuer"
    }
    assert roots(answered(silent(), 401)) == {"certificate/client-wrong-issuer"}
    assert findings(changed_use("client", issued_by_trusted=False)) == {}


def test_usage_without_client_auth() -> None:
    """serverAuth alone is refused; no usage at all, or any, is accepted."""
    node = answered(changed_leaf("client", silent(), extended_key_usages=("serverAuth",)), 401)
    assert roots(node) == {"certificate/client-missing-eku"}
    for usages in ((), ("anyExtendedKeyUsage",), ("serverAuth", "clientAuth")):
        assert "certificate/client-missing-eku" not in findings(changed_leaf("client", extended_key_usages=usages))


def forbidden(user: str) -> str:
    """Body of a 403 answer to this user."""
    return f'{{"message":"nodes is forbidden: User \\"{user}\\" cannot get resource \\"nodes\\""}}'


def test_certificate_without_the_group_of_nodes() -> None:
    """403 as this node and no O=system:nodes; with the group it is the API server's fault."""
    node = answered(silent(), 403, forbidden("system:node:worker-7"))
    assert roots(changed_leaf("client", node, organizations=())) == {"certificate/client-missing-org"}
    assert roots(node) == {"apiserver/rbac-missing"}


def test_certificate_of_another_node() -> None:
    """403 as somebody else; a name that differs without a 403 is no proof."""
    node = changed_leaf("client", silent(), common_name="system:node:worker-99")
    assert roots(answered(node, 403, forbidden("system:node:worker-99"))) == {"certificate/client-cn-mismatch"}
    assert findings(changed_leaf("client", common_name="system:node:worker-99")) == {}


def test_host_name_that_is_not_the_nodes_name() -> None:
    """A cloud may give the node another name than the host: a 403 for the host name alone is no outage."""
    node = unit(replace(healthy(), cluster=ClusterView()), started_ago=20)
    assert roots(answered(node, 403, forbidden("system:node:ip-10-0-0-7.internal"))) == set()


def test_anonymous_requests_are_a_matter_of_certificates() -> None:
    """system:anonymous is never a matter of rights; with an expired certificate it is its consequence."""
    line = lease('leases "w" is forbidden: User "system:anonymous" cannot get resource "leases" in API group "x"')
    node = unprobed(logged(silent(), line))
    assert roots(node) == {"certificate/no-usable-client-cert"}
    assert roots(changed_leaf("client", node, not_after=NOW - DAY)) == {"certificate/client-expired"}
    assert findings(logged(healthy(), line)) == {}


def test_process_that_holds_an_old_certificate() -> None:
    """The file is accepted, the running kubelet is refused: restart it."""
    node = logged(silent(), lease("Unauthorized"), count=9)
    assert roots(node) == {"certificate/no-usable-client-cert"}
    assert "restart" in findings(node)["certificate/no-usable-client-cert"].summary
