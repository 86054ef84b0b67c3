"""`usage_report` as people and scripts run it."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tests.factories import AttemptFactory, birch
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db


def test_attempts_have_the_keys_that_others_rely_on() -> None:
    AttemptFactory()
    AttemptFactory(tenant_id=birch().pk)
    [row] = answer("usage_report", "--by", "attempt", "--tenant", "alder")
    keys = {"attempt_id", "request_id", "reservation_id", "state", "model", "provider"}
    keys |= {"input_tokens", "output_tokens", "cost_nano_usd", "estimated", "started_at"}
    assert keys <= set(row)
    assert row["state"] == "settled"


def test_the_marks_of_an_attempt_are_told() -> None:
    AttemptFactory(
        estimated=True, estimate_reason="cut", partly_priced=True, service_tier="flex", reported="{}"
    )
    [row] = answer("usage_report", "--by", "attempt")
    assert (row["estimate_reason"], row["partly_priced"]) == ("cut", True)
    assert (row["service_tier"], row["reported"]) == ("flex", "{}")
    header, line = text("usage_report", "--by", "attempt").splitlines()
    for name, shown in (("estimate_reason", "cut"), ("partly_priced", "True"), ("service_tier", "flex")):
        assert line[header.index(name) :].startswith(shown)


def test_many_rows_are_one_array_and_a_table_wide_enough() -> None:
    for _ in range(250):
        AttemptFactory()
    assert len(answer("usage_report", "--by", "attempt")) == 250
    header, *lines = text("usage_report", "--by", "attempt").splitlines()
    assert len(lines) == 250
    assert all(line[header.index("state") :].startswith("settled") for line in lines)


def test_sums_of_a_period() -> None:
    AttemptFactory()
    AttemptFactory(at=now() - timedelta(days=2))
    since = (now() - timedelta(days=1)).isoformat()
    [row] = answer("usage_report", "--by", "model", "--since", since)
    assert (row["model"], row["requests"], row["input_tokens"]) == ("sandbox-small", 1, 100)
    assert answer("usage_report", "--by", "day", "--until", "2000-01-01") == []


def test_a_bad_grouping_or_time_is_one_line() -> None:
    assert "'colour' is not a grouping" in str(refusal("usage_report", "--by", "colour"))
    assert "--since: 'soon' is not a date" in str(refusal("usage_report", "--by", "day", "--since", "soon"))


def test_since_ever_may_be_any_year() -> None:
    AttemptFactory()
    for command in (("usage_report", "--by", "day"), ("usage_report", "--by", "attempt")):
        assert len(answer(*command, "--since", "0001-01-01")) == 1
        assert answer(*command, "--until", "0001-01-01") == []
    assert answer("service_levels", "--since", "0001-01-01")["accuracy"]["attempts"] == 1
    assert "name a baseline" in str(refusal("savings_report", "--since", "0001-01-01"))


def test_prices_are_not_left_out_of_a_report_of_attempts_in_silence() -> None:
    error = refusal("usage_report", "--by", "attempt", "--prices", "now")
    assert str(error) == "--prices is for sums; --by attempt shows what was charged."


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    error = refusal("usage_report", "--by", "day", "--since", "2026-02-01", "--until", "2026-01-01")
    assert str(error) == "--until comes before --since."
    for command in ("service_levels", "savings_report"):
        error = refusal(command, "--since", "2026-02-01", "--until", "2026-01-01")
        assert str(error) == "until comes before since."
