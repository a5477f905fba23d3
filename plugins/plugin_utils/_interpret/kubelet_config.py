# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's configuration file and its drop-ins -> KubeletConfiguration."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from .._model.common import Field, FileFact, Place, Problem
from .._model.configuration import KubeletConfiguration
from .._model.service import CommandLine, Flag
from ._yaml import Document, Tree, load
from .field_types import (
    type_errors,
    unknown_fields,
)
from .files import binary, file_at, follow
from .kubelet_fields import (
    KUBELET_CONFIGURATION,
    PATH_FIELDS,
)

API_VERSION = "kubelet.config.k8s.io/v1beta1"
KIND = "KubeletConfiguration"


def kubelet_config(command_line: CommandLine, files: Mapping[str, FileFact]) -> KubeletConfiguration:
    """Effective configuration of ``--config`` and ``--config-dir``; flags are not applied to it.

    A relative path in the main file is given in ``fields`` as the absolute path that the kubelet makes of it.
    """
    flag = command_line.flag("config")
    path = _absolute(flag)
    document = _document(path, files)
    drop_ins, drop_in_documents, problems = _drop_ins(command_line.flag("config-dir"), files)
    tree = _resolved(document.tree, path)
    for drop_in in drop_in_documents:
        if drop_in.tree is not None and document.problem is None:
            tree = drop_in.tree if tree is None else merge(tree, drop_in.tree)
    fields = dict(_fields(tree, "")) if tree is not None else {}
    checked = tree if tree is not None and _decodable(tree) else None
    return KubeletConfiguration(
        path=path,
        configured=bool(path),
        source=flag.place if flag and path else None,
        file=file_at(files, path) if path else FileFact(""),
        fields=fields,
        problem=document.problem,
        unknown=tuple(unknown_fields(checked, KUBELET_CONFIGURATION)) if checked else (),
        type_errors=tuple(type_errors(checked, KUBELET_CONFIGURATION)) if checked else (),
        duplicates=document.duplicates + tuple(d for drop_in in drop_in_documents for d in drop_in.duplicates),
        drop_ins=drop_ins,
        drop_in_problems=problems,
    )


def _absolute(flag: Flag | None) -> str:
    """Path that a flag names. A service without WorkingDirectory= runs in /."""
    return posixpath.join("/", flag.value) if flag is not None and flag.value else ""


def _document(path: str, files: Mapping[str, FileFact]) -> Document:
    fact = follow(files, path) if path else FileFact("")
    if binary(fact):
        return Document(problem=Problem("not a text file (it holds NUL bytes)", Place(path)))
    if fact.content is None:
        return Document()
    document = load(fact.content, path)
    if document.problem and fact.truncated:
        # The end is missing because we did not read it: not the file's fault.
        return Document()
    if document.problem is None and (document.tree is None or document.tree.value is None):
        return Document(problem=Problem("the file is empty", Place(path)))
    if document.tree is not None and not isinstance(document.tree.value, dict):
        return Document(problem=Problem("not a mapping of fields", document.tree.place))
    return document


def _decodable(tree: Tree) -> bool:
    """Fields of another kind or version are nothing that this table can judge; the kubelet refuses them first."""
    return tree.text("kind") == KIND and tree.text("apiVersion") == API_VERSION


def _drop_ins(
    flag: Flag | None, files: Mapping[str, FileFact]
) -> tuple[tuple[FileFact, ...], list[Document], tuple[Problem, ...]]:
    """Facts, contents, and problems of the ``*.conf`` files below --config-dir, in the order in which they apply."""
    directory = _absolute(flag)
    if not directory or flag is None:
        return (), [], ()
    fact = file_at(files, directory)
    if fact.absent:
        return (), [], (Problem(f"directory of --config-dir does not exist: {directory}", flag.place),)
    paths = _drop_in_paths(posixpath.normpath(directory), files)
    documents = [_document(path, files) for path in paths]
    problems = tuple(
        problem for path, document in zip(paths, documents, strict=True) for problem in _refused(path, document)
    )
    return tuple(file_at(files, path) for path in paths), documents, problems


def _drop_in_paths(directory: str, files: Mapping[str, FileFact]) -> list[str]:
    """The kubelet walks the directory with everything below it, in lexical order."""
    listed = {f"{directory}/{name}" for name in file_at(files, directory).entries or ()}
    known = {path for path, fact in files.items() if path.startswith(directory + "/") and fact.type != "absent"}
    return sorted((path for path in listed | known if path.endswith(".conf")), key=lambda path: path.split("/"))


def _refused(path: str, document: Document) -> Iterator[Problem]:
    """Why the kubelet does not take a drop-in: each needs its own apiVersion and kind."""
    if document.problem:
        yield document.problem
    elif document.tree is not None and not _decodable(document.tree):
        yield Problem(f"not a {KIND} of {API_VERSION}", Place(path, 1))


def merge(base: Tree, patch: Tree) -> Tree:
    """JSON merge patch (RFC 7386), which the kubelet uses: mappings are merged, null removes, the rest replaces."""
    if not isinstance(patch.value, dict):
        return patch
    merged = dict(base.value) if isinstance(base.value, dict) else {}
    for key, tree in patch.value.items():
        if tree.value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key, Tree(None, tree.place)), tree)
    return Tree(merged, base.place)


def _resolved(tree: Tree | None, path: str) -> Tree | None:
    """``tree`` with the relative paths in it made absolute."""
    if tree is None:
        return None
    for field in PATH_FIELDS:
        tree = _with_absolute(tree, field.split("."), posixpath.dirname(path))
    return tree


def _with_absolute(tree: Tree, names: list[str], directory: str) -> Tree:
    child = tree.child(names[0]) if names else None
    if not names:
        relative = isinstance(tree.value, str) and tree.value and not tree.value.startswith("/")
        return Tree(posixpath.normpath(posixpath.join(directory, tree.value)), tree.place) if relative else tree
    if child is None:
        return tree
    return Tree({**tree.value, names[0]: _with_absolute(child, names[1:], directory)}, tree.place)


def _fields(tree: Tree, path: str) -> Iterator[tuple[str, Field]]:
    """Every value below ``tree`` by dotted path. Null means unset, so it is left out."""
    children: Iterator[tuple[str, Any]] | Any = ()
    if isinstance(tree.value, dict):
        children = ((f"{path}.{key}" if path else key, child) for key, child in tree.value.items())
    elif isinstance(tree.value, list):
        children = ((f"{path}[{index}]", child) for index, child in enumerate(tree.value))
    for name, child in children:
        if child.value is not None:
            yield name, Field(name, child.plain(), child.place)
            yield from _fields(child, name)
