# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML, with the error texts of Go's decoder."""

from __future__ import annotations

import re
from typing import Any

import yaml

WORDS = [  # PyYAML's problem -> Go's; PyYAML is a port of the same scanner, so most are equal
    (r"expected <block end>, but found '?-'?.*", "did not find expected '-' indicator"),
    (r"expected <block end>, but found .*", "did not find expected key"),
    (r"mapping values are not allowed here", "mapping values are not allowed in this context"),
    (r"found character .* that cannot start any token", "found character that cannot start any token"),
    (r"expected (',' or '.'), but got .*", r"did not find expected \1"),
    (r"expected the node content, but found .*", "did not find expected node content"),
    (r"found unexpected end of stream", "found unexpected end of stream"),
]


class GoYamlError(ValueError):
    """The document cannot be parsed; the text is what Go would say."""


def load(text: str) -> Any:
    """Parse one document. Raises GoYamlError."""
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise GoYamlError(_describe(error)) from error
    except yaml.YAMLError as error:
        raise GoYamlError("yaml: control characters are not allowed") from error


def _describe(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    for pattern, replacement in WORDS:
        problem = re.sub(f"^{pattern}$", replacement, problem)
    line = error.problem_mark.line if error.problem_mark else 0
    if isinstance(error, yaml.scanner.ScannerError):
        line += 1  # Go counts a scanner's line from one and a parser's from zero
    return f"yaml: line {line}: {problem}" if line else f"yaml: {problem}"
