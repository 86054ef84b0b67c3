"""Which key is next, without any vendor."""

import pytest

from metering.ports import Progress
from providers.keys import MAX_KEYS, Key, Keys, is_about_the_key
from providers.port import Failure, ProviderError


def limited(status: int = 429, code: str | None = None) -> ProviderError:
    return ProviderError(
        f"status {status}: no", failure=Failure.REFUSED, retryable=True, status=status, code=code
    )


async def asked(keys: Keys, model: str, refuse: dict[str, ProviderError]) -> list[str]:
    """The keys that one call tries, in order."""
    tried: list[str] = []

    async def ask(key: Key) -> None:
        tried.append(key.secret)
        if error := refuse.get(key.secret):
            raise error

    try:
        await keys.used(model, Progress(), ask)
    except ProviderError:
        tried.append("-")
    return tried


async def test_a_rate_limit_is_one_models_and_a_refused_key_is_so_for_all() -> None:
    keys = Keys(["a", "b"], clock=lambda: 0.0)
    assert await asked(keys, "small", {"a": limited()}) == ["a", "b"]
    assert await asked(keys, "large", {}) == ["a"]
    assert await asked(keys, "large", {"b": limited(401)}) == ["b", "a"]
    assert await asked(keys, "small", {}) == ["-"]


async def test_a_spent_quota_is_the_keys_and_not_one_models() -> None:
    keys = Keys(["a", "b"], clock=lambda: 0.0)
    await asked(keys, "small", {"a": limited(code="insufficient_quota")})
    assert [await asked(keys, "large", {}) for _ in range(2)] == [["b"], ["b"]]


async def test_equal_keys_are_one_and_no_key_is_an_empty_one() -> None:
    twice, none = Keys(["a", "", "a"]), Keys()
    assert [await asked(twice, "m", {}) for _ in range(2)] == [["a"], ["a"]]
    assert await asked(none, "m", {}) == [""]


def test_more_keys_than_are_bounded_are_refused() -> None:
    Keys([str(number) for number in range(MAX_KEYS)])
    with pytest.raises(ValueError, match="at most 64 keys"):
        Keys([str(number) for number in range(MAX_KEYS + 1)])


async def test_a_refusal_leaves_nothing_sent_behind() -> None:
    progress = Progress()

    async def ask(key: Key) -> str:
        assert progress.sent is False
        progress.sent = True
        if key.secret == "a":
            raise limited()
        return key.secret

    answered, key = await Keys(["a", "b"]).used("m", progress, ask)
    assert (answered, key.number, progress.sent) == ("b", 2, True)


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.CUT])
def test_what_may_be_billed_is_never_about_the_key(failure: Failure) -> None:
    error = ProviderError("", failure=failure, retryable=True, status=429)
    assert not is_about_the_key(error)
