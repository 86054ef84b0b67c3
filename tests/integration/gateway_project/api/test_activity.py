"""The log over the API: whose lines one gets, how they are filtered, paged and counted, and each one's story."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.timezone import now

from metering.ids import derived_id, uuid7
from metering.models import ATIToken, LedgerEntry, PolicyDecision, User
from tests.factories import AttemptFactory, BudgetFactory, ReservationFactory, alder, birch, id_at, make_token
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db


def get(who: Any, path: str = "activity") -> Any:
    return call("GET", path.removeprefix("http://testserver").removeprefix("/api/"), who=who)


def results(who: Any, path: str = "activity") -> list[dict[str, Any]]:
    response = get(who, path)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


def made(*outcomes: str, **fields: Any) -> UUID:
    at = now() - timedelta(seconds=9)
    id_ = id_at(at)
    for number, outcome in enumerate(outcomes or ("ok",), start=1):
        AttemptFactory(
            reservation_id=id_, id=derived_id(id_, number), attempt=number, outcome=outcome, at=at,
            **{"tenant_id": alder().pk, **fields},
        )  # fmt: skip
    return id_


def refused(**fields: Any) -> PolicyDecision:
    moment = now() - timedelta(seconds=5)
    values = {
        "minute": moment.replace(second=0, microsecond=0), "tenant_id": alder().pk, "task": "LLM0_CHAT",
        "verdict": "denied", "code": "budget_exceeded", "rule": "tenant cost/day", "mode": "enforce", "count": 3,
        "first_at": moment, "last_at": moment, "message": "No room.",
    }  # fmt: skip
    return PolicyDecision.objects.create(**{**values, **fields})


def test_members_see_their_own_admins_their_tenant_super_admins_all() -> None:
    member, admin = person(), person(role=User.Role.TENANT_ADMIN)
    made(user_id=member.pk)
    made()
    made(tenant_id=birch().pk)
    refused(user_id=member.pk)
    seen = {name: len(results(who)) for name, who in
            {"member": member, "admin": admin, "operator": super_admin()}.items()}  # fmt: skip
    assert seen == {"member": 2, "admin": 3, "operator": 4}


def test_a_bare_token_sees_its_own() -> None:
    issued = make_token()
    made(token_id=issued.id)
    made()
    [line] = results(issued.secret)
    assert line["token"] == ATIToken.objects.get(pk=issued.id).prefix


def test_pages_go_on_where_they_ended_while_calls_are_made() -> None:
    who = super_admin()
    ids = [str(made()) for _ in range(5)]
    first = get(who, "activity?limit=3").json()
    made()
    second = get(who, first["next"]).json()
    assert sorted(line["id"] for page in (first, second) for line in page["results"]) == sorted(ids)
    assert second["next"] is None


def test_a_line_says_who_what_and_how_much() -> None:
    who = person()
    made("error", "ok", user_id=who.pk, cost_nano_usd=1_000, tags=["project=apollo"], model_alias="PRO_L")
    [line] = results(super_admin())
    found = {
        name: line[name] for name in ("tenant", "user", "status", "attempts", "cost_usd", "tags", "asked_for")
    }
    assert found == {
        "tenant": "alder", "user": who.email, "status": "answered", "attempts": 2, "cost_usd": "0.000002",
        "tags": ["project=apollo"], "asked_for": "PRO_L",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=answered", 1), ("status=failed", 1), ("status=refused", 2), ("status=429", 1), ("cost_from=0.5", 1),
        ("slower_than=8", 1), ("tag=project%3Dapollo", 1), ("conversation=talk", 1), ("model=none", 0),
        ("provider=sandbox", 2), ("task=LLM0_CHAT", 4), ("class=BASE_S", 2), ("feature=none", 0),
    ],
)  # fmt: skip
def test_filters(query: str, found: int) -> None:
    made(cost_nano_usd=10**9, latency_ms=9_000, tags=["project=apollo"])
    made("error", conversation_id="talk")
    refused()
    refused(code="task_not_allowed")
    assert len(results(super_admin(), f"activity?{query}")) == found


@pytest.mark.parametrize(
    "query",
    ["stauts=ok", "status=odd", "cost_from=-1", "slower_than=x", "limit=0", "tag=nothing",
     "since=2026-01-01&until=2025-01-01"],
)  # fmt: skip
def test_what_nobody_reads_is_refused(query: str) -> None:
    assert code_of(get(super_admin(), f"activity?{query}")) == (400, "invalid_request")


def test_a_cursor_that_was_not_ours_is_not_found() -> None:
    assert code_of(get(super_admin(), "activity?cursor=abc")) == (404, "not_found")


def test_an_id_is_found_whenever_it_was() -> None:
    id_ = made(request_id="my-own")
    query = "activity?q=my-own&since=2025-01-01&until=2025-01-02"
    assert [line["id"] for line in results(super_admin(), query)] == [str(id_)]


def test_a_name_narrows_and_says_so() -> None:
    who = person()
    made(user_id=who.pk)
    made()
    page = get(super_admin(), f"activity?q={who.email}").json()
    assert (page["narrowed_to"], len(page["results"])) == (who.email, 1)


def test_the_bars_add_up_to_the_usage_report() -> None:
    id_ = made("cut", "ok", cost_nano_usd=123_456_789)
    made(cost_nano_usd=5)
    refused()
    LedgerEntry.objects.create(
        id=derived_id(id_, 2), reservation_id=id_, tenant_id=alder().pk, kind=5, recorded_at=now(),
        meter_ids=[], charges=[], cost_nano_usd=-1_000,
    )  # fmt: skip
    ReservationFactory(cost_nano_usd=40)
    who = super_admin()
    found = get(who, "activity/histogram").json()
    [reported] = results(who, "usage?by=task")
    assert Decimal(found["cost_usd"]) * 10**9 == reported["cost_nano_usd"] == 246_912_583
    assert (found["in_flight"], found["held_usd"]) == (1, "0.00000004")
    calls = [bar["calls"] for bar in found["bars"] if bar["calls"]]
    assert sum(count for bar in calls for count in bar.values()) == 5


def test_a_call_tells_all_that_is_known() -> None:
    id_ = made("error", "ok", cost_nano_usd=1_000)
    told = get(super_admin(), f"activity/{id_}").json()
    assert [row["outcome"] for row in told["attempts_made"]] == ["error", "ok"]
    assert (told["id"], told["status"], told["state"], told["meters"]) == (str(id_), "answered", None, [])


def test_a_refusal_tells_its_trace_without_what_tenants_share() -> None:
    step = {
        "rule": "global cost/day",
        "value": 9,
        "source": "global",
        "outcome": "no room",
        "source_id": None,
    }
    row = refused(trace=[{**step, "used": 7, "held": 0, "left": 2, "shared": True}])
    [of_operator] = get(super_admin(), f"activity/{row.pk}").json()["trace"]
    [of_tenant] = get(person(role=User.Role.TENANT_ADMIN), f"activity/{row.pk}").json()["trace"]
    assert (of_operator["left"], of_tenant["left"]) == (2, None)


OF_ALL = (
    "The budget global cost/day has no room for this call: $7 used and $2 held of $9, this call may need $1."
)


@pytest.mark.parametrize("rule", ["global cost/day", "provider openai cost/day"])
def test_stored_messages_tell_a_tenant_nothing_of_what_all_have_used(rule: str) -> None:
    id_ = uuid7()
    step = {"rule": rule, "value": 9, "source": rule, "outcome": "no room", "source_id": str(id_), "left": 2}
    row = refused(rule=rule, rule_id=id_, message=OF_ALL.replace("global cost/day", rule), trace=[step])
    admin = person(role=User.Role.TENANT_ADMIN)
    paths = ("activity", f"activity?q={row.pk}", f"activity/{row.pk}", "policy/decisions")
    told = {path: get(admin, path).content.decode() for path in paths}
    assert [path for path, text in told.items() if "$7" in text or '"left":2' in text] == []
    operator = super_admin()
    assert all("$7" in get(operator, path).content.decode() for path in paths)


def test_a_gateways_budget_that_counts_each_tenant_is_told_with_its_figures() -> None:
    budget = BudgetFactory(tenant=None, scope="global", per="tenant", dimension="cost")
    refused(rule="global cost/day", rule_id=budget.pk, message=OF_ALL)
    [row] = results(person(role=User.Role.TENANT_ADMIN))
    assert row["message"] == OF_ALL


def test_what_is_not_there_and_what_is_anothers_are_told_alike() -> None:
    admin = person(role=User.Role.TENANT_ADMIN)
    for id_ in (made(tenant_id=birch().pk), refused(tenant_id=birch().pk).pk, uuid7()):
        assert code_of(get(admin, f"activity/{id_}")) == (404, "not_found")
