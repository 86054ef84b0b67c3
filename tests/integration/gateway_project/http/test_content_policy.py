from typing import Any

from django.test import Client

POLICY = "Content-Security-Policy"


def script_src(client: Client, path: str) -> str:
    directives = dict(part.strip().split(" ", 1) for part in client.get(path)[POLICY].split(";"))
    return directives["script-src"]


def test_no_page_may_run_what_is_inline_and_only_the_console_may_evaluate(client: Client, db: Any) -> None:
    assert script_src(client, "/admin/login/") == "'self' 'unsafe-eval'"
    assert script_src(client, "/api/docs") == "'self'"


def test_the_page_of_the_api_has_its_script_at_an_address_of_its_own(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert page.count("<script") == page.count("<script src=") == 3
    script = client.get("/api/docs", {"script": "", "lang": ""})
    assert script["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle(" in script.content


def test_answers_that_are_no_pages_need_no_policy(client: Client, db: Any) -> None:
    assert POLICY not in client.get("/api/auth/me")
