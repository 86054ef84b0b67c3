"""DATABASE_URL names one server, or several of which the primary is looked for; a bad one is told in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project.database_url import PATIENCE, django_database, read_database_url, reporting_database

TWO = "postgresql://u:hunter2@one:6001,two/d?target_session_attrs=read-write"


def test_a_url_of_one_server_is_taken_apart_for_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE", "postgresql://u:p%40ss@db.example:6001/d?sslmode=require")
    url = read_database_url("SAMPLE", "")
    assert url == "postgresql://u:p%40ss@db.example:6001/d?sslmode=require"
    assert django_database("SAMPLE", url) == {
        "ENGINE": "gateway_project.primary",
        "NAME": "d",
        "USER": "u",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6001",
        "OPTIONS": {**PATIENCE, "sslmode": "require"},
    }


def test_of_several_servers_the_one_that_takes_writes_is_looked_for_with_patience_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAMPLE", TWO)
    url = read_database_url("SAMPLE", "")
    assert url == f"{TWO}&connect_timeout=2"
    database = django_database("SAMPLE", url)
    assert (database["HOST"], database["PORT"]) == ("one,two", "6001,")
    assert database["OPTIONS"] == PATIENCE | {"target_session_attrs": "read-write", "connect_timeout": "2"}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("mysql://u:hunter2@h/d", "a URL starting with postgresql:// or postgres://"),
        ("postgresql://u:hunter2@h:port/d", "a URL; in a password"),
        ("postgresql://u:hunter2@[::1]x/d", "a URL; in a password"),
        ("postgresql://u:%zzhunter2@h/d", "a PostgreSQL URL"),
        ("postgresql://u:hunter2@h/d?sslmod=require", "a PostgreSQL URL"),
        ("postgresql://u:hunter2@one,two/d", "?target_session_attrs=read-write where it names several hosts"),
        (TWO.replace("read-write", "any"), "?target_session_attrs=read-write where it names several hosts"),
        (TWO.replace("two", "two,three,four"), "at most 3 hosts"),
        (TWO.replace("two", ""), "each of its hosts; one between the commas is empty"),
        (TWO.replace("6001", "0"), "a port between 1 and 65535 after each host, or none"),
        (TWO.replace("6001", "x"), "a port between 1 and 65535 after each host, or none"),
        (TWO.replace("read-write", "read-wrote"), "?target_session_attrs=read-write where it names several"),
    ],
)
def test_a_bad_url_is_one_sentence_that_says_what_to_do_and_not_the_value(
    monkeypatch: pytest.MonkeyPatch, raw: str, sentence: str
) -> None:
    monkeypatch.setenv("SAMPLE", raw)
    with pytest.raises(ImproperlyConfigured) as refused:
        django_database("SAMPLE", read_database_url("SAMPLE", ""))
    message = str(refused.value)
    assert message.startswith("SAMPLE must ")
    assert sentence in message
    assert "\n" not in message
    assert "hunter2" not in message


def test_what_reports_are_read_from_may_be_a_standby_and_is_never_written_to() -> None:
    database = reporting_database("SAMPLE", "postgresql://u@standby/d?options=-c%20jit%3Doff")
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["OPTIONS"]["options"] == "-c jit=off -c default_transaction_read_only=on"
