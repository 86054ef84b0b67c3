"""Every door but the API refuses what nobody reads, or cannot be told it. A door that is added without it fails here.

The API's own: `tests/tenancy/test_unknown_input.py`, a test for each line of the matrix.
"""

import json
from argparse import _StoreAction
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from django import forms
from django.core.management.base import CommandError, CommandParser
from django.test import RequestFactory

from admin_console.site import console as site
from metering import price_modifiers
from metering.catalog import parse_catalog, read_budgets, read_models, read_plans, read_providers, read_rules
from metering.management import commands
from metering.management.command import VerbCommand
from metering.models import PolicyRule, User
from metering.rules import read_conditions
from metering.traits import TRAITS
from tests.integration.admin_console import rows
from tests.integration.metering.management.asking import refusal
from tests.unit.metering.catalog.catalog_text import parse, problems

NAME = "no_such_key"

# Catalog files ---------------------------------------------------------------------------------------------------

PROVIDER = {
    "kind": "openai_compatible", "base_url": "https://vendor.example/v1", "vendor": "openai", "active": True,
    "markup_percent": 5, "traits": {
        "limit_names": ["max_tokens"], "stream_options": True, "service_tier": "default", "reasoning": False,
        "takes_thoughts": False, "runs_anywhere": False, "pictures": "gpt-4o", "tokenizer": "o200k_base",
        "authorization": "bearer",
        "retries": 2, "first_byte_s": 60, "total_s": 600, "responses": True, "requests_per_minute": 500,
        "tokens_per_minute": 30_000,
    },
}  # fmt: skip
MODEL = {
    "provider": "sandbox", "label": "M", "physical_name": "m", "class": "BASE_S", "aliases": ["quick"],
    "context_tokens": 1000, "max_output_tokens": 100, "capabilities": ["vision"], "traits": {"reasoning": True},
    "active": True,
}  # fmt: skip
TOKENS = {
    "input": 1, "output": 2, "cached_input": 0.5, "cache_write": 1, "cache_write_1h": 2, "cache_write_12h": 2,
    "reasoning": 3,
}  # fmt: skip
PRICE = {
    **TOKENS, "per_call": 1, "per_image": 1, "tools": {"web_search": 1},
    "hours": [{"days": ["mon"], "from": "01:00", "to": "02:00", "factor": 2}],
}  # fmt: skip
WHEN = {
    "days": ["mon"], "hours": "09:00-17:00", "timezone": "Europe/Berlin", "valid_from": "2026-01-01",
    "valid_until": "2026-12-31", "usage": {"budget": "cost/month", "from_percent": 50},
}  # fmt: skip
FILE: dict[str, Any] = {
    "providers": {"a": {**PROVIDER, "api_key": "${SOME_API_KEY}"}, "b": {**PROVIDER, "api_key_env": "SOME_API_KEY"}},
    "models": {
        "m": {**MODEL, "price": {**PRICE, "tiers": [{"from_tokens": 500, **TOKENS}], "service_tiers": {"flex": 0.5}}},
        "n": {**MODEL, "cost_per_1k_prompt": 0.001, "cost_per_1k_completion": 0.002},
    },
    "plans": {
        "P": {
            "name": "P", "features": ["CHAT"], "active": True,
            "tasks": {"LLM0_CHAT": {"classes": ["BASE_S"], "default_class": "BASE_S"}},
            "rules": [
                {
                    "key": "max_tokens_out", "value": 9, "task": "LLM0_CHAT", "when": WHEN, "mode": "enforce",
                    "enforce_percent": 100, "priority": 0,
                }
            ],
            "budgets": [
                {
                    "dimension": "cost", "window": "month", "amount": 1, "task": "LLM0_CHAT", "class": "BASE_S",
                    "soft": True, "per": "user", "mode": "enforce", "enforce_percent": 100, "on_expiry": "charge",
                    "thresholds": [80],
                }
            ],
        }
    },
    "rules": [{
        "key": "max_tokens_out", "value": 10, "task": "LLM0_CHAT", "when": {"days": ["sat"]}, "mode": "observe",
        "enforce_percent": 50, "priority": 2,
    }],
    "budgets": [{"dimension": "cost", "window": "day", "amount": 100}],
}  # fmt: skip
"""Every section with every key that it knows: see the next test."""
OF_NAMES = {("providers",), ("models",), ("plans",), ("models", "m", "price", "service_tiers")}
"""Sections whose keys are names of what they describe."""
KNOWN = (
    parse_catalog.KEYS, read_providers.KEYS, read_models.KEYS, read_models.PRICE_KEYS, read_plans.KEYS,
    read_plans.TASK_KEYS, read_rules.RULE_KEYS, read_budgets.KEYS, read_conditions.KEYS, read_conditions.USAGE_KEYS,
    tuple(TRAITS), price_modifiers.CONTEXT_KEYS, price_modifiers.HOURS_KEYS,
)  # fmt: skip


