"""No two rows of a list look alike: what tells them apart is shown."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models import ATIToken, PolicyDecision, Team, User
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

HOUR = now().replace(minute=0, second=0, microsecond=0)
SUMS: dict[str, Any] = dict.fromkeys(
    ("attempts", *rows.TOKENS, *rows.ZERO, "cost_nano_usd"),
    1,
)


@pytest.fixture
def who(console: Client) -> dict[str, Any]:
    """A tenant's team, person and token."""
    tenant = rows.customer("alder")
    return {
        "tenant_id": tenant.pk,
        "team_id": Team.objects.get(tenant=tenant).pk,
        "user_id": User.objects.get(tenant=tenant).pk,
        "token_id": ATIToken.objects.get(tenant=tenant).pk,
    }


def shown(console: Client, address: str) -> list[str]:
    """The text of each row, as a person reads it; without the link to its own page."""
    table = console.get(address).content.decode().partition("<tbody")[2].partition("</table>")[0]
    cells = [row.partition("<t")[2] for row in table.split("</tr>") if "<td" in row]
    return [" ".join(re.sub(r"<[^>]*>", " ", f"<t{row}").split()) for row in cells]


def decided(**who: Any) -> PolicyDecision:
    moment: datetime = now()
    return PolicyDecision.objects.create(
        minute=HOUR, task="LLM0_CHAT", verdict="denied", code="budget_exceeded", rule="plan requests/day",
        mode="enforce", count=1, first_at=moment, last_at=moment, **who,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "make", "differs"),
    [
        (PolicyDecision, decided, "user_id"),
        (PolicyDecision, decided, "token_id"),
    ],
)
def test_rows_that_differ_by_who_say_who(
    console: Client, url: Url, who: dict[str, Any], model: type[Model], make: Any, differs: str
) -> None:
    make(**who)
    make(**{**who, differs: None})
    texts = shown(console, url(model))
    assert len(texts) == len(set(texts)) == 2, texts


def test_they_are_called_by_their_names(console: Client, url: Url, who: dict[str, Any]) -> None:
    decided(**who)
    [text] = shown(console, url(PolicyDecision))
    prefix = ATIToken.objects.get(pk=who["token_id"]).prefix
    assert f"research, ann@alder.example, {prefix}" in text


def test_of_who_is_gone_it_is_said_that_they_are(console: Client, url: Url, who: dict[str, Any]) -> None:
    gone = uuid7()
    decided(**{**who, "team_id": gone})
    [text] = shown(console, url(PolicyDecision))
    assert "a team that is gone" in text
