"""Each figure of the overview: the page, GET /api/overview and the ledger's rows say the same, to the last digit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Sum

from admin_console.wording import change, count, percent, short_day, usd, usd_exact
from metering.models import PolicyDecision, QuotaAlert, UsageReservation
from metering.money import usd_text
from tests.factories import AlertFactory, MeterFactory
from tests.integration.admin_console.overview.conftest import Page, World

PageOf = Callable[..., Page]
ToldTo = Callable[..., dict[str, Any]]


def cost(rows: Any) -> int:
    return int(rows.aggregate(sum=Sum("cost_nano_usd"))["sum"] or 0)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_spent_today(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    spent = cost(world.log())
    assert spent > 8_000_000_000
    assert page_of(world.operator).exact("spent_today") == usd_exact(spent)
    assert told_to(world.operator)["today"]["cost_usd"] == usd_text(spent)


def test_spent_this_week(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    monday = world.today - timedelta(days=world.today.weekday())
    spent = cost(world.log(monday))
    assert page_of(world.operator).exact("spent_week") == usd_exact(spent)
    assert told_to(world.operator)["week"]["cost_usd"] == usd_text(spent)


def test_spent_this_month(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    spent = cost(world.log(world.today.replace(day=1)))
    assert page_of(world.operator).exact("spent_month") == usd_exact(spent)
    assert told_to(world.operator)["month"]["cost_usd"] == usd_text(spent)


def test_a_budget_stands_beside_what_was_spent_with_what_is_held(
    world: World, page_of: PageOf, told_to: ToldTo
) -> None:
    spent, held = cost(world.log(tenant=world.alder)), 5_000_000_003
    page, answer = page_of(world.admin), told_to(world.admin)
    budget = answer["today"]["budget"]
    assert (budget["used"], budget["held"]) == (usd_text(spent), usd_text(held))
    assert f"of {usd(10_000_000_000)}" in page.figure("spent_today")
    assert f"{usd(held)} held" in page.figure("spent_today")
    assert f"{usd(spent)} used, {usd(held)} held" in page.text


def test_calls_in_flight(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    held = UsageReservation.objects.filter(state=0)
    page, answer = page_of(world.operator), told_to(world.operator)["in_flight"]
    assert (answer["calls"], answer["held_usd"]) == (held.count(), usd_text(cost(held)))
    assert page.figure("in_flight").startswith(f"In flight now {held.count()} call")
    assert usd_exact(cost(held)) in page.text
    assert "ann@alder.example" in page.words
    assert answer["oldest"][0]["user"] == "ann@alder.example"


def test_calls(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    calls = world.log().exclude(outcome="error").count()
    assert page_of(world.operator).figure("calls").startswith(f"Calls {count(calls)} ")
    assert told_to(world.operator)["traffic"]["now"]["requests"] == calls


def test_failed(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    failed, tried = world.log().filter(outcome="error").count(), world.log().count()
    page, answer = page_of(world.operator), told_to(world.operator)["traffic"]
    assert page.figure("failed").startswith(f"Failed {plain(percent(failed / tried))} {failed} attempts")
    assert (answer["now"]["failed"], answer["error_rate"]) == (failed, f"{failed / tried:.4f}")


def test_refused(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    refused = int(PolicyDecision.objects.aggregate(sum=Sum("count"))["sum"])
    calls = refused + world.log().exclude(outcome="error").count()
    page, answer = page_of(world.operator), told_to(world.operator)["traffic"]
    assert page.figure("refused").startswith(
        f"Refused (429) {plain(percent(refused / calls))} {refused} calls"
    )
    assert (answer["refused"], answer["refused_rate"]) == (refused, f"{refused / calls:.4f}")


def test_p95_latency(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    answer = told_to(world.operator)["traffic"]["now"]["latency_p95_ms"]
    assert 900 <= answer <= 1_100  # the slowest of few; latencies are kept in buckets
    assert page_of(world.operator).figure("p95").startswith(f"p95 latency {answer / 1000:.1f} s")


def test_prompt_cache(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    sums = world.log().aggregate(read=Sum("input_tokens"), cached=Sum("cached_input_tokens"))
    rate, saved = sums["cached"] / sums["read"], sums["cached"] * 1_000  # a dollar less per million
    page, answer = page_of(world.operator), told_to(world.operator)["traffic"]
    assert plain(percent(rate)) in page.figure("prompt_cache")
    assert page.exact("prompt_cache") == usd_exact(saved)
    assert answer["prompt_cache_hit_rate"] == f"{rate:.4f}"
    assert answer["prompt_cache_saved_usd"] == usd_text(saved)


def test_cost_of_thirty_days(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    spent = cost(world.log(world.today - timedelta(days=29)))
    page, answer = (
        page_of(world.operator, "?by=tenant"),
        told_to(world.operator, "?by=tenant")["cost_of_30_days"],
    )
    assert answer["total_usd"] == usd_text(spent)
    assert page.figure("cost_of_30_days").endswith(
        f"({usd(cost(world.log(world.today - timedelta(days=59))) - spent)})"
    )
    assert f"{usd(spent)}, {plain(change(spent, 3 * 8_234_567_892))}" in page.figure("cost_of_30_days")
    by_tenant = {each["name"]: sum(map(float, each["cost_usd"])) for each in answer["series"]}
    assert round(by_tenant["alder"] * 10**9) == cost(world.log(world.today - timedelta(days=29), world.alder))


def test_the_thirty_days_are_compared_with_the_thirty_before_them(world: World, page_of: PageOf) -> None:
    first, last = (world.today - timedelta(days=days) for days in (59, 30))
    against = f"against {short_day(first.date())} to {short_day(last.date())} ("
    assert plain(against) in page_of(world.operator).figure("cost_of_30_days")


def test_the_dearest(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    page, answer = page_of(world.operator), told_to(world.operator)["dearest"]
    of_birch = cost(world.log(tenant=world.birch))
    assert [(each["name"], each["cost_usd"]) for each in answer["tenant"]] == [
        ("birch", usd_text(of_birch)),
        ("alder", usd_text(cost(world.log(tenant=world.alder)))),
    ]
    assert answer["user"][0]["name"] == "ann@alder.example"
    assert answer["conversation"][0]["name"] == "Office action"
    assert answer["model"][0]["cost_usd"] == usd_text(cost(world.log()))
    assert f'title="{usd_exact(of_birch)}"' in page.text


def test_budgets_over_eighty_percent(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    assert told_to(world.operator)["budgets_over_80_percent"] == []
    assert "No budget is over 80 %" in page_of(world.operator).words
    world.log().filter(tenant_id=world.alder.pk).update(cost_nano_usd=9_000_000_000)
    [near] = told_to(world.operator)["budgets_over_80_percent"]
    page = page_of(world.operator)
    assert near["used"] == usd_text(cost(world.log(tenant=world.alder)))
    assert f"{near['percent']:.1f} % used" in page.words


def test_alerts_that_nobody_has_acknowledged(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    alert = AlertFactory(meter=MeterFactory())
    open_ones = QuotaAlert.objects.filter(acknowledged_at=None).count()
    assert told_to(world.operator)["unacknowledged_alerts"] == open_ones == 1
    assert "Alder Research at 80 % of calls a day" in page_of(world.operator).words
    alert.acknowledged_at = alert.raised_at
    alert.save()
    assert told_to(world.operator)["unacknowledged_alerts"] == 0
    assert "Nothing waits for you" in page_of(world.operator).words


def test_vendors(world: World, page_of: PageOf, told_to: ToldTo) -> None:
    [vendor] = told_to(world.operator)["vendors"]
    failed, tried = world.log().filter(outcome="error").count(), world.log().count()
    assert (vendor["name"], vendor["attempts"], vendor["failed"]) == ("sandbox", tried, failed)
    assert vendor["cost_usd"] == usd_text(cost(world.log()))
    assert (
        f"sandbox {vendor['state']} {tried} {failed} ({plain(percent(failed / tried))})"
        in page_of(world.operator).words
    )
