"""What a tighter limit on the input would have said, counted as admission counts."""

from dataclasses import replace

from metering.admission.bound import PLAIN_BYTES, bound_request
from metering.admission.verdicts import RuleVerdict, setting_verdicts
from metering.ids import uuid7
from metering.policy.values import EffectivePolicy, Setting
from metering.types import EnforcementMode, Scope
from tests.fakes.policy import model, policy

LIMIT = 100


class Counter:
    """A token for every four bytes; remembers how much it was given."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def __call__(self, text: bytes) -> int:
        self.given.append(len(text))
        return len(text) // 4


def observed() -> EffectivePolicy:
    shadow = Setting(value=LIMIT, scope=Scope.TENANT, rule_id=uuid7(), mode=EnforcementMode.OBSERVE)
    return replace(policy(), shadow_settings={"max_tokens_in": shadow})


def verdicts(content: object, count: Counter) -> list[RuleVerdict]:
    body = {"messages": [{"role": "user", "content": content}]}
    served = model(context_tokens=1_000_000)
    call = bound_request(body, (served,), policy(), count_tokens=count, hard=False)
    count.given.clear()
    return list(setting_verdicts(observed(), call, served))


def test_a_text_beyond_the_limit_is_noted() -> None:
    [verdict] = verdicts("x" * 4 * LIMIT, Counter())
    assert (verdict.rule, verdict.code) == ("tenant max_tokens_in", "input_too_large")


def test_a_text_whose_bytes_are_more_than_the_limit_but_not_its_tokens_is_not() -> None:
    assert verdicts("x" * 2 * LIMIT, Counter()) == []


def test_of_an_input_far_beyond_the_limit_the_beginning_is_counted() -> None:
    count = Counter()
    verdicts("x" * 1_000_000, count)
    assert count.given == [LIMIT * PLAIN_BYTES]


def test_an_image_is_not_counted_as_text() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    assert verdicts([{"type": "text", "text": "look"}, image], Counter()) == []
