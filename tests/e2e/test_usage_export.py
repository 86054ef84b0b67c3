"""What calls cost, read back through the API of the same server."""

import json
import urllib.request
from typing import Any

import openai
import pytest

from gateway_project.api.usage import export
from metering.models import UsageLog
from metering.money import usd_text
from tests.e2e.server import Server
from tests.factories import BudgetFactory

pytestmark = pytest.mark.slow
CALLS = 5


@pytest.fixture(autouse=True)
def used(client: openai.OpenAI) -> None:
    BudgetFactory(dimension="cost", amount=10**9)
    for number in range(CALLS):
        client.chat.completions.create(
            model="sandbox-small",
            max_tokens=9,
            messages=[{"role": "user", "content": "hello"}],
            extra_headers={"x-conversation-id": f"c-{number}"},
        )


def get(server: Server, token: str, path: str) -> Any:
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/api/{path}", headers={"authorization": f"Bearer {token}"}
    )
    return urllib.request.urlopen(request, timeout=30)  # noqa: S310


def test_history_and_budget_say_what_the_calls_cost(server: Server, token: str) -> None:
    charged = sum(UsageLog.objects.values_list("cost_nano_usd", flat=True))
    with get(server, token, "usage?by=model") as answer:
        [row] = json.load(answer)["results"]
    with get(server, token, "budgets") as answer:
        [budget] = json.load(answer)["results"]
    assert (row["model"], row["requests"]) == ("sandbox-small", CALLS)
    assert row["cost_usd"] == row["charged_usd"] == budget["used"] == usd_text(charged) != "0"


def test_the_export_is_sent_in_parts(server: Server, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    with get(server, token, "usage/export?by=attempt") as answer:
        lines = answer.read().decode().split("\r\n")
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.headers["content-disposition"] == 'attachment; filename="usage-by-attempt.csv"'
    assert len(lines) == 1 + CALLS + 1
