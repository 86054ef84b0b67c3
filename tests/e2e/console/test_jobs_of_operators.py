"""A super admin's daily jobs in a real browser: each at most five clicks from the overview.

PICTURES=docs/pictures/console makes the pictures of docs/console.md anew.
"""

import json

import pytest

from launcher.process import wait_until
from metering.identity.tokens.secret import digest_of
from metering.models import ATIToken, Budget, PolicyRule, Tenant
from tests.e2e.console.conftest import Desk, chat
from tests.e2e.console.hand import MOST_CLICKS, Hand
from tests.e2e.server import Server
from tests.support.busy_world import BusyWorld

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NANO = 1_000_000_000
SIDEBAR = "#nav-sidebar-apps"


def row(words: str, hand: Hand) -> str:
    """The line of a table that begins so."""
    line = f"[...document.querySelectorAll('tr')].find(row => row.innerText.trim().startsWith({json.dumps(words)}))"
    hand.browser.wait_for(line)
    hand.run(f"{line}.id = 'the-row'")
    return "#the-row"


def shown_secret(hand: Hand) -> str:
    return str(hand.run("document.querySelector('#secret').innerText.trim()"))


def test_a_tenant_is_made_in_one_go_and_its_first_call_is_seen(operator: Hand, gateway: Server) -> None:
    operator.click("New tenant")
    operator.fill("Name", "Cedar North")
    operator.fill("Time zone", "Europe/Berlin")
    operator.click_radio("plan", "PRO")
    operator.fill("Budget", "$250")
    operator.fill("First administrator", "nora@north.example")
    operator.reads("Chat, ")
    operator.keep_picture("create-a-tenant")
    operator.click("Create tenant")
    operator.reads(
        "may spend $250.00 a month", "An invitation is on its way to nora@north.example", "No call yet"
    )
    secret = shown_secret(operator)
    assert f"curl {gateway.url}/v1/chat/completions" in operator.browser.text
    assert chat(gateway, secret, model="no-such-model").status == 404
    assert chat(gateway, secret).status == 200
    operator.reads("The first call is here", "gpt-5-mini")  # the page looks by itself
    assert secret in operator.browser.text
    operator.is_done("first-call-seen")
    operator.click("Look at the call")
    tenant = Tenant.objects.get(slug="cedar-north")
    assert tenant.timezone == "Europe/Berlin"
    assert Budget.objects.get(tenant=tenant).amount == 250 * NANO


def test_a_token_on_the_plan_pro_is_issued_and_shown_once(operator: Hand, world: BusyWorld) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Cedar Law")
    operator.click("Issue token")
    operator.fill("Name", "docket-search")
    operator.fill("Plan", "PRO")
    operator.click("Issue token")
    operator.reads("curl", "docket-search")
    token = ATIToken.objects.get(name="docket-search")
    assert (token.tenant_id, token.plan_tier_id) == (world.cedar.pk, "PRO")
    assert bytes(token.digest) == digest_of(shown_secret(operator))
    operator.is_done("issue-a-token")


def test_what_a_tenant_spent_is_seen_by_model_and_by_person(operator: Hand) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Cedar Law")
    operator.click("Spent this month")
    operator.click("Today")
    operator.fill("by", "Model")
    operator.fill("then by", "Person")
    operator.click("Show")
    operator.reads("By model, then person", "@cedar.example")
    operator.is_done("see-what-was-spent")


def test_five_dollars_a_day_are_set_once_it_is_said_what_that_does(operator: Hand, world: BusyWorld) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Birch Patents")
    operator.click("Change", within=row("Cost a day", operator))
    operator.fill("Amount", "$5")
    operator.reads("above $5.00 a day are refused", "Last 7 days: refused more")
    operator.is_done("set-a-budget")
    operator.click("Save")
    budget = Budget.objects.get(tenant=world.birch, scope="tenant", dimension="cost", window="day")
    assert budget.amount == 5 * NANO
    assert operator.clicks <= MOST_CLICKS


