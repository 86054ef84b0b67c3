"""From a forgotten password to another one, through a real mail server."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from gateway_project import env
from metering.identity.people.forget_resets import forget_resets
from metering.identity.people.request_reset import ANSWER, MOST_FOR_ONE_MAILBOX, MOST_FROM_ONE_ADDRESS
from metering.models import AlertDelivery, AuditEvent, PasswordReset, User
from metering.tasks import deliver_alerts
from tests.factories import UserFactory
from tests.integration.gateway_project.api.people import PASSWORD, bearer, call, code_of, person, super_admin
from tests.mail import MailServer, html_of, mail_server_in_use, text_of

pytestmark = pytest.mark.django_db
ANOTHER = "violet-Hammer-9"
TOKEN = re.compile(r"[0-9a-f-]{36}:[\w-]{20,}")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server_in_use(settings) as server:
        yield server


def forget(email: str, **headers: str) -> Any:
    return call("POST", "auth/password/forgotten", {"email": email}, **headers)


def reset(token: str, password: str = ANOTHER) -> Any:
    return call("POST", "auth/password/reset", {"token": token, "password": password})


def sign_in(user: User, password: str) -> Any:
    return call("POST", "auth/token", {"email": user.email, "password": password})


def mailed_token(user: User, server: MailServer) -> str:
    """What the newest mail to a person who asked for it says."""
    assert forget(user.email).status_code == 202
    deliver_alerts()
    found = TOKEN.search(text_of(server.mails[-1]))
    assert found is not None
    return found[0]


class TestTheWay:
    def test_the_mails_token_gives_another_password(self, server: MailServer) -> None:
        user = person()
        assert reset(mailed_token(user, server)).status_code == 204
        assert sign_in(user, ANOTHER).status_code == 200
        assert sign_in(user, PASSWORD).status_code == 401

    def test_the_mail_goes_to_the_person_alone_and_says_the_same_twice(self, server: MailServer) -> None:
        user = person()
        person(User.Role.TENANT_ADMIN)
        token = mailed_token(user, server)
        [mail] = server.mails
        assert mail["To"] == user.email
        assert token in html_of(mail)

    def test_the_mail_has_a_link_where_an_application_has_a_page(
        self, server: MailServer, settings: Any
    ) -> None:
        settings.PASSWORD_RESET_URL = "https://app.example/new?lang=en"
        user = person()
        assert forget(user.email).status_code == 202
        deliver_alerts()
        [mail] = server.mails
        assert "https://app.example/new?lang=en&token=" in text_of(mail)
        assert 'href="https://app.example/new?lang=en&amp;token=' in html_of(mail)

    def test_without_a_mail_server_the_answer_is_the_same_and_the_token_is_printed_nowhere(
        self, settings: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        for name, value in env.email("EMAIL_URL", "").items():
            setattr(settings, name, value)
        answer = forget(person().email)
        assert (answer.status_code, answer.json()) == (202, {"message": ANSWER})
        assert deliver_alerts() == 0
        delivery = AlertDelivery.objects.get()
        assert delivery.last_error == "no mail server is configured (EMAIL_URL)"
        shown = [*capfd.readouterr(), caplog.text]
        assert not TOKEN.search(" ".join(shown))

    def test_it_is_written_in_the_audit_trail_without_the_token(self, server: MailServer) -> None:
        user = person()
        token = mailed_token(user, server)
        reset(token)
        event = AuditEvent.objects.get(action="user.password_reset")
        assert (event.actor, event.tenant_id) == (user.email, user.tenant_id)
        assert token not in str(event.facts)

    def test_a_super_admin_can_do_it_too(self, server: MailServer) -> None:
        user = super_admin()
        assert reset(mailed_token(user, server)).status_code == 204
        assert sign_in(user, ANOTHER).status_code == 200

    def test_somebody_who_never_had_a_password_gets_one(self, server: MailServer) -> None:
        user = person()
        user.set_unusable_password()
        user.save()
        assert reset(mailed_token(user, server)).status_code == 204
        assert sign_in(user, ANOTHER).status_code == 200


class TestWhatEnds:
    def test_every_session_of_the_api(self, server: MailServer) -> None:
        user = person()
        session = bearer(user)
        reset(mailed_token(user, server))
        assert code_of(call("GET", "auth/me", who=session)) == (401, "invalid_credential")

    def test_every_session_of_the_console(self, server: MailServer) -> None:
        user, browser = super_admin(), Client()
        browser.force_login(user)
        reset(mailed_token(user, server))
        assert browser.get("/admin/").status_code == 302
        assert SESSION_KEY not in browser.session

    def test_the_lock_that_wrong_passwords_closed(self, server: MailServer) -> None:
        user = person()
        for _ in range(5):
            sign_in(user, "wrong")
        assert sign_in(user, PASSWORD).status_code == 429
        reset(mailed_token(user, server))
        assert sign_in(user, ANOTHER).status_code == 200


class TestATokenIsRefused:
    def test_the_second_time(self, server: MailServer) -> None:
        token = mailed_token(person(), server)
        assert reset(token).status_code == 204
        assert code_of(reset(token, "another-Hammer-9")) == (400, "invalid_request")

    def test_once_another_token_was_used(self, server: MailServer) -> None:
        user = person()
        first, second = mailed_token(user, server), mailed_token(user, server)
        assert reset(second).status_code == 204
        assert reset(first).status_code == 400

    def test_once_the_password_was_changed_in_another_way(self, server: MailServer) -> None:
        user = person()
        token = mailed_token(user, server)
        user.set_password("remembered-Hammer-9")
        user.save()
        assert reset(token).status_code == 400
        assert sign_in(user, "remembered-Hammer-9").status_code == 200

    def test_when_its_hour_is_over(self, server: MailServer) -> None:
        token = mailed_token(person(), server)
        PasswordReset.objects.update(expires_at=now())
        assert reset(token).status_code == 400

    def test_of_somebody_who_was_deactivated(self, server: MailServer) -> None:
        user = person()
        token = mailed_token(user, server)
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert reset(token).status_code == 400

    @pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token[1:], str.upper])
    def test_that_was_not_copied_whole(self, server: MailServer, change: Any) -> None:
        assert reset(change(mailed_token(person(), server))).status_code == 400

    def test_that_is_signed_for_something_else(self, server: MailServer) -> None:
        mailed_token(person(), server)
        key = str(PasswordReset.objects.get().pk)
        assert reset(Signer().sign(key)).status_code == 400

    def test_but_not_spent_by_a_password_that_is_not_good_enough(self, server: MailServer) -> None:
        token = mailed_token(person(), server)
        refused = reset(token, "short")
        assert (code_of(refused), refused.json()["error"]["param"]) == ((400, "invalid_request"), "password")
        assert reset(token).status_code == 204


class TestNobodyLearnsWhoHasAnAccount:
    def test_an_unknown_address_is_answered_alike_and_gets_no_mail(self, server: MailServer) -> None:
        known, unknown = forget(person().email), forget("nobody@example.com")
        assert (
            (unknown.status_code, unknown.json()) == (known.status_code, known.json()) == (202, known.json())
        )
        deliver_alerts()
        assert "nobody@example.com" not in server.recipients

    def test_a_deactivated_person_is_answered_alike_and_gets_no_mail(self, server: MailServer) -> None:
        user = UserFactory(is_active=False)
        assert forget(user.email).status_code == 202
        deliver_alerts()
        assert server.mails == []

    def test_asking_reads_and_writes_the_same_whoever_is_asked_for(self) -> None:
        email = person().email
        assert statements_of(lambda: forget(email)) == statements_of(lambda: forget("nobody@example.com"))

    @pytest.mark.parametrize("known", [True, False])
    def test_too_many_requests_are_refused_alike(self, known: bool) -> None:
        email = person().email if known else "nobody@example.com"
        answers = [forget(email) for _ in range(MOST_FOR_ONE_MAILBOX + 1)]
        assert [answer.status_code for answer in answers] == [*[202] * MOST_FOR_ONE_MAILBOX, 429]
        assert 3_500 < int(answers[-1]["Retry-After"]) <= 3_601


class TestThrottling:
    def test_one_address_asks_for_few_mailboxes(self) -> None:
        answers = [forget(f"p{number}@example.com") for number in range(MOST_FROM_ONE_ADDRESS + 1)]
        assert [answer.status_code for answer in answers[-2:]] == [202, 429]

    def test_neighbours_in_one_network_of_ipv6_ask_as_one(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = ["127.0.0.1"]
        answers = [
            forget(f"p{number}@example.com", x_forwarded_for=f"2001:db8::{number + 1:x}")
            for number in range(MOST_FROM_ONE_ADDRESS + 1)
        ]
        assert [answer.status_code for answer in answers[-2:]] == [202, 429]
        stranger = forget("other@example.com", x_forwarded_for="2001:db8:0:1::1")
        assert stranger.status_code == 202

    def test_an_hour_later_one_may_ask_again(self) -> None:
        for _ in range(MOST_FOR_ONE_MAILBOX):
            forget("ann@example.com")
        PasswordReset.objects.update(created_at=now() - timedelta(hours=1, seconds=1))
        assert forget("ann@example.com").status_code == 202

    def test_capital_letters_are_no_other_mailbox(self) -> None:
        for _ in range(MOST_FOR_ONE_MAILBOX):
            forget("ann@example.com")
        assert forget("Ann@Example.com").status_code == 429

    @pytest.mark.django_db(transaction=True)
    def test_many_at_once_are_counted_too(self) -> None:
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(forget("ann@example.com").status_code)
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses.count(202) == MOST_FOR_ONE_MAILBOX
        assert statuses.count(429) == 12 - MOST_FOR_ONE_MAILBOX


class TestTheOutbox:
    def test_a_mail_server_that_was_down_gets_the_mail_when_it_is_back(
        self, server: MailServer, settings: Any
    ) -> None:
        settings.ALERT_RETRY_S = 0.01
        server.stop()
        forget(person().email)
        assert deliver_alerts() == 0
        AlertDelivery.objects.update(next_attempt_at=now())
        server.start()
        assert deliver_alerts() == 1

    def test_a_mail_whose_token_has_expired_is_not_sent(self, server: MailServer) -> None:
        server.stop()
        forget(person().email)
        deliver_alerts()
        PasswordReset.objects.update(expires_at=now())
        AlertDelivery.objects.update(next_attempt_at=now())
        server.start()
        assert deliver_alerts() == 0
        assert AlertDelivery.objects.get().state == "failed"
        assert server.mails == []

    def test_requests_are_forgotten_after_a_day(self, server: MailServer) -> None:
        mailed_token(person(), server)
        assert forget_resets(now() + timedelta(hours=23)) == 0
        assert forget_resets(now() + timedelta(hours=25)) == 1
        assert not AlertDelivery.objects.exists()


def statements_of(action: Callable[[], object]) -> list[str]:
    """What the database was asked, without values."""
    with CaptureQueriesContext(connection) as asked:
        action()
    statements = [re.sub(r"'[^']*'|_x\d+", "?", query["sql"]) for query in asked.captured_queries]
    assert statements
    return statements
