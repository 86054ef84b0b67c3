"""What a seed makes of an outage."""

import random
from dataclasses import dataclass

PLACES = 2
STEPS = ("spool.write", "spool.written", "spool.call_told", "spool.told")
"""Of a spool: before records are written, once they are synced, once a call is told, before it is noted that it was."""
MANNERS = (
    "before", "during", "at_any_moment", "closed", "over_the_cap", "killed_at_a_step", "killed_at_any_moment",
    "disk_full", "torn", "telling_cut", "database_gone_again",
)  # fmt: skip
"""The database is away when calls come; goes while the vendor answers; goes at any moment. The rule says closed, or the
cap is nought. A process is killed at a step of its spool, or at any moment. The disk is full. What a killed process was
writing is torn, and a byte of what it had written is damaged. Who tells the ledger is killed, or loses it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One seeded outage."""

    seed: int
    manner: str
    stops_server: bool
    """PostgreSQL is stopped; else all connections to it are cut, and none let through."""
    requests: int
    """Of the tenant's budget."""
    calls_before: int
    calls_under_way: int
    """When the database goes."""
    calls_meanwhile: int
    calls_after: int
    dies_at: tuple[str, int] | None
    moment_s: float
    """For whatever comes at any moment."""


def outage_of(seed: int) -> Outage:
    """The same for the same seed. Every manner comes in its turn."""
    chance = random.Random(seed)
    manner = MANNERS[seed % len(MANNERS)]
    steps = {"killed_at_a_step": STEPS[:2], "torn": STEPS[1:2], "telling_cut": STEPS[2:]}
    has_running = manner == "during" or chance.random() < 0.5
    return Outage(
        seed=seed,
        manner=manner,
        stops_server=chance.random() < 0.3,
        requests=chance.randint(3, 14),
        calls_before=chance.randint(2, 3),
        calls_under_way=chance.randint(1, 6) if has_running else 0,
        calls_meanwhile=100 if manner == "disk_full" else chance.randint(2, 10),
        calls_after=chance.randint(0, 3),
        dies_at=(chance.choice(steps[manner]), chance.randint(1, 5)) if manner in steps else None,
        moment_s=chance.uniform(0.0, 1.5),
    )