def mappings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every mapping within."""
    if isinstance(value, dict):
        yield path
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(part, dict | list):
            yield from mappings(part, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def test_the_file_of_this_test_has_every_key_that_a_section_knows() -> None:
    parse(json.dumps(FILE), SOME_API_KEY="x")
    keys = [set(at(FILE, path)) for path in mappings(FILE)]
    for known in KNOWN:
        together = set().union(*(each for each in keys if each <= set(known)))
        assert together == set(known)


@pytest.mark.parametrize("path", [path for path in mappings(FILE) if path not in OF_NAMES], ids=str)
def test_every_section_of_a_catalog_refuses_an_unknown_key(path: tuple[Any, ...]) -> None:
    changed = deepcopy(FILE)
    at(changed, path)[NAME] = 1
    assert any(NAME in problem for problem in problems(json.dumps(changed), SOME_API_KEY="x"))


@pytest.mark.parametrize("path", list(mappings(FILE)), ids=str)
def test_every_section_of_a_catalog_refuses_a_key_that_occurs_twice(path: tuple[Any, ...]) -> None:
    changed = deepcopy(FILE)
    section = at(changed, path)
    key = next(iter(section))
    section[NAME] = section[key]
    text = json.dumps(changed).replace(json.dumps(NAME), json.dumps(key))
    assert any(f"{key!r} occurs twice" in problem for problem in problems(text, SOME_API_KEY="x"))


# Commands --------------------------------------------------------------------------------------------------------

COMMANDS = [module.name for module in iter_modules(commands.__path__)]
STRUCTURED = {"set_rule": "when", "load_catalog": "file", "simulate_policy": "catalog"}
"""Options that hold more than a word: JSON or a file."""


def parser_of(name: str) -> CommandParser:
    command = import_module(f"{commands.__name__}.{name}").Command()
    assert isinstance(command, VerbCommand)
    parser: CommandParser = command.create_parser("manage.py", name)
    return parser


def own_actions(name: str) -> list[Any]:
    inherited = {action.dest for action in parser_of("verify_ledger")._actions}
    return [action for action in parser_of(name)._actions if action.dest not in inherited]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_an_unknown_option(name: str) -> None:
    parser = parser_of(name)
    for action in parser._actions:
        action.required = False  # or what is missing would be told first
    for group in parser._mutually_exclusive_groups:
        group.required = False
    with pytest.raises(CommandError, match=f"unrecognized arguments: --{NAME}"):
        parser.parse_args([f"--{NAME}=1"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_an_option_once(name: str) -> None:
    assert [action for action in own_actions(name) if isinstance(action, _StoreAction)] == []


def test_every_option_that_holds_a_document_is_known_here() -> None:
    found = {
        name: action.dest
        for name in COMMANDS
        for action in own_actions(name)
        if "json" in str(action.metavar).lower() or "yaml" in str(action.metavar).lower()
    }
    assert found.items() <= STRUCTURED.items()


@pytest.mark.django_db
def test_every_document_of_a_command_refuses_an_unknown_key(tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text(f"{NAME}: 1\n")
    rule = ("--key", "max_tokens_out", "--value", "1")
    asked = {
        "set_rule": (*rule, "--when", json.dumps({NAME: 1})),
        "load_catalog": (str(file),),
        "simulate_policy": ("--since", "2026-01-01", "--catalog", str(file)),
    }
    assert asked.keys() == STRUCTURED.keys()
    for name, arguments in asked.items():
        assert NAME in str(refusal(name, *arguments)), name
    assert not PolicyRule.objects.exists()


# The console -----------------------------------------------------------------------------------------------------


@pytest.fixture
def operator(db: Any) -> User:
    return rows.super_admin()


def console_forms(operator: User) -> Iterator[type[forms.BaseForm]]:
    """Every form of the console: of the nouns and their inlines, and those of its own pages and dialogs."""
    request = RequestFactory().get("/")
    request.user = operator
    for model, page in site._registry.items():
        if page.has_add_permission(request):
            yield page.get_form(request)
            for formset, _ in page.get_formsets_with_inlines(request):
                yield formset.form
        for row in model._default_manager.all()[:1]:
            yield page.get_form(request, row, change=True)
    yield from (kind for kind in subclasses(forms.BaseForm) if kind.__module__.startswith("admin_console"))


def subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_form_of_the_console_takes_its_fields_and_no_json(operator: User) -> None:
    """What else is posted no form reads: a person can only fill in what the page shows."""
    rows.everything()
    found = list(console_forms(operator))
    assert len(found) > 20
    for form in found:
        for name, field in form.base_fields.items():  # type: ignore[attr-defined]
            assert not isinstance(field, forms.JSONField), (form, name)
