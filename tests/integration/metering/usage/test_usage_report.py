from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.types import ReservationState
from metering.usage import attempts as attempts_module
from metering.usage.attempts import usage_by_attempt
from metering.usage.filters import UsageFilter
from metering.usage.groups import GROUPS
from metering.usage.summary import usage_summary
from tests.factories import (
    AttemptFactory,
    ReservationFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_token,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def summary(by: str, **chosen):
    return list(usage_summary(UsageFilter(**chosen), by=by))


class TestByAttempt:
    def test_a_row_has_what_the_vendor_was_asked_and_what_it_cost(self) -> None:
        row = AttemptFactory(
            request_model="chat", response_model="chat-2026", input_tokens=5, output_tokens=6, estimated=True
        )
        [shown] = usage_by_attempt(UsageFilter(tenant=alder()))
        assert (shown["attempt_id"], shown["reservation_id"]) == (row.id, row.reservation_id)
        assert (shown["model"], shown["response_model"], shown["provider"]) == (
            "chat",
            "chat-2026",
            "sandbox",
        )
        assert (shown["input_tokens"], shown["output_tokens"], shown["cost_nano_usd"]) == (5, 6, 27_000)
        assert (shown["estimated"], shown["provisional"], shown["outcome"]) == (True, False, "ok")

    def test_a_row_says_whose_call_it_was(self) -> None:
        team, user, token = TeamFactory(), UserFactory(), make_token()
        AttemptFactory(team_id=team.pk, user_id=user.pk, token_id=token.id, agent_id="helper")
        [shown] = usage_by_attempt(UsageFilter(tenant=alder()))
        assert [shown[name] for name in ("team", "user", "token", "agent")] == [
            team.pk,
            user.pk,
            token.id,
            "helper",
        ]

    def test_a_row_bears_the_marks_of_its_attempt(self) -> None:
        marks = {
            "partly_priced": True,
            "service_tier": "flex",
            "estimate_reason": "contradictory",
            "reported": '{"total_tokens": 623}',
        }
        AttemptFactory(estimated=True, **marks)
        AttemptFactory()
        marked, plain = usage_by_attempt(UsageFilter(tenant=alder()))
        assert {name: marked[name] for name in marks} == marks
        assert [plain[name] for name in marks] == [False, "", "", ""]
        assert list(marked) == list(attempts_module.COLUMNS)

    def test_the_state_is_the_reservation_s(self) -> None:
        for state in (ReservationState.SETTLED, ReservationState.EXPIRED):
            reservation = ReservationFactory(state=state)
            AttemptFactory(reservation_id=reservation.pk)
        AttemptFactory(outcome="provisional")
        AttemptFactory()
        rows = usage_by_attempt(UsageFilter())
        # The last two reservations are gone: they are kept for less long than their attempts.
        assert sorted((row["state"], row["provisional"]) for row in rows) == [
            ("expired", False),
            ("expired", True),
            ("settled", False),
            ("settled", False),
        ]

    def test_every_row_comes_once_however_many_pages_there_are(self, monkeypatch) -> None:
        monkeypatch.setattr(attempts_module, "PAGE", 3)
        moment = now()
        ids = [AttemptFactory(at=moment + number * timedelta(seconds=1)).id for number in range(7)]
        assert [row["attempt_id"] for row in usage_by_attempt(UsageFilter())] == ids

    def test_a_page_is_two_queries(self, django_assert_num_queries) -> None:
        for _ in range(5):
            AttemptFactory()
        with django_assert_num_queries(4):  # attempts, tenants, reservations, the empty page
            assert len(list(usage_by_attempt(UsageFilter()))) == 5


class TestSums:
    def test_attempts_are_summed_and_requests_are_distinct_reservations(self) -> None:
        reservation = ReservationFactory(state=ReservationState.SETTLED).pk
        for attempt in (1, 2):
            AttemptFactory(reservation_id=reservation, attempt=attempt, cost_nano_usd=10)
        AttemptFactory(cost_nano_usd=5, estimated=True, outcome="provisional", cached_input_tokens=3)
        AttemptFactory(tenant_id=birch().pk, partly_priced=True)
        [row] = summary("task", tenant=alder())
        assert row == {
            "task": "LLM0_CHAT",
            "requests": 2,
            "attempts": 3,
            "corrections": 0,
            "estimated": 1,
            "provisional": 1,
            "partly_priced": 0,
            "own_key": 0,
            "cached": 0,
            "input_tokens": 300,
            "output_tokens": 60,
            "cached_input_tokens": 3,
            "cache_write_tokens": 0,
            "reasoning_tokens": 0,
            "api_calls": 0,
            "files": 0,
            "cost_nano_usd": 25,
            "cost_usd": "0.000000025",
            "saved_nano_usd": 0,
            "saved_usd": "0",
        }

    def test_a_vendors_failure_is_an_attempt_and_no_request(self) -> None:
        nothing = {"input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0}
        AttemptFactory(outcome="error", **nothing)
        [row] = summary("model")
        assert (row["attempts"], row["requests"]) == (1, 0)
        first = AttemptFactory(outcome="error", **nothing)
        AttemptFactory(reservation_id=first.reservation_id, attempt=2)
        AttemptFactory(outcome="error", **{**nothing, "cost_nano_usd": 1})
        AttemptFactory(
            outcome="cancelled", response_model="", **nothing
        )  # it turned out that nothing was sent
        AttemptFactory(outcome="cut", **nothing)
        [row] = summary("model")
        assert (row["attempts"], row["requests"]) == (6, 3)

    def test_calls_with_the_tenants_own_key_are_counted(self) -> None:
        for own_key in (True, False, True):
            AttemptFactory(own_key=own_key)
        assert [row["own_key"] for row in summary("model")] == [2]

    def test_what_is_partly_priced_is_counted(self) -> None:
        for partly_priced in (True, False, True):
            AttemptFactory(partly_priced=partly_priced)
        assert [row["partly_priced"] for row in summary("model")] == [2]

    @pytest.mark.parametrize(
        ("by", "column", "values"),
        [
            ("model", "request_model", ["a", "b"]),
            ("task", "task", ["LLM0_CHAT", "LLM2_DRAFT"]),
            ("user", "user_id", [uuid4(), None]),
            ("team", "team_id", [uuid4(), None]),
            ("agent", "agent_id", ["agent:1", None]),
            ("conversation", "conversation_id", ["c-1", "c-2"]),
            ("class", "model_class", ["BASE_S", "PRO_L"]),
            ("microdao", "microdao_id", ["dao", None]),
            ("channel", "channel_id", ["mail", None]),
        ],
    )
    def test_each_value_is_a_group_and_so_is_none(self, by: str, column: str, values: list[object]) -> None:
        for number, value in enumerate(values, start=1):
            AttemptFactory(**{column: value}, input_tokens=number)
        found = {row[by]: row["input_tokens"] for row in summary(by)}
        assert found == dict(zip(values, (1, 2), strict=True))

    def test_a_call_with_two_tags_is_in_both_groups_and_in_one_of_every_other_grouping(self) -> None:
        AttemptFactory(tags=["a=1", "b=2"], input_tokens=1)
        AttemptFactory(tags=["b=2"], input_tokens=20)
        AttemptFactory(tags=[], input_tokens=300)
        found = {row["tag"]: (row["requests"], row["input_tokens"]) for row in summary("tag")}
        assert found == {"a=1": (1, 1), "b=2": (2, 21), None: (1, 300)}
        for by in ("feature", "task", "class"):
            assert [row["input_tokens"] for row in summary(by)] == [321]
        assert [row["input_tokens"] for row in summary("model", only=(("tags", "b=2"),))] == [21]
        assert [row["input_tokens"] for row in summary("tag", only=(("tags", "a=1"),))] == [1, 1]
        assert [row["tags"] for row in usage_by_attempt(UsageFilter(only=(("tags", "a=1"),)))] == [
            ["a=1", "b=2"]
        ]

    def test_days_are_the_tenant_s_and_everybody_s_are_utc(self) -> None:
        alder(timezone="Asia/Tokyo")
        midday = now().replace(hour=12, minute=0)
        AttemptFactory(at=midday)
        AttemptFactory(at=midday + 4 * HOUR)  # 01:00 of the next day in Tokyo
        today = midday.date()
        assert [row["day"] for row in summary("day", tenant=alder())] == [today, today + timedelta(days=1)]
        assert [(row["day"], row["attempts"]) for row in summary("day")] == [(today, 2)]

    def test_a_day_is_that_of_the_reservation_however_late_the_attempt_came(self) -> None:
        made = now().replace(hour=23, minute=59)
        AttemptFactory(at=made, started_at=made + HOUR, recorded_at=made + HOUR)
        assert [row["day"] for row in summary("day")] == [made.date()]

    def test_nothing_used_is_no_row(self) -> None:
        assert [summary(by) for by in GROUPS] == [[]] * len(GROUPS)

    def test_an_unknown_grouping_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="'colour' is not a grouping"):
            summary("colour")


def test_since_is_inclusive_and_until_is_exclusive() -> None:
    moment = now().replace(microsecond=0)
    for number, hours in enumerate((-1, 0, 1), start=1):
        AttemptFactory(at=moment + hours * HOUR, input_tokens=number)
    chosen = {"since": moment, "until": moment + HOUR}
    assert [row["input_tokens"] for row in usage_by_attempt(UsageFilter(**chosen))] == [2]
    assert [row["input_tokens"] for row in summary("model", **chosen)] == [2]


class TestTenantsNeverSeeEachOther:
    @pytest.fixture(autouse=True)
    def _both_use_the_same_names(self) -> None:
        for tenant, tokens in ((alder(), 1), (birch(), 2)):
            AttemptFactory(
                tenant_id=tenant.pk,
                input_tokens=tokens,
                agent_id="agent:1",
                conversation_id="c-1",
                tags=["project=apollo"],
            )

    def test_attempts(self) -> None:
        for tenant, tokens in ((alder(), 1), (birch(), 2)):
            [row] = usage_by_attempt(UsageFilter(tenant=tenant))
            assert (row["tenant"], row["input_tokens"]) == (tenant.slug, tokens)

    @pytest.mark.parametrize("by", GROUPS)
    def test_sums(self, by: str) -> None:
        for tenant, tokens in ((alder(), 1), (birch(), 2)):
            assert [row["input_tokens"] for row in summary(by, tenant=tenant)] == [tokens]

    @pytest.mark.parametrize("by", ["agent", "conversation", "tag"])
    def test_equal_names_of_two_tenants_are_two_rows_for_the_operator(self, by: str) -> None:
        assert {row["tenant"]: row["input_tokens"] for row in summary(by)} == {"alder": 1, "birch": 2}


def test_the_moment_in_an_id_is_read_to_the_millisecond() -> None:
    made = now().replace(microsecond=7_000)
    AttemptFactory(at=made)
    assert summary("model", since=made, until=made + timedelta(milliseconds=1))
    assert not summary("model", since=made + timedelta(milliseconds=1))
    assert not summary("model", until=made)
