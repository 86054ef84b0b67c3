"""Usage and budgets over the API: whose rows one gets, how they are grouped, priced and paged."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.models import Tenant, User
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    ModelFactory,
    PriceFactory,
    TeamFactory,
    alder,
    birch,
    make_token,
)
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db


def get(who: Any, path: str) -> Any:
    return call("GET", path.removeprefix("http://testserver").removeprefix("/api/"), who=who)


def results(who: Any, path: str) -> list[dict[str, Any]]:
    response = get(who, path)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


def use(tenant: Tenant | None = None, **facts: Any) -> None:
    AttemptFactory(tenant_id=(tenant or alder()).pk, **facts)


class TestWhoseUse:
    @pytest.fixture
    def people(self) -> dict[str, User]:
        people = {"member": person(), "admin": person(role=User.Role.TENANT_ADMIN), "operator": super_admin()}
        use(user_id=people["member"].pk, cost_nano_usd=1)
        use(user_id=people["admin"].pk, cost_nano_usd=20)
        use(birch(), cost_nano_usd=300)
        return people

    @pytest.mark.parametrize(("who", "cost"), [("member", 1), ("admin", 21), ("operator", 321)])
    def test_members_see_their_own_admins_their_tenant_super_admins_all(
        self, who: str, cost: int, people: dict[str, User]
    ) -> None:
        [row] = results(people[who], "/api/usage?by=day")
        assert row["cost_nano_usd"] == cost

    def test_what_is_estimated_and_what_is_partly_priced_is_counted_apart(self) -> None:
        use(estimated=True, estimate_reason="missing")
        use(partly_priced=True)
        use(partly_priced=True, estimated=True)
        [row] = results(super_admin(), "/api/usage?by=model")
        assert (row["attempts"], row["estimated"], row["partly_priced"]) == (3, 2, 2)

    def test_a_super_admin_may_name_a_tenant(self, people: dict[str, User]) -> None:
        [row] = results(people["operator"], "/api/usage?by=task&tenant=birch")
        assert row["cost_nano_usd"] == 300

    def test_a_member_who_asks_for_somebody_else_gets_nothing(self, people: dict[str, User]) -> None:
        assert results(people["member"], f"/api/usage?user={people['admin'].pk}") == []

    def test_a_bare_token_sees_what_it_used(self) -> None:
        mine, other = make_token(), make_token()
        use(token_id=mine.id, cost_nano_usd=1)
        use(token_id=other.id, cost_nano_usd=2)
        [row] = results(mine.secret, "/api/usage?by=token")
        assert (row["token"], row["name"], row["cost_nano_usd"]) == (str(mine.id), mine.prefix, 1)

    def test_only_super_admins_compare_tenants(self, people: dict[str, User]) -> None:
        assert get(people["admin"], "/api/usage?by=tenant").status_code == 403
        rows = results(people["operator"], "/api/usage/top?by=tenant")
        assert [row["tenant"] for row in rows] == ["birch", "alder"]

    def test_top_spenders_are_for_administrators_the_dearest_first(self, people: dict[str, User]) -> None:
        assert get(people["member"], "/api/usage/top").status_code == 403
        rows = results(people["admin"], "/api/usage/top?limit=1")
        assert [(row["name"], row["cost_nano_usd"]) for row in rows] == [(people["admin"].email, 20)]


class TestExplore:
    def test_it_says_what_the_sums_say(self) -> None:
        ann = person()
        use(user_id=ann.pk, cost_nano_usd=1_000_000_001, latency_ms=1_000)
        use(user_id=ann.pk, cost_nano_usd=2, outcome="error")
        use(birch(), cost_nano_usd=300)
        operator = super_admin()
        found = get(operator, "/api/usage/explore?group=user&subgroup=model&tenant=alder").json()
        [summed] = results(operator, "/api/usage?by=user&tenant=alder")
        [group] = found["groups"]
        for name in ("requests", "attempts", "cost_nano_usd", "cost_usd", "input_tokens"):
            assert group[name] == found["total"][name] == summed[name], name
        assert (group["value"], group["name"], group["success"]) == (
            str(ann.pk),
            ann.email,
            "0.5000",
        )
        assert [part["name"] for part in group["subgroups"]] == ["sandbox-small"]
        assert found["series"][0]["values"][-1] == 1_000_000_003
        assert len(found["buckets"]) == len(found["series"][0]["values"])

    def test_a_member_sees_their_own(self) -> None:
        member = person()
        use(user_id=member.pk, cost_nano_usd=1)
        use(cost_nano_usd=20)
        assert get(member, "/api/usage/explore").json()["total"]["cost_nano_usd"] == 1

    @pytest.mark.parametrize(
        "query",
        [
            "metric=beauty",
            "group=colour",
            "subgroup=model&group=model",
            "bucket=minute",
            "bucket=hour",
            "metric=denials&group=agent",
            "prices=now",
            "top=5",
            "since=2026-01-02&until=2026-01-01",
        ],
    )
    def test_what_it_cannot_tell_is_refused(self, query: str) -> None:
        assert get(super_admin(), f"/api/usage/explore?{query}").status_code == 400


class TestHistory:
    @pytest.mark.parametrize(
        ("by", "column", "name"),
        [
            ("model", "request_model", None),
            ("task", "task", None),
            ("agent", "agent_id", None),
            ("conversation", "conversation_id", None),
            ("provider", "provider_name", None),
            ("class", "model_class", None),
            ("microdao", "microdao_id", None),
            ("channel", "channel_id", None),
        ],
    )
    def test_every_grouping_names_its_groups(self, by: str, column: str, name: str | None) -> None:
        use(**{column: "one"})
        use(**{column: "two"})
        rows = results(person(role=User.Role.TENANT_ADMIN), f"/api/usage?by={by}")
        assert [(row[by], row["name"]) for row in rows] == [("one", name), ("two", name)]

    def test_a_call_is_in_the_group_of_each_of_its_tags(self) -> None:
        for tags in (["a=1", "b=2"], ["a=1"], []):
            use(tags=tags)
        admin, rows = person(role=User.Role.TENANT_ADMIN), []
        path = "/api/usage?by=tag&limit=1"
        while path:
            page = get(admin, path).json()
            rows += [(row["tag"], row["attempts"]) for row in page["results"]]
            path = page["next"]
        assert rows == [("a=1", 2), ("b=2", 1), (None, 1)]
        [dearest, *_] = results(admin, "/api/usage/top?by=tag&tag=b%3D2")
        assert (dearest["tag"], dearest["attempts"]) == ("a=1", 1)

    def test_teams_have_their_slug(self) -> None:
        team = TeamFactory(slug="oaks")
        use(team_id=team.pk)
        [row] = results(person(role=User.Role.TENANT_ADMIN), "/api/usage?by=team")
        assert (row["team"], row["name"]) == (str(team.pk), "oaks")

    def test_filters_narrow(self) -> None:
        use(agent_id="a", request_model="m", cost_nano_usd=1)
        use(agent_id="a", request_model="n", cost_nano_usd=20)
        use(agent_id="b", request_model="m", cost_nano_usd=300)
        admin = person(role=User.Role.TENANT_ADMIN)
        for query, cost in (("agent=a", 21), ("model=m", 301), ("agent=a&model=m", 1)):
            [row] = results(admin, f"/api/usage?by=task&{query}")
            assert row["cost_nano_usd"] == cost, query

    def test_the_range_is_since_inclusive_to_until_exclusive(self) -> None:
        moment = now().replace(microsecond=0) - timedelta(days=40)
        for hours, cost in ((-1, 1), (0, 20), (1, 300)):
            use(at=moment + timedelta(hours=hours), cost_nano_usd=cost)
        since, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (moment, moment + timedelta(hours=1)))
        admin = person(role=User.Role.TENANT_ADMIN)
        [row] = results(admin, f"/api/usage?by=task&since={since}&until={until}")
        assert row["cost_nano_usd"] == 20
        assert results(admin, "/api/usage?by=task") == []  # the last 30 days by default

    def test_pages_are_read_by_cursor_to_the_end(self) -> None:
        for number in range(5):
            use(conversation_id=f"c-{number}")
        use(conversation_id=None)
        admin, path, seen = person(role=User.Role.TENANT_ADMIN), "/api/usage?by=conversation&limit=2", []
        while path:
            answer = get(admin, path).json()
            assert len(answer["results"]) <= 2
            seen += [row["conversation"] for row in answer["results"]]
            path = answer["next"]
        assert seen == ["c-0", "c-1", "c-2", "c-3", "c-4", None]

    @pytest.mark.parametrize("zone", ["", "Z", "%2B02:00"])
    def test_all_pages_are_about_the_period_of_the_first(self, zone: str) -> None:
        began, ends = (now() + timedelta(days=days) for days in (-3, 3))
        query = f"&since={began:%Y-%m-%dT%H:%M:%S}{zone}&until={ends:%Y-%m-%dT%H:%M:%S}{zone}" if zone else ""
        for number in range(2):
            use(conversation_id=f"c-{number}")
        admin = person(role=User.Role.TENANT_ADMIN)
        first = get(admin, f"/api/usage?by=conversation&limit=1{query}").json()
        second = get(admin, first["next"]).json()
        assert (second["since"], second["until"]) == (first["since"], first["until"])
        assert second["results"][0]["conversation"] == "c-1"

    @pytest.mark.parametrize(
        "query",
        [
            "by=colour",
            "prices=later",
            "since=yesterday",
            "since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z",
            "since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
            "until=0001-01-01T00:00:00Z",
            "user=me",
            "limit=0",
            "limit=201",
            "limit=x",
            "agent=a%00b",
        ],
    )
    def test_400_for_what_makes_no_sense(self, query: str) -> None:
        response = get(person(), f"/api/usage?{query}")
        assert code_of(response) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "cursor", ["x", "W10=", "WyJkYXkiLCJ4IixudWxsXQ==", "WyJ1c2VyIiwiYSIsbnVsbF0=", "A" * 3_000]
    )
    def test_404_for_a_cursor_that_was_not_ours(self, cursor: str) -> None:
        response = get(person(), f"/api/usage?by=day&cursor={cursor}")
        assert code_of(response) == (404, "not_found")

    def test_prices_of_now_show_the_difference_to_what_was_charged(self) -> None:
        model = ModelFactory(name="m")
        PriceFactory(model=model, effective_from=now() - timedelta(days=9))
        PriceFactory(model=model, effective_from=now() - timedelta(hours=1), input=3)
        use(
            at=now() - timedelta(days=1),
            request_model="m",
            input_tokens=1_000,
            output_tokens=0,
            cost_nano_usd=1_000_000,
        )
        admin = person(role=User.Role.TENANT_ADMIN)
        for prices, cost, difference in (("then", "0.001", "0"), ("now", "0.003", "0.002")):
            [row] = results(admin, f"/api/usage?by=model&prices={prices}")
            assert (row["cost_usd"], row["charged_usd"], row["difference_usd"]) == (cost, "0.001", difference)


class TestBudgets:
    def test_a_member_sees_what_applies_to_it_with_percent_and_reset(self) -> None:
        me, other = person(), person()
        MeterFactory(budget=BudgetFactory(dimension="cost", amount=10**9), used=250_000_000, held=10**8)
        BudgetFactory(scope="user", scope_id=str(other.pk))
        BudgetFactory(scope="global")
        [row] = results(me, "/api/budgets")
        assert (row["limit"], row["used"], row["held"], row["remaining"]) == ("1", "0.25", "0.1", "0.65")
        assert (row["percent"], row["unit"], row["window"]) == (25.0, "usd", "day")
        assert row["reset_at"].endswith("Z")

    def test_a_member_s_teams_count(self) -> None:
        me, mine, theirs = person(), TeamFactory(), TeamFactory()
        me.teams.add(mine)
        for team in (mine, theirs):
            BudgetFactory(scope="team", scope_id=str(team.pk))
        assert [row["scope_id"] for row in results(me, "/api/budgets")] == [str(mine.pk)]

    def test_an_admin_sees_the_tenant_s_and_a_super_admin_all(self) -> None:
        make_token(birch())
        BudgetFactory(scope="user", scope_id=str(person().pk))
        BudgetFactory(tenant=birch())
        BudgetFactory(scope="global")
        admin = person(role=User.Role.TENANT_ADMIN)
        assert [row["scope"] for row in results(admin, "/api/budgets")] == ["user"]
        operator = super_admin()
        assert {row["scope"] for row in results(operator, "/api/budgets")} == {"user", "tenant", "global"}
        assert {row["tenant"] for row in results(operator, "/api/budgets?tenant=birch")} == {"birch", None}

    def test_pages_are_read_by_cursor_to_the_end(self) -> None:
        for window in ("hour", "day", "week", "month", "total"):
            MeterFactory(budget=BudgetFactory(window=window), used=1)
        admin, path, seen = person(role=User.Role.TENANT_ADMIN), "/api/budgets?limit=2", []
        while path:
            answer = get(admin, path).json()
            seen += [row["window"] for row in answer["results"]]
            path = answer["next"]
        assert sorted(seen) == ["day", "hour", "month", "total", "week"]

    @pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsMiwzLDRd"])
    def test_404_for_a_cursor_that_was_not_ours(self, cursor: str) -> None:
        assert get(person(), f"/api/budgets?cursor={cursor}").status_code == 404
