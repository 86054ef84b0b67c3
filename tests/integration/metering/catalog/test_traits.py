"""Traits of what is served: a model's own over its provider's, read-only, and never the end of an index."""

import logging
from typing import Any

import pytest

from metering.catalog.served import load_models
from metering.catalog.traits import traits_text
from metering.models import LLMModel, Provider
from tests.served import serve_model

pytestmark = pytest.mark.django_db


def served(provider: dict[str, Any], model: dict[str, Any]) -> Any:
    row = serve_model("small", traits=model)
    Provider.objects.filter(pk=row.provider_id).update(traits=provider)
    return load_models().by_name["small"]


def test_a_models_own_traits_win_over_those_of_its_provider_one_by_one() -> None:
    model = served({"reasoning": False, "service_tier": "flex"}, {"reasoning": True, "pictures": "gpt-4o"})
    assert model.traits == {"reasoning": True, "service_tier": "flex", "pictures": "gpt-4o"}


def test_traits_cannot_be_changed_by_a_call() -> None:
    model = served({"limit_names": ["max_tokens"]}, {})
    assert model.traits["limit_names"] == ("max_tokens",)
    with pytest.raises(TypeError):
        model.traits["reasoning"] = True


def test_served_models_without_traits_share_none_and_can_be_compared_and_hashed() -> None:
    plain, other = served({}, {}), load_models().by_name["small"]
    assert plain.traits is other.traits
    assert (plain, {plain}) == (other, {other})
    LLMModel.objects.update(traits={"reasoning": True})
    changed = load_models().by_name["small"]
    assert changed != plain
    assert len({plain, changed}) == 2


@pytest.mark.parametrize("stored", [{"reasoning": "yes", "nonsense": 1, "pictures": "gpt-4o"}, [1], "x"])
def test_traits_that_were_written_past_every_door_are_logged_and_left_out(
    caplog: pytest.LogCaptureFixture, stored: Any
) -> None:
    with caplog.at_level(logging.ERROR):
        model = served(stored, {"service_tier": "flex"})
    readable = {"pictures": "gpt-4o"} if isinstance(stored, dict) else {}
    assert model.traits == {**readable, "service_tier": "flex"}
    assert {record.getMessage() for record in caplog.records} == {"catalog.trait_unreadable"}


def test_the_text_of_a_providers_traits_is_the_same_for_the_same_traits() -> None:
    one = Provider(traits={"reasoning": True, "limit_names": ["max_tokens"]})
    other = Provider(traits={"limit_names": ["max_tokens"], "reasoning": True})
    assert traits_text(one) == traits_text(other) == '{"limit_names":["max_tokens"],"reasoning":true}'
    assert traits_text(Provider()) == "{}"
