# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: file_edit
short_description: Change spans of a file that is still the one that was looked at
version_added: "1.0.0"
description:
  - Replaces spans of bytes. Everything else in the file, comments, order and line ends, stays byte for byte. Owner, mode,
    SELinux label and other extended attributes are kept.
  - A file whose SHA-256 is another one by now is refused. So are symbolic links (name the file itself), files with more
    than one hard link, and immutable ones.
  - The old bytes are backed up first, and the file is replaced in one step. M(nodeclinic.kubelet.repair_rollback) undoes
    it.
  - Nothing is restarted. M(nodeclinic.kubelet.repair_apply) does edits, restart and verification as one transaction.
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
options:
  path:
    description: Absolute path of the file.
    type: path
    required: true
  sha256:
    description: SHA-256 of the file as it was looked at, in hexadecimal.
    type: str
    required: true
  edits:
    description: Spans and their new text. They must not overlap.
    type: list
    elements: dict
    required: true
    suboptions:
      start:
        description: Offset of the first byte to replace.
        type: int
        required: true
      end:
        description: Offset behind the last byte to replace; the same as O(edits[].start) to insert.
        type: int
        required: true
      text:
        description: New text, in UTF-8. Empty to remove the span.
        type: str
        required: true
  unit:
    description: systemd unit of the kubelet, for the record. Nothing is asked of it.
    type: str
    default: kubelet.service
extends_documentation_fragment:
  - nodeclinic.kubelet._repair
  - nodeclinic.kubelet._repair.attributes
  - nodeclinic.kubelet._repair.diff
seealso:
  - module: nodeclinic.kubelet.repair_apply
  - module: nodeclinic.kubelet.repair_rollback
"""

EXAMPLES = r"""
- name: Replace one value and leave the rest of the file alone
  nodeclinic.kubelet.file_edit:
    path: /var/lib/kubelet/config.yaml
    sha256: "{{ looked_at.stat.checksum }}"
    edits:
      - {start: 132, end: 168, text: /etc/kubernetes/pki/ca.crt}
"""

RETURN = r"""
run:
  description: Id of the run, to undo it by.
  returned: always
  type: str
  sample: 20261124T070000Z-ab12cd
state:
  description: V(committed), or V(planned) in check mode; V(refused), V(rolled_back) or V(failed) if the task fails.
  returned: always
  type: str
  sample: committed
reason:
  description: Why it was not done.
  returned: always
  type: str
  sample: ""
record:
  description: Directory on the node that has the manifest and the backup; empty where nothing was changed.
  returned: always
  type: str
  sample: /var/lib/nodeclinic/repairs/20261124T070000Z-ab12cd
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import service, shell


def main() -> None:
    """Makes the edit and returns what became of it."""
    span = {
        "start": {"type": "int", "required": True},
        "end": {"type": "int", "required": True},
        "text": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "sha256": {"type": "str", "required": True},
            "edits": {"type": "list", "elements": "dict", "required": True, "options": span, "no_log": True},
            "unit": {"type": "str", "default": "kubelet.service"},
        },
        supports_check_mode=True,
    )
    edits = shell.take_secret(module, "edits")
    step = {"path": module.params["path"], "sha256": module.params["sha256"], "edits": edits}
    shell.run(module, lambda: service.edit(step, module.params["unit"], module.check_mode))


if __name__ == "__main__":
    main()
