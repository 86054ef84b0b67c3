"""No page shows an id, JSON, nano-USD or a constraint's name: people read names, amounts and sentences."""

import re

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.test_every_page import HISTORY, MODELS
from tests.integration.admin_console.visible import visible

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TOLD = re.compile(r"(req-|model-)[0-9a-f-]{36}")
"""What callers and vendors name so: a request's id is in its answer, and people search for it."""
JSON = re.compile(r"[{}]|\[\s*['\"\]]")
CODES = re.compile(r"nano|constraint|_usd\b|\bNone\b", re.IGNORECASE)


def offences(html: str) -> list[str]:
    text = TOLD.sub("", visible(html))
    return [line for line in text.splitlines() if UUID.search(line) or JSON.search(line) or CODES.search(line)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_pages_of_rows_are_in_peoples_words(console: Client, url: Url, model: type[Model]) -> None:
    rows.everything()
    pages = [url(model), url(model, "change", rows.first_of(model).pk)]
    pages += [] if model in HISTORY else [url(model, "add")]
    found = {page.rsplit("/", 2)[-2]: offences(console.get(page).content.decode()) for page in pages}
    assert not any(found.values()), found


@pytest.mark.parametrize(
    "page", ["plans", "plan_new", "prices", "prices_import", "vendors", "simulator", "index", "budgets"]
)
def test_pages_that_people_work_in_are_in_their_words(console: Client, page: str) -> None:
    rows.everything()
    assert not offences(console.get(reverse(f"admin:{page}")).content.decode())


@pytest.mark.parametrize(
    ("page", "part"), [("plan", "PRO"), ("plan_copy", "PRO"), ("price_history", "sandbox-small")]
)
def test_pages_of_one_are_in_peoples_words(console: Client, page: str, part: str) -> None:
    rows.everything()
    assert not offences(console.get(reverse(f"admin:{page}", args=(part,))).content.decode())
