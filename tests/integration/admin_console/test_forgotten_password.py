"""The pages for a forgotten password, from the login page to the next login. The verbs are tested with the API."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from metering.models import User
from metering.tasks import deliver_alerts
from tests.integration.admin_console import rows
from tests.mail import MailServer, mail_server_in_use, text_of

pytestmark = pytest.mark.django_db
FORGOTTEN, RESET = "/admin/password/forgotten/", "/admin/password/reset/"
ANOTHER = "violet-Hammer-9"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server_in_use(settings) as server:
        settings.PASSWORD_RESET_URL = f"https://gateway.example{RESET}"
        yield server


@pytest.fixture
def ops(db: Any) -> User:
    return rows.super_admin()


def mailed_link(client: Client, user: User, server: MailServer) -> str:
    assert client.post(FORGOTTEN, {"email": user.email}).status_code == 200
    deliver_alerts()
    found = re.search(r"https://gateway.example(\S+)", text_of(server.mails[-1]))
    assert found is not None
    return found[1]


def choose(client: Client, link: str, password: str = ANOTHER, again: str = ANOTHER) -> str:
    """Open the link, fill its form in, and read the answer."""
    token = client.get(link).context["form"]["token"].value()
    return client.post(RESET, {"token": token, "password": password, "again": again}).content.decode()


def test_the_login_page_leads_to_it(client: Client) -> None:
    assert f'href="{FORGOTTEN}"' in client.get("/admin/login/").content.decode()


def test_without_a_mail_server_nobody_is_told_to_wait_for_a_mail(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "metering.alerts.no_mail_server.NoMailBackend"
    page = client.post(FORGOTTEN, {"email": "ann@alder.example"}).content.decode()
    assert "no mail will come" in page
    assert "on its way" not in page


@pytest.mark.parametrize(("page", "button"), [(FORGOTTEN, "Send a mail"), (RESET, "Change the password")])
def test_each_page_says_what_its_button_does(client: Client, page: str, button: str) -> None:
    assert re.search(rf"<button[^>]*>\s*{button}\s*</button>", client.get(page).content.decode())


def test_the_mails_link_gives_another_password(client: Client, ops: User, server: MailServer) -> None:
    assert "Your password is changed" in choose(client, mailed_link(client, ops, server))
    ops.refresh_from_db()
    assert ops.check_password(ANOTHER)


def test_an_unknown_address_is_answered_alike(client: Client, ops: User) -> None:
    answers = [client.post(FORGOTTEN, {"email": email}) for email in (ops.email, "nobody@example.com")]
    known, unknown = (re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode()) for answer in answers)
    assert known == unknown
    assert "a mail is on its way" in known


def test_too_many_mails_are_refused(client: Client) -> None:
    statuses = [client.post(FORGOTTEN, {"email": "ann@example.com"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_two_passwords_that_differ_are_told(client: Client, ops: User, server: MailServer) -> None:
    link = mailed_link(client, ops, server)
    assert "The two passwords differ." in choose(client, link, again="another")


def test_a_bad_password_is_told_and_the_link_still_works(
    client: Client, ops: User, server: MailServer
) -> None:
    link = mailed_link(client, ops, server)
    assert "too short" in choose(client, link, "short", "short")
    assert "Your password is changed" in choose(client, link)


def test_a_link_works_once(client: Client, ops: User, server: MailServer) -> None:
    link = mailed_link(client, ops, server)
    choose(client, link)
    assert "was used before or has expired" in choose(client, link, "another-Hammer-9", "another-Hammer-9")


def test_a_link_without_its_token_asks_for_it(client: Client) -> None:
    assert client.get(RESET).status_code == 200
    answer = client.post(RESET, {"token": "", "password": ANOTHER, "again": ANOTHER})
    assert answer.status_code == 200
    assert "Your password is changed" not in answer.content.decode()
