# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that hold the house together, as checks over the source tree.

`violations(root)` reads the Python files under `root/plugins` and returns one sentence for each
broken rule; an empty list is a clean tree. tests/unit/test_architecture.py runs it on this project.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "ansible_collections.nodeclinic.kubelet.plugins"

# REUSE-IgnoreStart
HEADER = (
    "# Copyright (c) 2026, nodeclinic.kubelet contributors",
    "# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
# REUSE-IgnoreEnd

# The one file of plugin_utils that may know Ansible's types.
BOUNDARY = "plugins/plugin_utils/_boundary.py"

# What both sides share: names, limits, log formats and the reduction of journals, which replay needs as well.
SHARED = tuple(f"{PACKAGE}.module_utils.{name}" for name in ("_schema", "_klog", "_journal", "_profiles"))

# Packages that are not in the standard library; each is imported in one file, so that replacing or
# restricting it (yaml's loader, jinja2's autoescape) is one edit.
THIRD_PARTY = ("yaml", "cryptography", "jinja2")

# Directories of plugin_utils whose functions depend on nothing but their arguments.
PURE = ("_audit", "_causes", "_engine", "_interpret", "_model", "_report")
IMPURE_MODULES = frozenset(
    {
        *("asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "platform", "random"),
        *(
            "select",
            "shutil",
            "signal",
            "socket",
            "ssl",
            "subprocess",
            "tempfile",
            "threading",
            "time",
            "urllib.request",
        ),
    }
)
IMPURE_BUILTINS = frozenset({"open", "print", "input", "exec", "eval", "__import__"})
# Parts of these modules that do no I/O: arithmetic on paths, names of signals, a stopwatch.
PURE_NAMES = frozenset({"pathlib.PurePosixPath", "signal.Signals", "time.perf_counter"})
# Reading the clock would make a replayed diagnosis differ from the live one.
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})

DOCUMENTATION_NAMES = frozenset({"DOCUMENTATION", "EXAMPLES", "RETURN"})
MODULE_CODE_LINES = 80
FILE_LINES = 300


@dataclass(frozen=True)
class Source:
    """One Python file: its path as in `git ls-files`, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def within(self, *directories: str) -> bool:
        """Whether the file lies under one of the directories, given from the project's root."""
        return self.path.startswith(tuple(f"{directory}/" for directory in directories))

    def imports(self) -> Iterator[str]:
        """Full names of all imported modules, relative ones resolved; `from a import b` gives `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{self._base(node)}.{alias.name}" for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = [*PACKAGE.split(".")[:-1], *self.path.split("/")[:-1]]
        return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])

    def documentation_lines(self) -> set[int]:
        """Line numbers of Ansible's documentation blocks."""
        return {
            line
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id in DOCUMENTATION_NAMES for target in node.targets)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }

    def lines(self, *, code_only: bool) -> int:
        """Number of lines without documentation blocks; of code, without blank and comment lines too."""
        documentation = self.documentation_lines()
        kept = [line for number, line in enumerate(self.text.splitlines(), 1) if number not in documentation]
        return sum(1 for line in kept if not code_only or (line.strip() and not line.lstrip().startswith("#")))


def violations(root: Path, long_files: Mapping[str, str] | None = None) -> list[str]:
    """Check the tree under `root`.

    `long_files` maps a path that may exceed the length limit to the reason; an entry that is no
    longer needed is a violation as well. Raises SyntaxError for a file that is not Python.
    """
    sources = [_read(root, path) for path in sorted((root / "plugins").rglob("*.py"))]
    per_file = (_header, _future_import, _imports, _relative, _purity, _module_length, _private_name)
    found = [f"{source.path}: {problem}" for source in sources for check in per_file for problem in check(source)]
    return [*found, *_single_importer(sources), *_file_length(sources, long_files or {})]


def _read(root: Path, path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(root).as_posix(), text, ast.parse(text, filename=str(path)))


