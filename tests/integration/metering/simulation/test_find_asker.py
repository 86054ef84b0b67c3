"""Whom a question is about, where it names no token."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.errors import NotFound
from metering.simulation.find_asker import find_asker
from tests.factories import alder, make_token, reference_data

pytestmark = pytest.mark.django_db


def test_the_newest_live_token_is_asked_about_and_no_newer_one_that_has_expired() -> None:
    reference_data()
    live = make_token()
    make_token(plan="LARGE", expires_at=now() + timedelta(hours=1))
    later = now() + timedelta(hours=2)
    asker = find_asker(tenant=alder(), now=later)
    assert (asker.subject.token_id, asker.subject.plan, asker.refusal) == (live.id, "PRO", None)


def test_where_every_token_has_expired_a_plan_has_to_be_named() -> None:
    reference_data()
    make_token(expires_at=now() + timedelta(hours=1))
    with pytest.raises(NotFound, match="no live ATI token"):
        find_asker(tenant=alder(), now=now() + timedelta(hours=2))
