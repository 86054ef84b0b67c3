"""GLM's keys `id.secret` become tokens, which a server checks that was written without our code."""

import json
import logging
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest

from providers.keys import Keys
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.traits import TraitsOfModels
from providers.port import ProviderError
from tests.integration.providers.asking import asking, chunks_of, said, streamed
from tests.integration.providers.test_keys import Clock
from tests.vendors.glm_desk import GlmDesk, decoded
from tests.vendors.key_desk import Refusal
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import Running, running

SECRETS = {"id-one-canary": "secret-1-canary", "id-two-canary": "secret-2-canary"}
FIRST, SECOND = (f"{key_id}.{secret}" for key_id, secret in SECRETS.items())
START_S = 1_800_000_000.25
Client = Callable[..., OpenAICompatibleProvider]


@pytest.fixture(scope="module")
def _running() -> Iterator[Running[GlmDesk]]:
    with running(GlmDesk(FakeOpenAI(), SECRETS, Clock())) as vendor:
        yield vendor


@pytest.fixture
def clock(desk: GlmDesk) -> Clock:
    """One for both sides."""
    clock = Clock()
    clock.now_s = START_S
    desk.clock = clock
    return clock


@pytest.fixture
def desk(_running: Running[GlmDesk]) -> GlmDesk:
    desk = _running.vendor
    desk.seen.clear()
    desk.credentials.clear()
    desk.refused.clear()
    desk.known = tuple(SECRETS)
    return desk


@pytest.fixture
async def client(_running: Running[GlmDesk], clock: Clock) -> AsyncIterator[Client]:
    built: list[OpenAICompatibleProvider] = []

    def build(*keys: str, **how: str) -> OpenAICompatibleProvider:
        how = how or {"vendor": "glm"}
        built.append(
            OpenAICompatibleProvider(base_url=_running.base_url, api_key=Keys(keys), clock=clock, **how)  # type: ignore[arg-type]
        )
        return built[-1]

    yield build
    for each in built:
        await each.close()


async def test_a_token_is_signed_with_the_keys_secret_and_dated_in_milliseconds(
    client: Client, desk: GlmDesk
) -> None:
    glm = client(FIRST)
    await glm.complete(asking())
    assert said(await chunks_of(glm, streamed())).startswith("the quick")
    await glm.embed(asking(input="one"))
    await glm.probe(20)
    assert desk.seen == ["id-one-canary"] * 4
    payload = json.loads(decoded(desk.credentials[0].split(".")[1]))
    assert payload == {
        "api_key": "id-one-canary",
        "exp": 1_800_000_210_250,
        "timestamp": 1_800_000_000_250,
    }


async def test_a_token_is_kept_for_180_seconds_and_renewed_before_it_ends(
    client: Client, desk: GlmDesk, clock: Clock
) -> None:
    glm = client(FIRST)
    for later_s in (0, 179.9, 0.2, 179.7, 0.5):
        clock.now_s += later_s
        await glm.complete(asking())
    first, second, third = desk.credentials[0], desk.credentials[2], desk.credentials[4]
    assert desk.credentials == [first, first, second, second, third]
    assert len({first, second, third}) == 3
    assert desk.seen == ["id-one-canary"] * 5


async def test_the_server_of_these_tests_takes_no_token_that_has_ended_and_none_signed_with_another_secret(
    client: Client, desk: GlmDesk, clock: Clock
) -> None:
    for ahead_s, key in (
        (209.9, FIRST),
        (210, FIRST),
        (0, "id-one-canary.another-secret"),
        (0, "nobody.secret-1"),
    ):
        desk.clock = lambda ahead_s=ahead_s: clock.now_s + ahead_s  # type: ignore[misc]
        with suppress(ProviderError):
            await client(key).complete(asking())
    assert desk.seen == ["id-one-canary", "it has ended", "wrong signature", "wrong signature"]


async def test_a_clock_that_is_set_back_gets_a_token_of_its_own_time(
    client: Client, desk: GlmDesk, clock: Clock
) -> None:
    glm = client(FIRST)
    await glm.complete(asking())
    clock.now_s -= 3_600
    await glm.complete(asking())
    assert desk.seen == ["id-one-canary"] * 2


@pytest.mark.parametrize("key", ["plain-key", ".secret", "id.", "a.b.c"])
async def test_a_key_of_another_form_is_sent_as_it_is(client: Client, desk: GlmDesk, key: str) -> None:
    desk.known = (key,)
    await client(key).complete(asking())
    assert desk.seen == [key]


@pytest.mark.parametrize("host", ["open.bigmodel.cn", "api.z.ai"])
def test_both_hosts_are_known_to_want_tokens(host: str) -> None:
    traits = TraitsOfModels(vendor="", base_url=f"https://{host}/api/paas/v4")
    assert traits.of("glm-5", {}).authorization == "zhipu_jwt"


async def test_the_trait_is_declared_and_no_name_decides(client: Client, desk: GlmDesk) -> None:
    await client(FIRST, vendor="other", traits='{"authorization":"zhipu_jwt"}').complete(asking())
    assert desk.seen == ["id-one-canary"]
    plain = client(FIRST, vendor="glm", traits='{"authorization":"bearer"}')
    with pytest.raises(ProviderError):
        await plain.complete(asking())
    assert desk.credentials[-1] == FIRST


async def test_several_keys_have_their_own_tokens_and_a_refused_one_rests(
    client: Client, desk: GlmDesk
) -> None:
    desk.refused["id-one-canary"] = Refusal(429, retry_after=60)
    glm = client(FIRST, SECOND)
    for _ in range(2):
        await glm.complete(asking())
    assert desk.seen == ["id-one-canary", "id-two-canary", "id-two-canary"]


async def test_a_token_that_the_vendor_repeats_is_in_no_error_and_no_log(
    client: Client, desk: GlmDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    glm = client(FIRST)
    await glm.complete(asking())
    token = desk.credentials[0]
    desk.refused["id-one-canary"] = Refusal(400, message=f"the token {token} is odd")
    with pytest.raises(ProviderError) as caught:
        await glm.complete(asking())
    told = [caught.value.message, *(str(record.__dict__) for record in caplog.records)]
    for part in (token, *token.split("."), *SECRETS.values()):
        assert not [text for text in told if part in text]


async def test_short_secrets_are_signed_without_a_warning(client: Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await client(FIRST).complete(asking())
