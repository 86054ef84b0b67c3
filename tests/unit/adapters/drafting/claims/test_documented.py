"""The page about the checker names every code with its rules."""

from pathlib import Path

import pytest

from adapters.drafting.claims import RULES
from adapters.drafting.claims.bounds import MAX_CLAIM_CHARS, MAX_CLAIMS, MAX_FINDINGS

PAGE = (Path(__file__).parents[5] / "docs/claims.md").read_text()


@pytest.mark.parametrize("code", RULES)
def test_a_code_has_its_line_with_the_rules_of_both_offices(code: str) -> None:
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| `{code}`")]
    for rule in RULES[code].values():
        assert rule in line


@pytest.mark.parametrize("bound", [MAX_CLAIMS, MAX_CLAIM_CHARS, MAX_FINDINGS])
def test_a_bound_is_named(bound: int) -> None:
    assert f"{bound:,}" in PAGE
