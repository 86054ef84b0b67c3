import pytest

from metering.rules.registry import REGISTRY, check_rule
from metering.types import Scope


@pytest.mark.parametrize(
    ("key", "value", "task"),
    [
        ("max_tokens_out", 512, None),
        ("max_tokens_out", 1, "LLM0_CHAT"),
        ("max_concurrent", 0, None),
        ("on_disconnect", "cancel", None),
        ("max_class", "BASE_S", "LLM1_PRIOR_ART"),
    ],
)
def test_a_rule_that_makes_sense_passes(key: str, value: object, task: str | None) -> None:
    check_rule(key, value, task, Scope.PLAN)


@pytest.mark.parametrize(
    ("key", "value", "task", "says"),
    [
        (
            "max_token_out",
            5,
            None,
            "the keys are agent_max_steps, cache_ttl_s, cheaper_class, diagram_files_per_req, enforcement",
        ),
        ("max_tokens_out", 0, None, "from 1 to"),
        ("max_tokens_out", "512", None, "a whole number of tokens"),
        ("max_tokens_out", True, None, "a whole number of tokens"),
        ("max_tokens_out", 1.5, None, "a whole number of tokens"),
        ("on_disconnect", "abort", None, "one of drain, cancel"),
        ("on_disconnect", None, None, "one of drain, cancel"),
        ("max_tokens_out", 5, "LLM9_POEMS", "the tasks are LLM0_CHAT"),
    ],
)
def test_a_rule_that_does_not_says_what_would(key: str, value: object, task: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_rule(key, value, task, Scope.PLAN)


def test_every_key_is_a_number_with_a_unit_or_a_choice_or_keys_of_tags() -> None:
    for spec in REGISTRY.values():
        assert bool(spec.choices) + bool(spec.unit) + spec.is_keys == 1, spec.name
