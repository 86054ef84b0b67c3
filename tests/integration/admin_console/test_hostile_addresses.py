"""Whatever an address or a form of the console says, no page breaks: asked by a super admin, who gets furthest."""

import re
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from admin_console.pages import PAGES, Page
from metering.models import ATIToken, LLMModel

pytestmark = pytest.mark.usefixtures("everything")
ID_OF_1970, LATE_ID = "00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"
NO_TEXT = "\udcff\u0663" + "x" * 300
IN_QUERIES = """
    agent amount at beside bucket budget by class conversation cost_from differs feature for format group is key kind
    metric model month name next noun of page person plan provider range role slower_than sort state status subgroup
    subject tag task team tenant token user
"""
IN_FORMS = """
    alert allowed_models allowed_networks allowed_tasks amount answer budget channel code conversation delivery
    dimension email end ends forget grace key key_id label lasts limit mode model model_class month name noun
    once_reached open override plan provider reason role rule seen slug status sure tag task team tenant thresholds
    timezone to token url user value verb whom window windows
"""
EARLY = {"from": "1960-01-01T00:00:00+00:00", "since": "0001-01-01", "range": "custom"} | {
    "to": "1960-01-01T00:00:00+00:00",
    "until": "0001-01-01",
    "cursor": f"0001-01-01T00:00:00+14:00_{ID_OF_1970}",
}
LATE = {"from": "9999-12-31T23:59:59-14:00", "since": "9999-12-31", "q": LATE_ID, "range": "custom"} | {
    "to": "9999-12-31T23:59:59-14:00",
    "until": "9999-12-31",
    "cursor": f"9999-12-31T23:59:59-14:00_{LATE_ID}",
}
LAST_DAYS = dict.fromkeys(("ends_on", "since", "until", "day"), "9999-12-31")


def encoded(names: str, value: str, fields: Mapping[str, str]) -> str:
    """Every field with the value, but for those with one of their own."""
    whole = {**dict.fromkeys(names.split(), value), **fields}
    return "&".join(
        f"{name}={quote(text.encode('utf-8', 'surrogateescape'))}" for name, text in whole.items()
    )


QUERIES = (encoded(IN_QUERIES, "9" * 30, EARLY), encoded(IN_QUERIES, NO_TEXT, LATE))
FORM = encoded(IN_FORMS, "user:x", {**LAST_DAYS, "ends": "date"})


def path_of(page: Page) -> str:
    """To rows that there are, where they have names."""
    names = {
        "slug": "alder",
        "code": "PRO",
        "prefix": ATIToken.objects.values_list("prefix", flat=True)[0],
        "name": LLMModel.objects.values_list("name", flat=True)[0],
    }
    route = re.sub(r"<uuid:\w+>", LATE_ID, page.route)
    return "/admin/" + re.sub(r"<\w+:(\w+)>", lambda part: names.get(part[1], "x"), route)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_breaks(console: Client, page: Page) -> None:
    console.raise_request_exception = False
    path, statuses = path_of(page), []
    for query in (*QUERIES, None):
        with transaction.atomic():
            if query is None:
                answer = console.post(path, FORM, content_type="application/x-www-form-urlencoded")
            else:
                answer = console.get(f"{path}?{query}")
            transaction.set_rollback(True)
        statuses.append(answer.status_code)
    assert all(status < 500 for status in statuses), statuses
