"""No page shows an id, JSON, nano-USD or a constraint's name: people read names, amounts and sentences."""

import re

from django.test import Client
from django.urls import reverse

from admin_console.site import console as site
from metering.models import ATIToken
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.test_every_page import MODELS, NOT_ADDED
from tests.integration.admin_console.visible import visible

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TOLD = re.compile(r"(req-|model-)[0-9a-f-]{36}")
"""What callers and vendors name so: a request's id is in its answer, and people search for it."""
JSON = re.compile(r"[{}]|\[\s*['\"\]]")
CODES = re.compile(r"(?i:nano|constraint|_usd\b)|\bNone\b")


def offences(html: str) -> list[str]:
    text = TOLD.sub("", visible(html))
    return [
        line for line in text.splitlines() if UUID.search(line) or JSON.search(line) or CODES.search(line)
    ]


def said(console: Client, addresses: list[str]) -> dict[str, list[str]]:
    """What is not for people, by the address that says it."""
    pages = {address: console.get(address) for address in addresses}
    assert {page.status_code for page in pages.values()} == {200}
    found = {address: offences(page.content.decode()) for address, page in pages.items()}
    return {address: lines for address, lines in found.items() if lines}


def test_every_list_and_every_page_of_a_row_is_in_peoples_words(console: Client, url: Url) -> None:
    rows.everything()
    known = [model for model in MODELS if model in site._registry]
    pages = [url(model) for model in known]
    pages += [url(model, "change", rows.first_of(model).pk) for model in known]
    pages += [url(model, "add") for model in known if model not in NOT_ADDED]
    assert said(console, pages) == {}


def test_pages_that_people_work_in_are_in_their_words(console: Client) -> None:
    rows.everything()
    names = ["plans", "plan_new", "prices", "prices_import", "vendors", "simulator"]
    of_one = {"plan": "PRO", "plan_copy": "PRO", "price_history": "sandbox-small"}
    of_one["token_narrow"] = ATIToken.objects.get().prefix
    pages = [reverse(f"admin:{name}") for name in names]
    pages += [reverse(f"admin:{name}", args=(part,)) for name, part in of_one.items()]
    assert said(console, pages) == {}
