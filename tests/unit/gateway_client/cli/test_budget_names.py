"""Whose use a budget counts, in a person's words."""

from typing import Any

import pytest

from gateway_client.cli.budget_names import Names

ANN, TOKEN = "01a22da1-562a-7b54-9cce-7b4cc02b159e", "01a22da1-5c82-7e27-b9ad-32bcf88796e9"
NAMES = Names(by_id={ANN: "you", TOKEN: "this token"})


def row(subject_type: str, subject_id: str) -> dict[str, Any]:
    """Of a plan's budget."""
    facts = {"subject_type": subject_type, "subject_id": subject_id, "tenant": "alder"}
    return {"scope": "plan", "scope_id": "ENTERPRISE", **facts}


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (("tenant", "01a22da1"), "tenant alder"),
        (("user", ANN), "user you"),
        (("user", TOKEN), "user this token"),
        (("team", "01a22dd0-315a-7a46-96ea-de0300971948"), "team 01a22dd0"),
        (("team", ""), "without a team"),
        (("", ""), "plan ENTERPRISE"),
        (("agent", "agent:sofia"), "agent agent:sofia"),
        (("tag", "project=apollo"), "tag project=apollo"),
    ],
)
def test_whose_use_a_budget_counts(subject: tuple[str, str], words: str) -> None:
    assert NAMES.scope(row(*subject)) == words
