"""The console's page where a person lets a machine in or turns it away, and the list of where one is signed in."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.identity.devices.poll import approved_login, collect
from metering.identity.devices.start import StartedLogin, start_device_login
from metering.identity.sessions.open_session import new_session
from metering.models import AuditEvent, DeviceLogin, LoginSession
from tests.integration.admin_console import rows
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of, told

pytestmark = pytest.mark.django_db
PAGE = "/admin/device/"


@pytest.fixture
def alder() -> Alder:
    return alders_people()


@pytest.fixture
def member(alder: Alder) -> Client:
    return browser_of(alder.member)


@pytest.fixture
def started() -> StartedLogin:
    return start_device_login(machine="build <b>server", address="203.0.113.9", now=now())


def send(client: Client, started: StartedLogin, verb: str) -> Any:
    return client.post(PAGE, {"code": started.user_code, "verb": verb})


def test_what_asks_is_shown_before_anything_is_decided(member: Client, started: StartedLogin) -> None:
    for typed in (started.user_code, started.user_code.lower().replace("-", " ")):
        page = member.get(PAGE, {"code": typed})
        text = page.content.decode()
        assert page.status_code == 200
        assert "build &lt;b&gt;server" in text
        assert "203.0.113.9" in text
        assert started.user_code in text
        assert "ann@alder.example" in text
        assert "no-store" in page["Cache-Control"]
    assert DeviceLogin.objects.get().state == "pending"


def test_a_person_lets_it_in(alder: Alder, member: Client, started: StartedLogin) -> None:
    answer = send(member, started, "approve")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/profile/")
    assert told(answer) == ["“build <b>server” is being signed in as you. You can close this page."]
    login = approved_login(device_code=started.device_code, now=now())
    assert login.user == alder.member


def test_an_operator_lets_it_in_as_well(started: StartedLogin) -> None:
    operator = rows.super_admin()
    assert send(browser_of(operator), started, "approve").status_code == 302
    assert DeviceLogin.objects.get().user == operator


def test_a_person_turns_it_away(member: Client, started: StartedLogin) -> None:
    assert told(send(member, started, "deny")) == ["“build <b>server” was turned away."]
    assert DeviceLogin.objects.get().state == "denied"


def test_a_code_is_decided_about_once(alder: Alder, member: Client, started: StartedLogin) -> None:
    send(member, started, "approve")
    answer = send(browser_of(alder.admin), started, "approve")
    assert answer.status_code == 200
    assert "Nothing waits with this code" in answer.content.decode()
    assert DeviceLogin.objects.get().user == alder.member


def test_whoever_is_not_signed_in_comes_back_with_the_code(client: Client, started: StartedLogin) -> None:
    answer = client.get(PAGE, {"code": started.user_code})
    assert answer["Location"] == f"/admin/login/?next=/admin/device/%3Fcode%3D{started.user_code}"
    assert send(client, started, "approve").status_code == 302
    assert DeviceLogin.objects.get().state == "pending"


def test_a_form_of_another_page_is_refused(alder: Alder, started: StartedLogin) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alder.member, backend="django.contrib.auth.backends.ModelBackend")
    assert send(browser, started, "approve").status_code == 403


def test_no_verb_decides_nothing(member: Client, started: StartedLogin) -> None:
    assert send(member, started, "").status_code == 200
    assert send(member, started, "own").status_code == 200
    assert DeviceLogin.objects.get().state == "pending"


def test_guessing_is_stopped_also_for_the_right_code(
    member: Client, started: StartedLogin, settings: Any
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        assert member.get(PAGE, {"code": "BBBB-BBBB"}).status_code == 200
    answer = member.get(PAGE, {"code": started.user_code})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert send(member, started, "approve").status_code == 429
    assert DeviceLogin.objects.get().state == "pending"


class TestWhereOneIsSignedIn:
    def test_a_machine_is_listed_and_signed_out(
        self, alder: Alder, member: Client, started: StartedLogin
    ) -> None:
        send(member, started, "approve")
        login = approved_login(device_code=started.device_code, now=now())
        collect(login=login, now=now())
        new_session(user=alder.admin, device="another's", now=now())
        page = member.get("/admin/profile/")
        assert [session.device for session in page.context["sessions"]] == ["build <b>server"]
        session = LoginSession.objects.get(user=alder.member)
        answer = member.post("/admin/profile/", {"end": session.pk})
        assert told(answer) == ["“build <b>server” is signed out."]
        session.refresh_from_db()
        assert session.ended_by == "logout"
        assert AuditEvent.objects.get(action="session.ended").actor == alder.member.email
        assert member.get("/admin/profile/").context["sessions"] == []

    def test_of_another_person_it_is_not_ended(self, alder: Alder, member: Client) -> None:
        session = new_session(user=alder.admin, device="another's", now=now())
        answer = member.post("/admin/profile/", {"end": session.pk})
        assert told(answer) == ["You are not signed in there any more."]
        session.refresh_from_db()
        assert session.ended_at is None

    def test_nonsense_is_not_found(self, member: Client) -> None:
        assert member.post("/admin/profile/", {"end": "x"}).status_code == 404

    def test_operators_see_the_machine_in_the_list_of_sign_ins(self, alder: Alder) -> None:
        new_session(user=alder.member, device="ann's laptop", now=now())
        page = browser_of(rows.super_admin()).get("/admin/metering/loginsession/")
        assert "ann&#x27;s laptop" in page.content.decode()
