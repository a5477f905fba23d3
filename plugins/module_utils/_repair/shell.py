# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between Ansible's module object and the service: secrets in options, and how a task ends."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import detach, service
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def take_secret(module: AnsibleModule, name: str) -> t.Any:
    """The value of an option whose text may be secret.

    The option has no_log, so that Ansible neither logs nor returns it. That alone would also blank every word of it,
    such as a path, wherever it stands in the result; as the result is masked by content, this is undone here.
    """
    value = module.params[name]
    module.params[name] = "not shown"
    module.no_log_values.clear()
    return value


def run(module: AnsibleModule, work: t.Callable[[], dict[str, t.Any]]) -> None:
    """Does the work as root and ends the module with its result; one that is not ok fails the task."""
    os.umask(0o022)  # not the user's, which may let others write to what is made here
    try:
        service.require_root()
        result = work()
    except RefusedError as exc:
        module.fail_json(msg=str(exc), state="refused", reason=str(exc))
    except detach.KilledError:
        reason = "The process that does the work was killed twice. Run the same task again to have the repair ended."
        module.fail_json(msg=reason, state="failed", reason=reason)
    except TimeoutError:
        reason = "The repair has not ended in time and goes on. Run the same task again to wait for its result."
        module.fail_json(msg=reason, state="running", reason=reason)
    if not (module._diff or module.check_mode):
        result.pop("diff", None)
    if not result.pop("ok"):
        module.fail_json(msg=result["reason"], **result)
    module.exit_json(**result)
