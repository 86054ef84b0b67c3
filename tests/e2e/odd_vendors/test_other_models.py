"""Answers that another model gave than the one that was asked for, or in which others took part, over real HTTP: each
model costs what its own row says, whatever was asked for.
"""

from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor, Told
from tests.vendors.raw import Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
FIGURES = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
AS_ASKED, AS_DEAR = 110 * 1_000, 100 * 3_000 + 10 * 15_000
DEAR, UNKNOWN = "anthropic/claude-sonnet-5.5", "google/gemini-3.8-flash"
MARKED = "standard+other_models"


def answered(by: str, figures: dict[str, Any], *, stream: bool, **fields: Any) -> Turn:
    """A text with these figures, of the model that says so."""
    if not stream:
        return whole("hello", usage=figures, model=by, **fields)
    said = [delta("hello"), delta(finish="stop"), {**usage(0, 0), "usage": figures, **fields}]
    return events(*[{**chunk, "model": by} for chunk in said])


def charge(told: Told) -> tuple[int, str, bool]:
    """What it cost, and how sure that is."""
    assert told.status == 200, told.text
    return told.row.cost_nano_usd, told.row.service_tier, told.row.partly_priced


@Forms
def test_an_answer_of_another_model_costs_what_that_models_row_says(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    turn = answered(DEAR, FIGURES | {"cost": 0.9}, stream=stream)
    told = gateway.ask(turn, model="of-openrouter", stream=stream)
    assert charge(told) == (AS_DEAR, MARKED, False)
    assert (told.row.request_model, told.row.response_model) == ("of-openrouter", DEAR)


@Forms
def test_of_a_model_without_a_row_the_vendors_own_figure_is_charged(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    turn = answered(UNKNOWN, FIGURES | {"cost": 0.0012}, stream=stream)
    told = gateway.ask(turn, model="of-openrouter", stream=stream)
    assert charge(told) == (1_200_000, MARKED, False)


@Forms
def test_of_a_model_without_a_row_and_a_figure_the_price_asked_for_is_charged_and_marked(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    told = gateway.ask(answered(UNKNOWN, FIGURES, stream=stream), model="of-openrouter", stream=stream)
    assert charge(told) == (AS_ASKED, MARKED, True)


@pytest.mark.parametrize("cost", [0, 1e6, -1, "much"])
def test_a_figure_that_can_be_no_cost_is_not_charged(gateway: GatewayAndVendor, cost: Any) -> None:
    turn = answered(UNKNOWN, FIGURES | {"cost": cost}, stream=False)
    assert charge(gateway.ask(turn, model="of-openrouter")) == (AS_ASKED, MARKED, True)


@pytest.mark.parametrize(("by", "cost", "tier"), [(DEAR, AS_DEAR, MARKED), ("openrouter/auto", AS_ASKED, "")])
def test_a_list_of_models_that_may_answer_is_priced_once_the_answer_names_one(
    gateway: GatewayAndVendor, by: str, cost: int, tier: str
) -> None:
    told = gateway.ask(answered(by, FIGURES, stream=False), model="of-openrouter", models=[DEAR])
    assert charge(told) == (cost, tier, False)
    assert told.seen[0]["models"] == [DEAR]


def test_a_list_of_models_is_not_priced_where_nobody_says_who_answered(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(answered("", FIGURES, stream=False), model="of-openrouter", models=[DEAR])
    assert charge(told) == (AS_ASKED, "", True)


def test_a_list_of_models_is_refused_under_a_hard_budget(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(model="of-openrouter", models=[DEAR], capped=True)
    assert (told.status, told.error["param"]) == (400, "models")


def test_what_another_model_costs_beyond_the_hold_is_charged(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(answered(DEAR, FIGURES, stream=False), model="of-openrouter", capped=True)
    assert told.reservation is not None
    assert told.reservation.cost_nano_usd < told.row.cost_nano_usd == AS_DEAR


def test_a_cut_answer_of_another_model_is_charged_at_its_price(gateway: GatewayAndVendor) -> None:
    said = [{**delta("hello " * 20), "model": DEAR}]
    told = gateway.ask(events(*said, done=False, ending="close"), model="of-openrouter", stream=True)
    assert (told.row.service_tier, told.row.estimate_reason) == (MARKED, "cut")
    assert told.row.cost_nano_usd == told.row.input_tokens * 3_000 + told.row.output_tokens * 15_000


def breakdown(other: str, *, stream: bool) -> Turn:
    """Groq's compound system: two models, the first of which alone is in the figures of the whole."""
    own = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    further = {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45}
    parts = {"models": [{"model": "openai/gpt-oss-120b", "usage": own}, {"model": other, "usage": further}]}
    where = {"x_groq": {"id": "r", "usage_breakdown": parts}} if stream else {"usage_breakdown": parts}
    return answered("groq/compound", own, stream=stream, **where)


@Forms
def test_each_model_of_a_compound_system_costs_what_its_own_row_says(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    told = gateway.ask(breakdown("openai/gpt-oss-120b", stream=stream), model="of-groq", stream=stream)
    assert charge(told) == (140 * 3_000 + 15 * 15_000, MARKED, False)
    assert told.tokens == (140, 15)


@Forms
def test_a_model_of_a_compound_system_without_a_row_costs_what_was_asked_for_and_is_marked(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    told = gateway.ask(breakdown("llama-3.3-70b-versatile", stream=stream), model="of-groq", stream=stream)
    assert charge(told) == (AS_DEAR + 45 * 1_000, MARKED, True)


def test_a_breakdown_that_cannot_be_read_is_marked(gateway: GatewayAndVendor) -> None:
    turn = answered("groq/compound", FIGURES, stream=False, usage_breakdown={"models": "many"})
    assert charge(gateway.ask(turn, model="of-groq")) == (AS_ASKED, MARKED, True)
