"""What an address asks a page to show, and that nothing of another tenant is known there."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from admin_console.filters_in_url import Chosen, filters_in_url
from admin_console.who import Viewer
from metering.models import ATIToken, Team, Tenant, User
from metering.reports.buckets import Bucket
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 13, 32, tzinfo=UTC)


@pytest.fixture
def alder() -> Tenant:
    tenant = rows.customer("alder")
    tenant.timezone = "Europe/Berlin"
    tenant.save()
    return tenant


def operator() -> Viewer:
    return Viewer(user=User(role=User.Role.SUPER_ADMIN), tenant=None, own_only=False)


def admin_of(tenant: Tenant) -> Viewer:
    return Viewer(user=User(tenant=tenant, role=User.Role.TENANT_ADMIN), tenant=tenant, own_only=False)


def member_of(tenant: Tenant) -> Viewer:
    return Viewer(user=User.objects.get(tenant=tenant), tenant=tenant, own_only=True)


def read(viewer: Viewer, **query: str) -> Chosen:
    return filters_in_url(query, viewer, now=NOW)


class TestRange:
    def test_thirty_days_in_the_tenants_zone_are_usual(self, alder: Tenant) -> None:
        chosen = read(admin_of(alder))
        assert (chosen.range, chosen.days.first, chosen.days.last) == (
            "30d", date(2026, 10, 28), date(2026, 11, 26),
        )  # fmt: skip
        assert chosen.usage.since == datetime(2026, 10, 27, 23, tzinfo=UTC)
        assert chosen.usage.until == datetime(2026, 11, 26, 23, tzinfo=UTC)

    def test_an_operator_counts_days_of_utc_until_a_tenant_is_chosen(self, alder: Tenant) -> None:
        assert read(operator()).zone.key == "UTC"
        assert read(operator(), tenant="alder").zone.key == "Europe/Berlin"

    def test_a_custom_range_contains_its_last_day(self, alder: Tenant) -> None:
        chosen = read(operator(), range="custom", since="2026-11-02", until="2026-11-03")
        assert (chosen.usage.since, chosen.usage.until) == (
            datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC),
        )  # fmt: skip
        assert chosen.query() == {"range": "custom", "since": "2026-11-02", "until": "2026-11-03"}

    @pytest.mark.parametrize(
        "query",
        [
            {"range": "yesterday"},
            {"range": "custom", "since": "2026-11-02"},
            {"range": "custom", "since": "2026-11-31", "until": "x"},
            {"range": "custom", "since": "2026-11-03", "until": "2026-11-02"},
            {"range": "custom", "since": "0001-01-01", "until": "9999-12-31"},
            {"range": "custom", "since": "2027-01-01", "until": "2027-01-02"},
            {"bucket": "minute"},
            {"bucket": "hour"},
            {"metric": "beauty"},
            {"group": "colour"},
        ],
    )
    def test_what_nobody_can_show_is_said_and_the_usual_shown(self, query: dict[str, str]) -> None:
        chosen = read(operator(), **query)
        assert len(chosen.problems) == 1
        assert (chosen.range, chosen.metric, chosen.group) == ("30d", "cost", "model")

    def test_a_range_that_is_about_to_be_chosen_is_no_mistake(self) -> None:
        chosen = read(operator(), range="custom")
        assert (chosen.problems, chosen.range) == ((), "30d")

    def test_at_most_400_days(self) -> None:
        chosen = read(operator(), range="custom", since="2024-01-01", until="2026-11-26")
        assert (chosen.days.count, len(chosen.problems)) == (400, 1)


class TestNames:
    def test_names_become_ids(self, alder: Tenant) -> None:
        token = ATIToken.objects.get(tenant=alder)
        chosen = read(
            admin_of(alder), team="research", user="Ann@alder.example", token=token.prefix, model="gpt-5"
        )
        assert chosen.problems == ()
        assert dict(chosen.usage.only) == {
            "team_id": Team.objects.get(tenant=alder).pk,
            "user_id": User.objects.get(tenant=alder).pk,
            "token_id": token.pk,
            "request_model": "gpt-5",
        }

    @pytest.mark.parametrize("name", ["tenant", "team", "user", "token", "task", "feature"])
    def test_an_unknown_name_is_said_and_shows_no_rows(self, alder: Tenant, name: str) -> None:
        chosen = read(admin_of(alder), **{name: "nobody"})
        assert "“nobody”" in chosen.problems[0]
        assert chosen.usage.rows().count() == 0

    @pytest.mark.parametrize("text", ["x" * 129, "a\0b"])
    def test_a_text_that_is_no_name_is_said(self, alder: Tenant, text: str) -> None:
        for name in ("model", "tag", "user", "tenant"):
            assert read(operator(), **{name: text}).problems

    def test_another_tenants_names_are_as_unknown_as_none(self, alder: Tenant) -> None:
        birch = rows.customer("birch")
        theirs = {
            "tenant": "alder",
            "user": "ann@alder.example",
            "token": ATIToken.objects.get(tenant=alder).prefix,
        }
        Team.objects.filter(tenant=alder).update(slug="alders")
        for name, value in {**theirs, "team": "alders"}.items():
            chosen = read(admin_of(birch), **{name: value})
            said = read(admin_of(birch), **{name: "nobody"}).problems[0].replace("nobody", value)
            assert chosen.problems == (said,)
            assert chosen.usage.tenant == birch

    def test_a_slug_of_several_tenants_asks_for_the_tenant(self, alder: Tenant) -> None:
        rows.customer("birch")
        assert "choose the tenant" in read(operator(), team="research").problems[0]
        assert read(operator(), team="research", tenant="alder").problems == ()

    def test_a_member_sees_own_rows_only_whatever_is_asked(self, alder: Tenant) -> None:
        viewer = member_of(alder)
        other = User.objects.create_user("bob@alder.example", "secret secret 1", tenant=alder)
        assert ("user_id", viewer.user.pk) in read(viewer).usage.only
        chosen = read(viewer, user=other.email)
        assert chosen.problems
        assert ("user_id", viewer.user.pk) in chosen.usage.only

    def test_tenants_are_told_apart_by_operators_only(self, alder: Tenant) -> None:
        assert read(operator(), group="tenant").group == "tenant"
        assert read(admin_of(alder), group="tenant").problems


class TestLinks:
    def test_the_state_is_written_back(self, alder: Tenant) -> None:
        state: dict[str, Any] = {
            "range": "7d", "metric": "requests", "group": "team", "subgroup": "user", "bucket": "hour",
            "tenant": "alder", "model": "gpt-5", "tag": "project=apollo",
        }  # fmt: skip
        chosen = read(operator(), **state)
        assert chosen.query() == state
        assert (chosen.bucket, chosen.problems) == (Bucket.HOUR, ())

    def test_a_change_keeps_the_rest(self, alder: Tenant) -> None:
        chosen = read(operator(), tenant="alder", model="gpt-5")
        assert chosen.link(model=None, group="user") == "?group=user&tenant=alder"

    def test_a_chip_takes_its_filter_away(self, alder: Tenant) -> None:
        chips = read(operator(), tenant="alder", model="gpt-5").chips
        assert [(chip.title, chip.value, chip.without) for chip in chips] == [
            ("Tenant", "alder", "?model=gpt-5"),
            ("Model", "gpt-5", "?tenant=alder"),
        ]
