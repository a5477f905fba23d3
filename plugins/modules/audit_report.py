# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Write the reports of the newest audit again
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Reads the runs that M(nodeclinic.kubelet.audit) has kept, and writes C(report.html) and C(report.md) of the newest one, for
    example after the collection was upgraded. No host is contacted.
  - In check mode the runs are read and nothing is written.
  - Runs on the controller.
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
options:
  directory:
    description: Directory on the controller in which the runs are kept.
    type: path
    default: ./kubelet-audit
seealso:
  - module: nodeclinic.kubelet.audit
"""

EXAMPLES = r"""
- name: Write the reports again
  nodeclinic.kubelet.audit_report:
    directory: /var/lib/kubelet-audit
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
at:
  description: When the run was of which the reports are.
  returned: success
  type: str
  sample: "2026-11-24T03:00:00Z"
directory:
  description: Where the reports are.
  returned: success
  type: str
  sample: ./kubelet-audit
"""
