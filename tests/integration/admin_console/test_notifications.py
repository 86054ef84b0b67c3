"""The bell in the header, and the page behind it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import Notification
from tests.factories import make_notification
from tests.integration.admin_console import rows
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of, told

pytestmark = pytest.mark.django_db
PAGE = "/admin/notifications/"


@pytest.fixture
def alder() -> Alder:
    return alders_people()


@pytest.fixture
def member(alder: Alder) -> Client:
    return browser_of(alder.member)


def bell_of(client: Client, page: str) -> str:
    """What the bell in the header says."""
    text = client.get(page).content.decode()
    return text.partition('class="console-bell"')[2].partition("</a>")[0]


def test_the_bell_counts_what_the_viewer_has_not_read_on_every_kind_of_page(
    alder: Alder, member: Client
) -> None:
    assert "unread" not in bell_of(member, "/admin/")
    make_notification(alder.member, "one")
    make_notification(alder.member, "two", read_at=now())
    make_notification(alder.admin, "another's")
    operator = rows.super_admin()
    make_notification(operator, "for operators")
    assert ">1<" in bell_of(member, "/admin/")
    browser = browser_of(operator)
    for page in ("/admin/", "/admin/metering/tenant/", "/admin/metering/budget/add/"):
        assert ">1<" in bell_of(browser, page), page


def test_what_is_unread_comes_first_and_is_read_one_by_one_or_all_at_once(
    alder: Alder, member: Client
) -> None:
    first = make_notification(alder.member, "first")
    make_notification(alder.member, "second", read_at=now() - timedelta(hours=1))
    third = make_notification(alder.member, "third", path="")
    make_notification(alder.admin, "another's")

    def listed() -> list[str]:
        return [row.subject for row in member.get(PAGE).context["pages"].rows]

    assert listed() == ["third", "first", "second"]
    opened = member.post(PAGE, {"open": str(first.pk)})
    assert (opened.status_code, opened["Location"]) == (302, "/admin/budgets/")
    assert listed() == ["third", "first", "second"]
    member.post(PAGE, {"read": str(third.pk)})
    assert not member.get(PAGE).context["has_unread"]
    make_notification(alder.member, "fourth")
    assert told(member.post(PAGE, {"all": "1"})) == ["All are read."]
    assert not Notification.objects.of(alder.member).unread().exists()


def test_another_persons_is_none_of_the_viewers(alder: Alder, member: Client) -> None:
    theirs = make_notification(alder.admin, "another's")
    for form in ({"read": str(theirs.pk)}, {"open": str(theirs.pk)}, {"read": "nonsense"}):
        assert member.post(PAGE, form).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None
