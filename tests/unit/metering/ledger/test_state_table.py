"""The table of docs/ledger.md is what the engine does, cell by cell."""

from copy import deepcopy
from datetime import timedelta

import pytest

from metering.ids import command_digest
from metering.ledger.engine import apply
from metering.ledger.engine.end import NOTHING_USED_DIGEST
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import EntryKind, ReservationState
from tests.unit.metering.ledger import kit
from tests.unit.metering.ledger.state_table import COMMANDS, SHARED, published, word_for

HELD, SETTLED = ReservationState.HELD, ReservationState.SETTLED
RELEASED, EXPIRED = ReservationState.RELEASED, ReservationState.EXPIRED
CELLS = published()
NAMES = [" on ".join(cell) for cell in CELLS]
DONE = {"granted", "settled", "released", "expired", "trued up", "adjusted", "tombstone"}
SETTLE_DIGEST = command_digest(kit.settle(6))
LINES = {"meter_ids": [], "amounts": [], "unenforced": [], "flags": []}
HOLDS = {
    "absent": None,
    "held": kit.hold(HELD, version=2, lease_expires_at=kit.NOW + timedelta(microseconds=1)),
    "held, lease over": kit.hold(HELD, version=2, lease_expires_at=kit.NOW),
    "settled": kit.hold(SETTLED, version=2, end_digest=SETTLE_DIGEST),
    "released": kit.hold(RELEASED, version=2),
    "tombstone": kit.hold(RELEASED, version=0, body_digest=0, **LINES),
    "expired": kit.hold(EXPIRED, version=2, provisional=True),
    "trued up": kit.hold(EXPIRED, version=2, end_digest=SETTLE_DIGEST),
    "nothing used": kit.hold(EXPIRED, version=2, end_digest=NOTHING_USED_DIGEST),
}
USED = {"settled": 9, "expired": 10, "trued up": 9, "nothing used": 3, "released": 3}


def work_in(state: str) -> UnitOfWork:
    """One meter with this reservation on it; once ended, corrected by three tokens."""
    held = 10 if state.startswith("held") else 0
    work = kit.work_with(kit.meter(held=held, used=USED.get(state, 0), highest_limit=100))
    work.open_meters[SHARED] = kit.METER_ID
    row = HOLDS[state]
    if row is not None:
        work.holds[kit.ID] = deepcopy(row)
    if row is not None and row.state != HELD and not row.provisional:
        work.past_entries[kit.ID] = [
            kit.entry(EntryKind.SETTLE, 6, lines=row.meter_ids),
            kit.entry(EntryKind.ADJUST, 3, number=2, lines=row.meter_ids),
        ]
    return work


@pytest.mark.parametrize(("command", "state"), CELLS, ids=NAMES)
def test_the_engine_answers_as_published(command: str, state: str) -> None:
    result = apply(COMMANDS[command], work_in(state))

    assert word_for(COMMANDS[command], result) == CELLS[command, state]


@pytest.mark.parametrize(("command", "state"), CELLS, ids=NAMES)
def test_what_is_not_done_changes_nothing(command: str, state: str) -> None:
    work, before = work_in(state), work_in(state)

    apply(COMMANDS[command], work)

    assert (work == before) == (CELLS[command, state] not in DONE)


@pytest.mark.parametrize(("command", "state"), CELLS, ids=NAMES)
def test_what_is_done_is_answered_again_or_refused_when_it_is_repeated(command: str, state: str) -> None:
    work = work_in(state)
    first = apply(COMMANDS[command], work)
    for entry in work.entries:
        work.past_entries.setdefault(entry.reservation_id, []).append(entry)
    marks = len(work.entries), len(work.attempts), deepcopy(work.meters)

    second = apply(COMMANDS[command], work)

    if word_for(COMMANDS[command], first) in DONE and command != "extend the lease":
        assert word_for(COMMANDS[command], second) in {"again", "wrong_tenant"}
    assert (len(work.entries), len(work.attempts), work.meters) == marks


def test_the_document_has_every_state_and_every_command() -> None:
    assert {command for command, _ in CELLS} == set(COMMANDS)
    assert {state for _, state in CELLS} == set(HOLDS)
    assert len(CELLS) == len(COMMANDS) * len(HOLDS)
