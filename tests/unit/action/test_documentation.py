# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is documented is what is accepted: options of the actions, variables of the roles."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

PLUGINS = "ansible_collections.nodeclinic.kubelet.plugins"
ROOT = Path(__file__).resolve().parents[3]
ROLES = ("diagnose", "capture", "baseline", "repair", "audit", "schedule")


def documented(name: str) -> dict[str, Any]:
    """Options in the documentation of an action, those of its fragment included."""
    module = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{name}").DOCUMENTATION)
    options: dict[str, Any] = dict(module.get("options") or {})
    for reference in module["extends_documentation_fragment"]:
        file, _dot, part = reference.removeprefix("nodeclinic.kubelet.").partition(".")
        fragment = importlib.import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment
        text = getattr(fragment, part.upper() or "DOCUMENTATION")
        options.update(yaml.safe_load(text).get("options") or {})
    return options


@pytest.mark.parametrize(
    "name",
    [
        "diagnose",
        "audit",
        "audit_report",
        "capture",
        "replay",
        "report",
        "observe",
        "baseline",
        "expected",
        "repair",
        "repair_brakes",
        "repair_confirm",
    ],
)
def test_options_of_an_action_are_documented(name: str) -> None:
    """Names, types, defaults, choices and what is required are the same in code and documentation."""
    spec = importlib.import_module(f"{PLUGINS}.action.{name}").ARGUMENT_SPEC
    facts = ("type", "elements", "default", "choices", "required")
    said = {key: {fact: text[fact] for fact in facts if fact in text} for key, text in documented(name).items()}
    assert said == {key: {fact: rule[fact] for fact in facts if fact in rule} for key, rule in spec.items()}


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_are_documented(role: str) -> None:
    """Each default is documented with its value, and each documented variable has a default or is required.

    A default that depends on the run (a template) is described in words.
    """
    place = ROOT / "roles" / role
    defaults = yaml.safe_load((place / "defaults" / "main.yml").read_text())
    options = yaml.safe_load((place / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    said = {name: option.get("default") for name, option in options.items() if not option.get("required")}
    assert set(said) == set(defaults)
    fixed = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert {name: said[name] for name in fixed} == fixed
    assert all(name.startswith("kubelet_") for name in options)


@pytest.mark.parametrize("role", ROLES)
def test_actions_are_given_every_variable(role: str) -> None:
    """No documented variable is without effect: the role's tasks use all of them."""
    options = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    parts = ("tasks/*.yml", "templates/*.j2", "vars/*.yml")
    tasks = "".join(path.read_text() for name in ROLES for part in parts for path in (ROOT / "roles" / name).glob(part))
    assert [name for name in options["argument_specs"]["main"]["options"] if name not in tasks] == []
