"""In the console a refused request's id leads to the decision about it."""

import pytest
from django.test import Client

from metering.decisions.find import request_digest
from metering.ids import uuid7
from metering.models import DecisionRequest, PolicyDecision
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url


@pytest.mark.parametrize("request_id", [str(uuid7()), "my-own-id.17"], ids=["the gateway's", "the caller's"])
def test_decisions_are_found_by_it(console: Client, url: Url, request_id: str) -> None:
    rows.everything()
    rows.many(2)
    wanted = PolicyDecision.objects.order_by("id")[1]
    DecisionRequest.objects.create(decision_id=wanted.pk, digest=request_digest(request_id))
    page = console.get(url(PolicyDecision), {"q": request_id})
    assert [row.pk for row in page.context["cl"].result_list] == [wanted.pk]
    page = console.get(url(DecisionRequest), {"q": request_id})
    assert str(wanted.pk) in page.content.decode()
    assert page.context["cl"].result_count == 1


def test_an_id_that_nobody_has_finds_nothing(console: Client, url: Url) -> None:
    rows.everything()
    page = console.get(url(PolicyDecision), {"q": str(uuid7())})
    assert page.context["cl"].result_count == 0
