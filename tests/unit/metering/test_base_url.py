"""A base URL: what no call could use is refused, and what is accepted every client of ours can use."""

import asyncio

import pytest
from aiohttp import ClientRequest, ClientSession
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from metering.base_url import base_url_problem
from tests.properties import thorough

USABLE = [
    "https://api.openai.com/v1",
    "http://localhost:11434/v1",
    "HTTPS://API.X.AI",
    "http://127.0.0.1:65535",
    "http://[::1]:8000/v1/",
    "http://my_vllm:8000/v1",
    "http://bücher.example/v1",
    "http://xn--bcher-kva.example/v1",
    "https://host.example./a%20b/ü",
]


@pytest.mark.parametrize("url", USABLE)
def test_a_usable_one_is_accepted(url: str) -> None:
    assert base_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "about"),
    [
        ("", "http://"),
        ("canary", "http://"),
        ("ftp://canary.example", "http://"),
        ("//canary.example", "http://"),
        ("https:/canary.example", "http://"),
        ("${CANARY:-http://x.example}", "http://"),
        ("https://", "host"),
        ("https:///canary", "host"),
        ("https://:8000/canary", "host"),
        ("https://canary@x.example", "user name"),
        ("https://me:canary@x.example", "user name"),
        ("https://x.example:canary", "port"),
        ("https://x.example:65536/canary", "port"),
        ("https://x.example:0/canary", "port"),
        ("https://x.example:-1/canary", "port"),
        ("https://x.example:/canary", "port"),
        ("https://x.example:\uff18\uff10/canary", "port"),
        ("https://x.example /canary", "spaces"),
        (" https://x.example/canary", "spaces"),
        ("https://x.example/canary\n", "spaces"),
        ("https://x.exa\tmple/canary", "spaces"),
        ("https://x.example/canary\x7f", "spaces"),
        ("https://x.example/canary\u2028", "spaces"),
        ("https://x.example/canary\ud800", "spaces"),
        ("https://x.exa\u200bmple/canary", "spaces"),
        ("https://[canary", "brackets"),
        ("https://canary]", "brackets"),
        ("https://[::1]canary", "brackets"),
        ("https://x[::1]/canary", "brackets"),
        ("https://[canary]", "IPv6"),
        ("https://[v1.canary]", "IPv6"),
        ("https://[fe80::1%eth0]/canary", "IPv6"),
        ("https://[]/canary", "IPv6"),
        ("https://::1/canary", "host"),
        ("https://x..example/canary", "host"),
        ("https://.example/canary", "host"),
        ("https://" + "x" * 64 + ".example/canary", "host"),
        ("https://" + ".".join(["x" * 63] * 4) + "/canary", "host"),
        ("https://xn--\u00fc.example/canary", "host"),
        ("https://xn--zz-.example/canary", "host"),
        ("https://xn--0.example/canary", "host"),
        ("https://\u2603.example/canary", "host"),
        ("https://e\u034fvil.example/canary", "host"),
        ("https://x\uff0fy.example/canary", "host"),
        ("https://10.0.0.256/canary", "host"),
        ("https://ca\\nary.example", "host"),
        ("https://%63anary.example", "host"),
        ("https://x.example?api-version=canary", "query"),
        ("https://x.example/v1?", "query"),
        ("https://x.example/v1#canary", "fragment"),
        ("https://x.example/" + "canary" * 100, "500"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(url: str, about: str) -> None:
    problem = base_url_problem(url)
    assert problem is not None
    assert about in problem
    assert "canary" not in problem


NAMES = st.sampled_from(
    ["localhost", "x.example", "my_vllm", "10.0.0.1", "[::1]", "bücher.example", "xn--x.y", "1"]
)
LETTERS = st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=5)
ODD = st.text("aZ0_-.%:[]@ßü。\u034f\u0301\u3164", max_size=12)
HOSTS = st.one_of(NAMES, LETTERS, ODD, st.lists(NAMES | LETTERS, max_size=3).map(".".join))
PORTS = (
    st.just("")
    | st.integers(-1, 70_000).map(":{}".format)
    | st.text(":0\uff199a+_", max_size=4).map(":{}".format)
)
PATHS = st.just("") | st.text("/v1.%ü\\;&=[]:@", max_size=12).map("/{}".format)
SCHEMES = st.sampled_from(["http://", "https://", "HTTP://"])
URLS = st.tuples(SCHEMES, HOSTS, PORTS, PATHS).map("".join)


@thorough(500)
@given(URLS | st.text(max_size=20).map("https://{}".format))
def test_whatever_is_accepted_has_a_host_and_a_port_for_the_http_client(url: str) -> None:
    if base_url_problem(url) is not None:
        return
    asyncio.run(require_usable(f"{url.rstrip('/')}/chat/completions"))


async def require_usable(text: str) -> None:
    url = URL(text)
    assert url.scheme in {"http", "https"}
    assert url.host
    assert url.raw_host
    assert url.port in range(1, 65_536)
    assert (url.raw_query_string, url.raw_fragment, url.user, url.password) == ("", "", None, None)
    url.raw_host.encode("idna")  # as the resolver does, and raises nothing that it would not catch
    async with ClientSession() as session:  # InvalidURL would be raised here
        ClientRequest("POST", url, headers={}, loop=asyncio.get_running_loop(), session=session)


@pytest.mark.parametrize("url", USABLE)
async def test_the_http_client_takes_each_usable_one(url: str) -> None:
    await require_usable(f"{url}/chat/completions")
