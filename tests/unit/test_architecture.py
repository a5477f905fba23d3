# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project keeps its import rules and sizes, and the checker notices when it does not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml
from tools.architecture import FILE_LINES, HEADER, PACKAGE, violations

ROOT = Path(__file__).resolve().parents[2]

# Files that may be longer than the limit: path -> why it is one room with one purpose all the same.
LONG_FILES: dict[str, str] = {}

START = "\n".join(HEADER) + "\nfrom __future__ import annotations\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write `files` (path under plugins -> what follows the header) below `root`."""
    for path, text in files.items():
        file = root / "plugins" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(START + text, encoding="utf-8")
    return root


def test_this_project_keeps_the_rules() -> None:
    """The collection's own plugins break no rule."""
    found = violations(ROOT, LONG_FILES)
    assert not found, "\n".join(found)


def test_clean_tree_is_clean(tmp_path: Path) -> None:
    """What each layer is allowed to do raises no violation."""
    files = {
        "modules/node_info.py": f"""
DOCUMENTATION = '''{"text" * 10}
{"more" * 5}
'''
from ansible.module_utils.basic import AnsibleModule
from {PACKAGE}.module_utils._collect import units
from ..module_utils import _schema
""",
        "module_utils/_collect/units.py": "import os\nfrom ansible.module_utils.common.text import converters\n",
        "plugin_utils/_boundary.py": "from ansible.errors import AnsibleActionFail\n",
        "plugin_utils/_causes/service.py": "".join(
            f"from {module} import {name}\n"
            for module, name in [("pathlib", "PurePosixPath"), ("time", "perf_counter"), ("urllib.parse", "urlsplit")]
        ),
        "plugin_utils/_causes/__init__.py": "",
        "plugin_utils/_yaml.py": "from ..module_utils._schema import X\nimport yaml\n",
        "action/diagnose.py": f"from ansible.errors import X\nfrom {PACKAGE}.plugin_utils._engine import judge\n",
        "callback/long.py": "x = 1\n" * (FILE_LINES - 4),
    }
    assert violations(tree(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("modules/a.py", "import yaml\n", "may not import yaml"),
        ("modules/a.py", "from ansible.errors import X\n", "may not import ansible.errors.X"),
        ("modules/a.py", f"from {PACKAGE}.plugin_utils._engine import judge\n", "may not import"),
        ("modules/a.py", "from ..plugin_utils import _engine\n", f"may not import {PACKAGE}.plugin_utils._engine"),
        ("modules/a.py", "def main():\n    import requests\n", "may not import requests"),
        ("modules/a.py", "x = 1\n" * 80, "at most 80"),
        ("module_utils/_a.py", "import cryptography\n", "may not import cryptography"),
        ("module_utils/_a.py", "import ansible\n", "may not import ansible"),
        ("module_utils/a.py", "", "must start with an underscore"),
        ("module_utils/collect/_a.py", "", "must start with an underscore"),
        ("plugin_utils/a.py", "", "must start with an underscore"),
        ("plugin_utils/_a.py", "from ansible.module_utils.basic import X\n", "may not import ansible"),
        ("plugin_utils/_a.py", "from ..module_utils._host import run\n", "may not import"),
        ("plugin_utils/_a.py", f"from {PACKAGE}.plugin_utils._model import X\n", "relatively"),
        ("plugin_utils/_causes/a.py", "import os.path\n", "may not import os"),
        ("plugin_utils/_causes/a.py", "from subprocess import run\n", "may not import subprocess"),
        ("plugin_utils/_engine/a.py", "import socket\n", "may not import socket"),
        ("plugin_utils/_engine/a.py", "from time import time\n", "may not import time"),
        ("plugin_utils/_model/a.py", "from pathlib import Path\n", "may not import pathlib"),
        ("plugin_utils/_model/a.py", "x = open('f')\n", "may not call open()"),
        ("plugin_utils/_engine/a.py", "x = datetime.now(tz)\n", "may not read the clock"),
        ("action/a.py", "import yaml\n", "may not import yaml"),
        ("filter/a.py", f"from {PACKAGE}.module_utils._host import run\n", "may not import"),
        ("callback/a.py", "x = 1\n" * FILE_LINES, f"the limit is {FILE_LINES}"),
    ],
)
def test_violation_is_reported(tmp_path: Path, path: str, text: str, problem: str) -> None:
    """A file that breaks a rule is named together with what is wrong."""
    found = violations(tree(tmp_path, {path: text}))
    assert len(found) == 1
    assert found[0].startswith(f"plugins/{path}: ")
    assert problem in found[0]


@pytest.mark.parametrize("package", ["yaml", "cryptography.x509", "jinja2"])
def test_second_importer_is_reported(tmp_path: Path, package: str) -> None:
    """A third-party package that two files import is a violation that names both."""
    files = {"plugin_utils/_a.py": f"import {package}\n", "plugin_utils/_b.py": f"from {package} import x\n"}
    (found,) = violations(tree(tmp_path, files))
    assert "plugins/plugin_utils/_a.py, plugins/plugin_utils/_b.py" in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("from __future__ import annotations\n", "licence header"),
        ("\n".join(HEADER) + "\nx = 1\n", "from __future__ import annotations"),
    ],
)
def test_missing_first_lines_are_reported(tmp_path: Path, text: str, problem: str) -> None:
    """A plugin without the licence header or the annotations import is a violation."""
    file = tree(tmp_path, {"action/a.py": ""}) / "plugins/action/a.py"
    file.write_text(text, encoding="utf-8")
    (found,) = violations(tmp_path)
    assert problem in found


def test_long_file_needs_its_entry(tmp_path: Path) -> None:
    """An entry of the list of long files excuses that file, and is a violation once it excuses nothing."""
    root = tree(tmp_path, {"action/a.py": "x = 1\n" * FILE_LINES})
    assert violations(root, {"plugins/action/a.py": "reason"}) == []
    (stale,) = violations(root, {"plugins/action/a.py": "reason", "plugins/action/gone.py": "reason"})
    assert "remove it" in stale


def test_action_group_lists_every_module() -> None:
    """`module_defaults: group/nodeclinic.kubelet.kubelet` reaches every module and action there is."""
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    assert sorted(modules) == runtime["action_groups"]["kubelet"]


def test_every_action_is_documented() -> None:
    """Each action plugin has the module file of the same name that holds its documentation."""
    actions = {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
    assert actions <= {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}


def test_every_test_says_what_it_proves() -> None:
    """Each test function of the project starts with a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}::{node.name}"
        for directory in ("tests", "molecule")
        for path in sorted((ROOT / directory).rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)
