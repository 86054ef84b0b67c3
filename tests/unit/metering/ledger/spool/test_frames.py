"""A spool's file loses nothing that was acknowledged to any truncation of what was not, nor to any damaged byte; where
more is damaged it says so."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from metering.ids import uuid7
from metering.ledger.spool.frames import MAGIC, frames, read
from metering.ledger.spool.records import Booked, Record
from tests.unit.metering.ledger.spool.records import story

ROOM = b"\0" * 300
"""A file is allocated beforehand."""


def written(records: list[Record]) -> bytes:
    return MAGIC + b"".join([frames(number, record) for number, record in enumerate(records, start=1)])


IDS = [uuid7() for _ in range(4)]
stories = st.lists(st.integers(1, 5), max_size=4).map(
    lambda lengths: [
        record for id_, length in zip(IDS, lengths, strict=False) for record in story(id_)[:length]
    ]
)


@given(stories)
def test_what_is_written_is_read(records: list[Record]) -> None:
    found = read(written(records) + ROOM)

    assert (found.records, found.damaged, found.torn, found.last) == (records, 0, False, len(records))


@given(stories, st.data(), st.booleans())
def test_a_torn_write_loses_nothing_before_it_and_is_told(
    records: list[Record], data: st.DataObject, is_allocated: bool
) -> None:
    acknowledged = data.draw(st.integers(0, len(records)))
    whole, safe = written(records), len(written(records[:acknowledged]))
    kept = data.draw(st.integers(safe, len(whole)))

    found = read(whole[:kept] + (ROOM if is_allocated else b""))

    assert found.records[:acknowledged] == records[:acknowledged]
    assert found.records == records[: len(found.records)]
    assert found.damaged == 0
    assert kept >= found.end >= safe


@given(stories.filter(bool), st.data())
def test_any_one_damaged_byte_loses_nothing(records: list[Record], data: st.DataObject) -> None:
    content = bytearray(written(records) + ROOM)
    place = data.draw(st.integers(0, len(written(records)) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    assert read(bytes(content)).records == records


@given(stories.filter(bool), st.data())
def test_a_record_that_is_damaged_twice_is_missed_and_the_others_are_read(
    records: list[Record], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    before, both = len(written(records[:place])), len(frames(place + 1, records[place]))
    content = bytearray(written(records) + ROOM)
    for copy in (before, before + both // 2):
        content[copy + data.draw(st.integers(0, both // 2 - 1))] ^= 0xFF

    found = read(bytes(content))

    assert found.records == records[:place] + records[place + 1 :]
    is_last = place == len(records) - 1
    assert (found.damaged, found.torn) == ((0, True) if is_last else (1, False))


@given(st.binary(max_size=400))
def test_whatever_stands_in_a_file_is_read_to_its_end(content: bytes) -> None:
    found = read(content)
    assert found.records == []


def test_a_write_after_a_torn_one_takes_its_place() -> None:
    one, two, three = (Booked(UUID(int=number)) for number in (1, 2, 3))
    torn = written([one, two])[:-20][: len(written([one])) + 10]
    found = read(torn)
    assert (found.records, found.torn) == ([one], True)

    again = torn[: found.end] + frames(found.last + 1, three)

    assert read(again + ROOM).records == [one, three]
