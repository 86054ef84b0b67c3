"""Small sets of commands on one reservation, to be sent in every order."""

from collections.abc import Callable
from uuid import UUID

from metering.ledger.commands import Adjust, Command, Expire, Extend
from metering.types import Dimension
from tests.support.build import line, meter_key, release, reserve, settle

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 10**9
Commands = list[Command]


def correction(id_: UUID, output_tokens: int) -> Adjust:
    return Adjust(reservation_id=id_, number=1, reason="faults", output_tokens=output_tokens)


def ends_of_a_new_one(id_: UUID) -> Commands:
    return [reserve(line(TOKENS, 10, LIMIT), id_=id_), settle(id_, 6), release(id_)]


def growth(id_: UUID) -> Commands:
    longer = Extend(reservation_id=id_, lease_s=90)
    larger = Extend(reservation_id=id_, lease_s=60, lines=(line(TOKENS, 5, LIMIT),), sequence=1)
    return [reserve(line(TOKENS, 10, LIMIT), id_=id_), longer, larger, settle(id_, 12)]


def two_truths(id_: UUID) -> Commands:
    hold = reserve(line(TOKENS, 10, LIMIT), id_=id_)
    return [hold, settle(id_, 6), settle(id_, 7), correction(id_, 2), correction(id_, 3)]


def two_bodies(id_: UUID) -> Commands:
    bodies = [reserve(line(TOKENS, amount, LIMIT), id_=id_) for amount in (10, 11)]
    return [*bodies, release(id_), Expire(reservation_id=id_)]


def ends_after_the_lease(id_: UUID) -> Commands:
    return [
        Expire(reservation_id=id_),
        settle(id_, 6),
        settle(id_, 17),
        release(id_),
        correction(id_, 2),
    ]


NEW = [ends_of_a_new_one, growth, two_truths, two_bodies]
CASES: list[tuple[Callable[[UUID], Commands], bool]] = [
    *((case, False) for case in NEW),
    (ends_after_the_lease, True),
]
