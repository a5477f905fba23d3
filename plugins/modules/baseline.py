# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: baseline
short_description: Save what nodes share as expected values
version_added: "1.0.0"
author:
  - nodeclinic.kubelet contributors (@nodeclinic)
description:
  - Takes what M(nodeclinic.kubelet.observe) registered on the hosts of the play and writes what is the same on all of them to
    a YAML file on the controller, to be reviewed, kept, and compared with by C(kubelet_expected_from=file:PATH).
  - Values that belong to one node are left out. Its own names and addresses inside of values become C({node}) and
    C({address}). Secrets were masked on the node; a value that holds a mask is left out.
  - Comments at its beginning say when and on which nodes the values were read, and where the nodes differ.
options:
  registered:
    description: Name of the variable in which the results of M(nodeclinic.kubelet.observe) were registered.
    type: str
    required: true
  file:
    description: The file. A relative path starts where C(ansible-playbook) was started.
    type: path
    default: ./kubelet-baseline.yml
  overwrite:
    description:
      - Whether a file that is there already and holds other values is replaced. Otherwise it is kept and the task fails.
      - A file that holds the same values is left as it is, with its date.
    type: bool
    default: false
extends_documentation_fragment:
  - nodeclinic.kubelet._node.attributes
  - nodeclinic.kubelet._reading.action
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return what would change without writing the file.
  diff_mode:
    support: full
    description: Returns the file before and after.
seealso:
  - module: nodeclinic.kubelet.observe
  - module: nodeclinic.kubelet.expected
"""

EXAMPLES = r"""
- name: Read a node that is as it should be
  nodeclinic.kubelet.observe:
  register: observed

- name: Save it as a baseline
  nodeclinic.kubelet.baseline:
    registered: observed
    file: "{{ inventory_dir }}/kubelet-baseline.yml"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
baseline_file:
  description: Path of the file.
  returned: success
  type: str
  sample: ./kubelet-baseline.yml
"""
