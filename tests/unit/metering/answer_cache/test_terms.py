"""Rule and header together: whether a call may be answered from the cache, and with how old an answer."""

from typing import Any

import pytest

from metering.answer_cache.terms import MOST_OWN_TTL_S, OWN_TTL_S, terms_of
from metering.answer_cache.wish import read_wish
from tests.fakes.policy import policy

ZERO: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0}


def terms(rule_s: int | None, header: str | None, body: dict[str, Any] = ZERO) -> Any:
    rules = {} if rule_s is None else {"cache_ttl_s": rule_s}
    return terms_of(policy(**rules), None if header is None else read_wish(header), body)


@pytest.mark.parametrize(
    ("rule_s", "header", "ttl_s"),
    [
        (None, "use", OWN_TTL_S),
        (None, "use; ttl=60", 60),
        (None, "use; ttl=86400", MOST_OWN_TTL_S),
        (86_400, None, 86_400),
        (86_400, "use", 86_400),
        (86_400, "use; ttl=60", 60),
        (60, "use; ttl=600", 60),
    ],
)
def test_an_answer_is_never_older_than_the_rule_and_the_header_say(
    rule_s: int | None, header: str | None, ttl_s: int
) -> None:
    found = terms(rule_s, header)
    assert (str(found), found.ttl_s) == ("miss", ttl_s)


@pytest.mark.parametrize("rule_s", [None, 0])
def test_where_nobody_asks_for_it_there_is_no_cache(rule_s: int | None) -> None:
    assert terms(rule_s, None) is None


@pytest.mark.parametrize("header", ["use", "refresh", "use; any"])
def test_a_rule_of_0_switches_it_off_for_everyone_under_it(header: str) -> None:
    assert str(terms(0, header)) == "off"


def test_the_header_may_switch_it_off() -> None:
    assert str(terms(60, "off")) == "off"


def test_refresh_keeps_an_answer_and_takes_none() -> None:
    found = terms(60, "refresh")
    assert (str(found), found.is_on) == ("refresh", True)


def test_a_request_that_is_not_for_the_cache_is_told_why() -> None:
    found = terms(60, None, {"messages": ZERO["messages"]})
    assert (str(found), found.is_on) == ("bypass; reason=sampled", False)
    assert str(terms(60, "use; any", {"messages": ZERO["messages"]})) == "miss"
