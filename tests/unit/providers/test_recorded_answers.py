"""Answers of vendors with protocols of their own in OpenAI's shape: the files of fixtures/wire, whole and streamed."""

import json

import pytest

from providers.port import EstimateReason
from tests.unit.providers.translating import (
    TRANSLATIONS,
    charged,
    deltas_of,
    finish_of,
    framed,
    joined,
    read,
    with_arguments_read,
)
from tests.vendors.wire_app import case, cases

FILES = [(vendor, name) for vendor in TRANSLATIONS for name in cases(vendor)]


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_a_whole_answer_is_what_the_file_says(vendor: str, name: str) -> None:
    given, translation = case(vendor, name), TRANSLATIONS[vendor]
    body, usage = translation.whole_of(given["answer"])
    (choice,) = body["choices"]
    assert with_arguments_read(choice["message"]) == with_arguments_read(given["message"])
    assert (choice["finish_reason"], body["model"]) == (given["finish_reason"], translation.model)
    assert charged(usage) == given["usage"]
    assert usage.estimate_reason == EstimateReason.NONE


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_a_stream_is_what_the_file_says(vendor: str, name: str) -> None:
    given = case(vendor, name)
    chunks = TRANSLATIONS[vendor].streamed(given["events"])
    assert joined(deltas_of(chunks)) == with_arguments_read(given["message"])
    assert (finish_of(chunks), charged(chunks[-1].usage)) == (given["finish_reason"], given["usage"])
    if "chunks" in given:
        assert deltas_of(chunks) == given["chunks"]


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_how_the_bytes_are_cut_changes_no_byte_of_the_chunks(vendor: str, name: str) -> None:
    body = framed(case(vendor, name)["events"])
    whole, apart = (
        read(TRANSLATIONS[vendor].reader(), pieces)
        for pieces in ([body], [body[place : place + 1] for place in range(len(body))])
    )
    without_clock = [[json.loads(chunk.data) | {"created": 0} for chunk in each] for each in (whole, apart)]
    assert without_clock[0] == without_clock[1]
