"""The whole gateway, as `script/server` starts it, behind a real proxy that ends TLS. Only its addresses are set."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from launcher.children import start_gateway
from launcher.process import free_port, stop_child, wait_until
from launcher.stack import Stack
from metering.models import Budget, User
from tests.browser import Browser, running_browser
from tests.factories import make_token, reference_data
from tests.mail import MailServer, mail_server, text_of
from tests.quick_passwords import AS_IN_PRODUCTION
from tests.served import serve_model, settled_ledger
from tests.tls_proxy import TlsProxy, tls_proxy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD, ANOTHER = "correct horse battery", "violet-Hammer-9"
EMAIL = "ops@example.com"
DELIVER = "import django; django.setup(); from metering.tasks import deliver_alerts; print(deliver_alerts())"


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        yield server


@pytest.fixture
def front(
    transactional_db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail: MailServer
) -> Iterator[TlsProxy]:
    reference_data()
    serve_model()
    port, upstream = free_port(), free_port()
    monkeypatch.setenv("PUBLIC_URL", f"https://localhost:{port}")
    log = tmp_path / "gateway.log"
    with settled_ledger(), gateway(upstream, log), tls_proxy(tmp_path, port=port, upstream=upstream) as proxy:
        yield proxy


@contextmanager
def gateway(port: int, log: Path) -> Iterator[None]:
    """On this run's test database."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    stack = Stack(
        state_dir=Path(os.environ["GATEWAY_STATE_DIR"]),
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        in_use_fd=nothing,
    )
    with log.open("wb") as output:
        process = start_gateway(stack, host="127.0.0.1", port=port, workers=1, output=output)
    try:
        assert wait_until(lambda: process.poll() is not None or is_ready(port), 60, every_s=0.1)
        yield
    finally:
        stop_child(process, 45)
        os.close(nothing)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def log_in(browser: Browser, password: str) -> None:
    browser.wait_for("document.querySelector('#login-form')")
    browser.fill("[name=username]", EMAIL)
    browser.fill("[name=password]", password)
    browser.click("#login-form button[type=submit]")
    browser.wait_for("!document.querySelector('#login-form')")


def deliver_mail() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DELIVER],
        cwd=REPOSITORY,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "gateway_project.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "1", done.stderr


def test_in_a_browser_a_password_is_reset_somebody_logs_in_and_a_budget_is_changed(
    front: TlsProxy, mail: MailServer, tmp_path: Path
) -> None:
    User.objects.create_superuser(EMAIL, PASSWORD)
    budget = Budget.objects.create(scope="global", dimension="requests", window="day", amount=10)
    with running_browser(front.url, tmp_path, trusted_key=front.public_key) as browser:
        browser.open("/admin/password/forgotten/")
        browser.fill("[name=email]", EMAIL)
        browser.click("#password_form button[type=submit]")
        browser.wait_for("document.body.innerText.includes('a mail is on its way')")
        deliver_mail()
        link = re.search(rf"{re.escape(front.url)}(/\S+)", text_of(mail.mails[0]))
        assert link is not None
        browser.open(link[1])
        browser.fill("[name=password]", ANOTHER)
        browser.fill("[name=again]", ANOTHER)
        assert "token" not in browser.run("location.href")
        browser.click("#password_form button[type=submit]")
        browser.wait_for("document.body.innerText.includes('Your password is changed')")

        page = f"/admin/metering/budget/{budget.pk}/change/"
        browser.open(page)
        log_in(browser, ANOTHER)
        browser.wait_for(f"location.pathname == {page!r} && document.querySelector('[name=amount]')")
        browser.fill("[name=amount]", "25")
        browser.click("[name=_save]")
        browser.wait_for("location.pathname == '/admin/metering/budget/'")
        assert browser.run("location.protocol") == "https:"
        assert browser.run("document.cookie.includes('sessionid')") is False
        assert browser.troubles == []
    budget.refresh_from_db()
    assert budget.amount == 25


def test_calls_links_and_cookies_are_those_of_the_public_address(front: TlsProxy, settings: Any) -> None:
    settings.PASSWORD_HASHERS = AS_IN_PRODUCTION
    User.objects.create_superuser(EMAIL, PASSWORD)
    token = make_token()
    make_token()
    with httpx2.Client(base_url=front.url, verify=front.trusting()) as http:
        client = openai.OpenAI(base_url=f"{front.url}/v1", api_key=token.secret, http_client=http)
        hello = {"role": "user", "content": "hello"}
        answer = client.chat.completions.create(model="sandbox-small", messages=[hello])
        assert answer.usage is not None
        signed_in = http.post("/api/auth/token", json={"email": EMAIL, "password": PASSWORD})
        bearer = {"authorization": f"Bearer {signed_in.json()['access']}"}
        page = http.get("/api/tokens?limit=1", headers=bearer)
        assert page.json()["next"].startswith(f"{front.url}/api/tokens?")
        login = http.get("/admin/login/")
        cookie = login.headers["set-cookie"]
        assert cookie.startswith("__Host-csrftoken=")
        assert "Secure" in cookie
        for reply in (page, login, http.get("/v1/models"), http.get("/health/live")):
            assert reply.headers["strict-transport-security"] == "max-age=31536000"


def test_a_refused_request_is_logged_without_its_query(front: TlsProxy, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with httpx2.Client(base_url=front.url, verify=front.trusting()) as http:
        refused = [
            http.post("/admin/password/reset/?token=hunter2", data={"password": "x"}),
            http.post(
                "/admin/login/?token=hunter2", headers={"origin": "https://evil.example/?token=hunter2"}
            ),
            http.get("/admin/nothing/?token=hunter2"),
            http.get("/api/nothing?token=hunter2"),
            http.get("/v1/nothing?token=hunter2"),
            http.get("/api/tokens?token=hunter2"),
        ]
    assert [reply.status_code for reply in refused] == [403, 403, 302, 404, 404, 401]
    assert wait_until(lambda: "/admin/login/" in log.read_text(), 10)
    assert "hunter2" not in log.read_text()