def test_output_of_drafting_is_raised_to_8000_tokens(operator: Hand, world: BusyWorld) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Cedar Law")
    operator.click("Change", within=row("Tokens out", operator))
    operator.fill("Value", "8,000")
    operator.fill("Task", "Drafting")
    operator.click("Preview")
    operator.reads("4,096 tokens or 8,000 tokens", "Last 7 days: refused more")
    operator.is_done("raise-a-limit")
    operator.click("Save")
    operator.reads("from the next call on")
    rule = PolicyRule.objects.get(tenant=world.cedar, key="max_tokens_out")
    assert (rule.task_id, rule.value) == ("LLM2_DRAFT", 8_000)
    assert operator.clicks <= MOST_CLICKS


def test_a_tenant_is_suspended_after_it_is_said_whom_that_meets(operator: Hand, world: BusyWorld) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Birch Patents")
    operator.click("Suspend")
    operator.reads("2 people")
    operator.click("Suspend Birch Patents")
    world.birch.refresh_from_db()
    assert world.birch.status == Tenant.Status.SUSPENDED
    operator.is_done("suspend-a-tenant")


def test_a_token_gets_a_new_secret(operator: Hand) -> None:
    old = bytes(ATIToken.objects.get(name="bob-laptop").digest)
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Cedar Law")
    operator.click("Rotate", within=row("bob-laptop", operator))
    operator.click("Rotate bob-laptop")
    token = ATIToken.objects.get(name="bob-laptop")
    assert bytes(token.digest) == digest_of(shown_secret(operator)) != old
    operator.is_done("rotate-a-token")


def test_a_tenant_moves_to_another_plan_after_a_preview(operator: Hand, world: BusyWorld) -> None:
    operator.click("Tenants", within=SIDEBAR)
    operator.click("Alder Research")
    operator.click("Change plan")
    operator.fill("Plan", "PRO")
    operator.click("Preview")
    operator.reads("Alder Research on Pro", "Last 7 days: answers cut shorter")
    operator.is_done("move-a-tenant")
    operator.click("Move Alder Research to Pro")
    live = ATIToken.objects.filter(tenant=world.alder, revoked_at=None)
    assert set(live.values_list("plan_tier_id", flat=True)) == {"PRO"}
    assert operator.clicks <= MOST_CLICKS


def test_two_plans_are_compared_side_by_side(operator: Hand) -> None:
    operator.click("Plans", within=SIDEBAR)
    operator.fill("Compare", "STARTER")
    operator.fill("with", "ENTERPRISE")
    operator.click("Compare")
    operator.reads("Starter", "Enterprise is", "8,192")
    operator.is_done("compare-plans")


def test_what_the_page_explore_shows_becomes_a_csv_file(operator: Hand) -> None:
    operator.click("Explore usage", within=SIDEBAR)
    operator.reads("claude-sonnet-4.5")
    link = operator.run("[...document.querySelectorAll('a')].find(a => a.innerText.trim() === 'CSV').href")
    operator.clicks += 1
    lines = operator.run(f"fetch({json.dumps(link)}).then(answer => answer.text())").splitlines()
    assert lines[0].startswith("Model,cost_usd,")
    assert any(line.startswith("claude-sonnet-4.5,") for line in lines[1:])
    operator.is_done("export-csv")


def test_a_refused_call_is_found_by_its_id_and_its_limit_raised(
    operator: Hand, gateway: Server, desk: Desk
) -> None:
    assert chat(gateway, desk.one_call_a_day).status == 200
    refused = chat(gateway, desk.one_call_a_day)
    assert refused.told == (429, "budget_exceeded")
    request_id = refused.headers["x-request-id"]

    def is_found() -> bool:  # refusals are written about once a second
        operator.browser.open(f"/admin/search/?q={request_id}")
        return bool(
            operator.run(
                f"[...document.querySelectorAll('#main a')].some(a => a.innerText.includes('{request_id}'))"
            )
        )

    assert wait_until(is_found, 20, every_s=0.5)
    operator.clicks = 1  # the search, which the keyboard reaches from every page
    operator.click(f"Call {request_id}")
    operator.reads("refused", "The limit that refused it", "1 used")
    operator.is_done("find-a-refusal")
    operator.click("Look at the limit and raise it")
    operator.fill("Amount", "2")
    operator.click("Save")
    assert operator.clicks <= MOST_CLICKS
    assert wait_until(lambda: chat(gateway, desk.one_call_a_day).status == 200, 10, every_s=0.5)
