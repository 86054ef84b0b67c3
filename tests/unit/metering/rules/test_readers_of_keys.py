"""Every key that a rule may set names the code that obeys it, and that code names the key."""

import ast
import inspect
import re
from importlib import import_module

import pytest

from metering.rules.registry import REGISTRY, SETTABLE


def code_of(reader: str) -> ast.AST:
    """The function, method or constant that `module:name` says. Raises LookupError where there is none."""
    module, _, path = reader.partition(":")
    code: ast.AST = ast.parse(inspect.getsource(import_module(module)))
    for name in path.split("."):
        found = [child for child in ast.iter_child_nodes(code) if name in names_of(child)]
        if not found:
            raise LookupError(reader)
        code = found[0]
    return code


def names_of(code: ast.AST) -> list[str]:
    if isinstance(code, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [code.name]
    targets = code.targets if isinstance(code, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def names_key(code: ast.AST, key: str) -> bool:
    """Whether a text of the code is the key, or a text put together there can be."""
    for node in ast.walk(code):
        if isinstance(node, ast.Constant) and node.value == key:
            return True
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+"
                for part in node.values
            ]
            if re.fullmatch("".join(parts), key):
                return True
    return False


@pytest.mark.parametrize("key", SETTABLE)
def test_every_key_that_may_be_set_has_a_reader_that_names_it(key: str) -> None:
    assert names_key(code_of(REGISTRY[key].read_by), key)


def test_code_that_is_gone_or_that_names_another_key_is_no_reader() -> None:
    assert not names_key(code_of("metering.admission.bound:_output_limit"), "max_tokens_in")
    assert not names_key(code_of("metering.policy.rates:_each"), "max_concurrent")
    with pytest.raises(LookupError):
        code_of("metering.admission.bound:_cache")


def test_no_key_waits_for_its_feature() -> None:
    assert set(REGISTRY) == set(SETTABLE)
