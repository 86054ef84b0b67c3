"""Search models asked in another protocol, over real HTTP: their sources are told where the protocol has a place for
what they say of them, and nowhere else.
"""

from typing import Any

import pytest

from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.speaking import CHAT, MESSAGES, RESPONSES, Way
from tests.vendors.raw import RawVendor, Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
URL, TEXT = "https://sky.example", "The sky is blue.[1]"
ANNOTATION = {"start_index": 16, "end_index": 19, "url": URL, "title": "Sky"}
LIKE_OPENAI = {"annotations": [{"type": "url_citation", "url_citation": ANNOTATION}]}
LIKE_PERPLEXITY = {"citations": [URL], "search_results": [{"title": "Sky", "url": URL, "date": None}]}
Vendors = pytest.mark.parametrize("of_text", [True, False], ids=["OpenAI", "Perplexity"])


def answered(*, of_text: bool, stream: bool) -> Turn:
    """The text, with its source where a vendor of that kind names it."""
    said, named = (LIKE_OPENAI, {}) if of_text else ({}, LIKE_PERPLEXITY)
    if not stream:
        return whole({"role": "assistant", "content": TEXT, **said}, **named)
    last = {**delta(finish="stop", **said), **named}
    return events(delta(TEXT[:8]), delta(TEXT[8:]), last, usage(9, 5))


def ask(gateway: GatewayAndVendors, raw: RawVendor, speech: Any, *, of_text: bool, stream: bool) -> Told:
    raw.answers(answered(of_text=of_text, stream=stream))
    told = gateway.ask(Way(speech, "raw-small", CHAT), **({"stream": True} if stream else {}))
    assert (told.status, told.said) == (200, TEXT)
    return told


@Forms
@Vendors
def test_a_response_cites_what_the_vendor_cites(
    gateway: GatewayAndVendors, raw: RawVendor, of_text: bool, stream: bool
) -> None:
    told = ask(gateway, raw, RESPONSES, of_text=of_text, stream=stream)
    response = told.events[-1]["response"] if stream else told.answer
    cited = {"type": "url_citation", **ANNOTATION}
    assert response["output"][0]["content"][0]["annotations"] == [cited]
    added = [each["annotation"] for each in told.events if "annotation" in each] if stream else [cited]
    assert added == [cited]


@Forms
@Vendors
def test_a_message_has_no_citation_of_what_it_cannot_quote(
    gateway: GatewayAndVendors, raw: RawVendor, of_text: bool, stream: bool
) -> None:
    told = ask(gateway, raw, MESSAGES, of_text=of_text, stream=stream)
    assert "citation" not in told.text
