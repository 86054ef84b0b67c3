"""What the server and its ledger process say to each other arrives as it was said, in whatever pieces it comes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from metering.errors import InvalidRequest, LedgerOverloaded, MeteringUnavailable
from metering.ids import command_digest, uuid7
from metering.ledger.apart.messages import CLOSING, UNREADABLE, Inbox, Open, State, failure, message
from metering.ledger.commands import Adjust, Command, Expire, Release, Reserve, ReserveLate
from metering.ledger.results import Denied, Ended, Granted, LineBalance, LineDenial, Reason, Refused, Result
from metering.types import Dimension, ReservationState
from tests.support.build import ALDER, LABELS, attempt, extend, line, meter_key, reserve, settle

ID = uuid7()
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
amounts = st.integers(-(2**63), 2**63 - 1)
labels = st.builds(
    lambda text, tags, user: replace(LABELS, agent_id=text, tags=tuple(tags), user_id=user),
    st.none() | texts,
    st.lists(texts, max_size=3),
    st.none() | st.uuids(),
)
lines = st.builds(
    lambda amount, limit, budget, subject, enforced: line(
        meter_key(Dimension.COST, subject_id=subject), amount, limit, budget_id=budget, enforced=enforced,
        counts_since=NOON,
    ),
    amounts, amounts, st.uuids(), texts, st.booleans(),
)  # fmt: skip
reserves = st.builds(
    lambda some, labels, key, digest: reserve(
        *some, id_=ID, labels=labels, idempotency_key=key, idempotency_digest=digest
    ),
    st.lists(lines, max_size=3),
    labels,
    st.none() | texts,
    st.none() | amounts,
)
settles = st.builds(
    lambda tokens, cost, text: settle(
        ID, attempts=(attempt(output_tokens=tokens, cost_nano_usd=cost, reported=text, vendor_cost_nano_usd=cost),)
    ),
    amounts, amounts, texts,
)  # fmt: skip
others = st.sampled_from(
    [
        extend(ID, line(meter_key(subject_id="one"))),
        Release(reservation_id=ID, tenant_id=ALDER, reason="nothing was sent"),
        Expire(reservation_id=ID),
        Adjust(reservation_id=ID, number=1, reason="corrected", cost_nano_usd=-5),
    ]
)
lates = reserves.map(lambda command: ReserveLate(**structs.asdict(command)))
commands: st.SearchStrategy[Command] = st.one_of(reserves, lates, settles, others)
balance = LineBalance(meter_id=7, used=1, held=2, limit=3, resets_at=NOON)
denial = LineDenial(line=0, used=1, held=2, requested=3, limit=4, resets_at=None)
results: st.SearchStrategy[Result] = st.sampled_from(
    [
        Granted(reservation_id=ID, balances=(balance, balance)),
        Denied(reservation_id=ID, denials=(denial,)),
        Ended(reservation_id=ID, state=ReservationState.SETTLED, meter_ids=(1, 2), charges=(3, -4)),
        Refused(reservation_id=ID, reason=Reason.KEY_ENDED, state=None, other_id=UUID(int=5)),
    ]
)
contents = st.one_of(commands, results, st.just(State(True, 3, 500)), st.just(Open("dbname=x password=é")))


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), contents), max_size=6), st.data())
def test_messages_arrive_in_order_whatever_pieces_they_come_in(
    said: list[tuple[int, Command | Result]], data: st.DataObject
) -> None:
    words = b"".join(message(number, content) for number, content in said)
    inbox, heard, rest = Inbox(), [], words
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        heard += inbox.take(rest[:size])
        rest = rest[size:]
    assert heard == said


@given(commands)
def test_a_command_is_known_again_by_its_digest(command: Command) -> None:
    """So that a command that was sent to a writer here, and again to one in another process, is carried out once."""
    [(_, heard)] = Inbox().take(message(1, command))
    assert type(heard) is type(command)
    assert heard == command
    assert command_digest(heard) == command_digest(command)


@pytest.mark.parametrize(
    "error",
    [
        MeteringUnavailable("The ledger's database did not answer in time."),
        LedgerOverloaded("20000 commands wait for the ledger already."),
        InvalidRequest("A lease lasts longer.", param="lease_s"),
    ],
)
def test_an_error_is_raised_as_what_it_was(error: InvalidRequest) -> None:
    [(_, heard)] = Inbox().take(message(9, failure(error)))
    again = heard.error()
    assert (type(again), again.message, again.param) == (type(error), error.message, error.param)


def test_a_fault_of_the_process_is_told_without_its_words() -> None:
    [(_, heard)] = Inbox().take(message(9, failure(RuntimeError("password=secret"))))
    assert type(heard.error()) is MeteringUnavailable
    assert "secret" not in heard.error().message


@pytest.mark.parametrize("amount", [2**64, -(2**63) - 1])
def test_a_number_that_no_message_holds_is_refused(amount: int) -> None:
    with pytest.raises(InvalidRequest):
        message(1, reserve(line(meter_key(), amount)))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        message(1, reserve(labels=replace(LABELS, agent_id="\ud800")))


def test_a_command_with_a_wrong_type_in_it_is_unreadable_and_the_next_one_is_not() -> None:
    bad = Reserve(reservation_id=ID, tenant_id=ALDER, lines=(), labels=LABELS, lease_s="long")  # type: ignore[arg-type]
    assert list(Inbox().take(message(1, bad) + message(2, Expire(reservation_id=ID)) + CLOSING)) == [
        (1, UNREADABLE),
        (2, Expire(reservation_id=ID)),
        (0, None),
    ]


def test_bytes_that_are_no_messages_break_the_line() -> None:
    with pytest.raises(ValueError, match="A message of"):
        list(Inbox().take(b"HTTP/1.1 200 OK\r\n"))
