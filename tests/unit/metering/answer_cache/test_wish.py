"""The header x-gateway-cache."""

import pytest

from metering.answer_cache.wish import MOST_TTL_S, CacheWish, read_wish
from metering.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("use", CacheWish(verb="use")),
        (" USE ", CacheWish(verb="use")),
        ("use; any", CacheWish(verb="use", any=True)),
        ("use;ttl=600;any", CacheWish(verb="use", any=True, ttl_s=600)),
        (f"refresh; ttl={MOST_TTL_S}", CacheWish(verb="refresh", ttl_s=MOST_TTL_S)),
        ("off", CacheWish(verb="off")),
    ],
)
def test_what_it_may_say(text: str, wish: CacheWish) -> None:
    assert read_wish(text) == wish


@pytest.mark.parametrize(
    "text",
    [
        *("", "yes", "use,any", "off; any", "use; ttl=0", "use; ttl=-1", "use; ttl=1.5", "use; ttl", "use;"),
        *(
            f"use; ttl={MOST_TTL_S + 1}",
            "use; any; any",
            "use; ttl=1; ttl=2",
            "use; ttl=٣",
            "use" + " " * 200,
        ),
    ],
)
def test_whatever_else_is_refused_by_the_header_s_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match="`use`, `refresh` or `off`") as caught:
        read_wish(text)
    assert caught.value.param == "x-gateway-cache"
