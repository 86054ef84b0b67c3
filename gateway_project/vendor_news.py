"""Which models the router asks last just now, by what processes tell each other: for explanations, off the hot path."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import redis
from redis.exceptions import RedisError

from gateway_project.vendor_configs import load_configs, load_own_configs
from metering.catalog.served import ServedModel
from providers.registry import ProviderConfig
from providers.routing.board import Board, Entry
from providers.routing.endpoint import Endpoint
from providers.routing.place import Place, owner_of, tag_of
from providers.routing.shared_form import read_entry
from providers.routing.sharing import CIRCUITS

READ_LIMIT_S = 0.5


def read_vendor_news(url: str, models: tuple[ServedModel, ...]) -> Mapping[str, str]:
    """By name, of the models that come last: why. Nothing while Redis is away, because each process then knows by
    itself.
    """
    now_s, entries = _read_board(url)
    if not entries:
        return {}
    board = Board(lambda: now_s)
    board.learn(entries)
    return dict(_told(board, models, now_s))


def _read_board(url: str) -> tuple[float, dict[Place, Entry]]:
    """What is shared, and the time there, in seconds of Redis's clock."""
    client = redis.Redis.from_url(url, socket_timeout=READ_LIMIT_S, socket_connect_timeout=READ_LIMIT_S)
    try:
        with client, client.pipeline(transaction=True) as together:
            together.time()
            together.hgetall(CIRCUITS)
            (seconds, us), stored = together.execute()
    except (RedisError, OSError):
        return 0.0, {}
    read = (read_entry(field, value, lambda ms: ms / 1_000) for field, value in stored.items())
    return seconds + us / 1_000_000, dict(each for each in read if each is not None)


def _told(board: Board, models: tuple[ServedModel, ...], now_s: float) -> Iterator[tuple[str, str]]:
    configs: dict[UUID | None, Mapping[str, ProviderConfig]] = {}
    for model in models:
        of = model.key_of
        if of not in configs:
            configs[of] = load_configs() if of is None else load_own_configs(of).by_name
        config = configs[of].get(model.provider_name)
        if config is None:
            continue  # it cannot be used as it is configured
        tags = [tag_of(secret) for secret in config.api_keys] or [tag_of("")]
        endpoint = Endpoint(board, model.provider_name, owner_of(of), tags)
        until_s = endpoint.standing(model.physical_name).until_s
        if until_s is not None:
            yield model.name, _why(until_s - now_s)


def _why(left_s: float) -> str:
    if left_s <= 0:
        return "its calls have failed, and one call tries whether they still do"
    return f"its calls fail, or its keys rest, for {max(1, round(left_s))} s from now"
