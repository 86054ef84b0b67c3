"""The published state table once more, on PostgreSQL through the writer."""

from uuid import UUID, uuid4

import psycopg
import pytest

from metering.ids import uuid7
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Command, Expire
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.support import build
from tests.unit.metering.ledger.state_table import COMMANDS, published, word_for

CELLS = published()
STATES = sorted({state for _, state in CELLS})
RUN_OUT = "run out"
ENLARGE = "extend the amount, same number again"
"""In its own turn it is the first enlargement; every later one counts from there."""
HOLD = ["reserve, same body", ENLARGE]
CORRECT = "adjust, same number and body"
WAYS: dict[str, list[str]] = {
    "absent": [],
    "held": HOLD,
    "held, lease over": [*HOLD, RUN_OUT],
    "settled": [*HOLD, "settle, same body", CORRECT],
    "released": [*HOLD, "release", CORRECT],
    "tombstone": ["release", CORRECT],
    "expired": [*HOLD, RUN_OUT, "expire"],
    "trued up": [*HOLD, RUN_OUT, "expire", "settle, same body", CORRECT],
    "nothing used": [*HOLD, RUN_OUT, "expire", "release", CORRECT],
}


async def bring_to(state: str, ledger: LedgerWriter, database: psycopg.Connection) -> tuple[UUID, str]:
    """A new reservation in this state, and whose meters it is on."""
    id_, subject_id = uuid7(), str(uuid4())
    for step in WAYS[state]:
        if step == RUN_OUT:
            stored.run_out(database, id_)
            continue
        command: Command = Expire(reservation_id=id_) if step == "expire" else COMMANDS[step]
        result = await ledger.submit(build.elsewhere(command, id_, subject_id))
        assert word_for(command, result) not in ("again", "denied"), (step, result)
    return id_, subject_id


@pytest.mark.parametrize("state", STATES)
async def test_postgresql_answers_as_published(
    state: str, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    answers = {}
    for name, command in COMMANDS.items():
        id_, subject_id = await bring_to(state, ledger, database)
        answers[name] = word_for(command, await ledger.submit(build.elsewhere(command, id_, subject_id)))

    assert answers == {name: CELLS[name, state] for name in COMMANDS}
    assert verify_ledger(conninfo, grace_s=3600) == []