def _header(source: Source) -> Iterator[str]:
    lines = source.text.splitlines()
    if lines and lines[0].startswith("#!"):
        del lines[0]
    if source.text.strip() and tuple(lines[: len(HEADER)]) != HEADER:
        yield "does not start with the licence header"


def _future_import(source: Source) -> Iterator[str]:
    only_docstring = all(isinstance(node, ast.Expr) for node in source.tree.body)
    if not only_docstring and "__future__.annotations" not in source.imports():
        yield "lacks `from __future__ import annotations`"


def _imports(source: Source) -> Iterator[str]:
    allowed = _allowed(source)
    if allowed is None:
        return
    for name in sorted(set(source.imports())):
        if name.split(".")[0] not in sys.stdlib_module_names and not _under(name, allowed):
            yield f"may not import {name}"


def _allowed(source: Source) -> tuple[str, ...] | None:
    """Prefixes that a file may import besides the standard library; None where there is no rule."""
    if source.within("plugins/modules", "plugins/module_utils"):
        return ("ansible.module_utils", f"{PACKAGE}.module_utils")
    if source.path == BOUNDARY:
        return ("ansible", f"{PACKAGE}.plugin_utils", *SHARED)
    if source.within("plugins/plugin_utils"):
        return (*THIRD_PARTY, f"{PACKAGE}.plugin_utils", *SHARED)
    if source.within("plugins/action", "plugins/callback", "plugins/filter"):
        return ("ansible", f"{PACKAGE}.plugin_utils", *SHARED)
    return None


def _under(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _relative(source: Source) -> Iterator[str]:
    """Inside plugin_utils a relative import shows what stays in the house; there is one way to write it."""
    if not source.within("plugins/plugin_utils"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _under(node.module or "", (PACKAGE,)):
            yield f"must import the collection's own code relatively (line {node.lineno})"


def _purity(source: Source) -> Iterator[str]:
    if not source.within(*(f"plugins/plugin_utils/{directory}" for directory in PURE)):
        return
    for name in sorted(set(source.imports()) - PURE_NAMES):
        if _under(name, IMPURE_MODULES):
            yield f"is pure and may not import {name}"
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS:
            yield f"is pure and may not call {node.func.id}() (line {node.lineno})"
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_METHODS:
            yield f"is pure and may not read the clock with {node.func.attr}() (line {node.lineno})"


def _module_length(source: Source) -> Iterator[str]:
    lines = source.lines(code_only=True)
    if source.within("plugins/modules") and lines > MODULE_CODE_LINES:
        yield f"has {lines} lines of code; a module is a shell of at most {MODULE_CODE_LINES}"


def _private_name(source: Source) -> Iterator[str]:
    """What lies in module_utils and plugin_utils is private to the collection, and its name says so."""
    if source.within("plugins/module_utils", "plugins/plugin_utils", "plugins/doc_fragments"):
        name = source.path.split("/")[2]
        if not name.startswith("_"):
            yield f"{name} is private and must start with an underscore"


def _single_importer(sources: Iterable[Source]) -> Iterator[str]:
    importers: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for package in THIRD_PARTY:
            if any(_under(name, (package,)) for name in source.imports()):
                importers[package].append(source.path)
    for package, paths in importers.items():
        if len(paths) > 1:
            yield f"{package} is imported in {len(paths)} files, not one: {', '.join(paths)}"


def _file_length(sources: Iterable[Source], long_files: Mapping[str, str]) -> Iterator[str]:
    lengths = {source.path: source.lines(code_only=False) for source in sources}
    for path, lines in lengths.items():
        if lines > FILE_LINES and path not in long_files:
            yield f"{path}: has {lines} lines without documentation; the limit is {FILE_LINES}"
    for path in long_files:
        if lengths.get(path, 0) <= FILE_LINES:
            yield f"{path}: is not longer than {FILE_LINES} lines; remove it from the list of long files"
