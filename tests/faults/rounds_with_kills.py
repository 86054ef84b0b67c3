"""Stories told by processes that are killed: what was not answered is sent again, with the same ids."""

import asyncio
import random
import signal
from collections import Counter
from uuid import UUID

from metering.ledger.commands import Command, Extend, Release, Reserve, Settle
from metering.types import Dimension
from tests.faults.rows import query
from tests.faults.workers import Worker, job, started_workers
from tests.support.build import attempt, line, meter_key, release, reserve, settle

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
COST = meter_key(Dimension.COST, subject_id="cost")
SCARCE = meter_key(Dimension.REQUESTS, subject_id="scarce")
PLENTY = 10**12
SHORT_LEASE_S = 2
LONG_LEASE_S = 300
WITHIN_S = 60


def random_story(dice: random.Random, scarce_limit: int) -> list[Command]:
    """Ends as settled, released, denied, or abandoned under a short lease."""
    lines = [line(TOKENS, dice.randint(1, 900), PLENTY), line(COST, dice.randint(1, 9_000), PLENTY)]
    if dice.random() < 0.2:
        lines.append(line(SCARCE, 1, scarce_limit))
    dice.shuffle(lines)
    kind = dice.choice(["settled", "settled", "enlarged", "released", "abandoned"])
    hold = reserve(*lines, lease_s=SHORT_LEASE_S if kind == "abandoned" else LONG_LEASE_S)
    id_ = hold.reservation_id
    if kind == "abandoned":
        return [hold]
    if kind == "released":
        return [hold, release(id_)]
    used = settle(
        id_, attempts=(attempt(output_tokens=dice.randint(0, 900), cost_nano_usd=dice.randint(0, 9_000)),)
    )
    if kind == "settled":
        return [hold, used]
    more = Extend(reservation_id=id_, lease_s=LONG_LEASE_S, lines=(line(TOKENS, 50, PLENTY),), sequence=1)
    return [hold, more, used]


class RoundsWithKills:
    """All stories so far, how far each one has come, and the kills."""

    def __init__(
        self, database: str, seed: int, *, scarce_limit: int = 10, through: str | None = None
    ) -> None:
        self.database = database
        self.failed: Counter[str] = Counter()
        self._through = through or database
        self.dice = random.Random(seed)
        self.stories: list[list[Command]] = []
        self.kills: Counter[str] = Counter()
        self.replayed = 0
        self._scarce_limit = scarce_limit
        self._next: list[int] = []
        self._answers: list[str] = []

    def new_stories(self, count: int) -> None:
        self.stories += [random_story(self.dice, self._scarce_limit) for _ in range(count)]
        self._next += [0] * count
        self._answers += [""] * count

    def jobs(self, processes: int) -> list[dict[str, object]]:
        """What is unfinished, shared out."""
        left = [number for number, story in enumerate(self.stories) if self._next[number] < len(story)]
        self.dice.shuffle(left)
        hands = [left[place::processes] for place in range(processes)]
        return [
            job(self._through, [self.stories[number][self._next[number] :] for number in hand], numbers=hand)
            for hand in hands
        ]

    async def run(self, jobs: list[dict[str, object]], *, kill_after_s: float | None = None) -> None:
        """Begin them all; they end by themselves, at their failpoint, or are killed at a random moment."""
        async with started_workers(jobs) as workers:
            for worker in workers:
                worker.begin()
            if kill_after_s is not None:
                for worker in workers:
                    await asyncio.sleep(self.dice.uniform(0, kill_after_s))
                    worker.send_signal(signal.SIGKILL)
            await self.learn_from_all(workers, jobs)

    async def learn_from_all(self, workers: list[Worker], jobs: list[dict[str, object]]) -> None:
        """Wait for them to end and note what was answered."""
        for worker, its_job in zip(workers, jobs, strict=True):
            status = await worker.ended(WITHIN_S)
            assert status in (0, -signal.SIGKILL)
            if status:
                self.kills["sweeper" if its_job.get("sweep") else "writer"] += 1
            self._learn_from(worker, its_job.get("numbers", []))

    def _learn_from(self, worker: Worker, numbers: list[int]) -> None:
        started_at = {number: self._next[number] for number in numbers}
        self.failed.update(code for _, _, _, code, _ in worker.told("failed"))
        for _, place_in_hand, place, kind, _, facts in worker.told("answered"):
            number = numbers[place_in_hand]
            self._answers[number] = kind
            self.replayed += bool(facts.get("replayed"))
            self._next[number] = started_at[number] + place + 1
            if kind not in ("Granted", "Ended"):
                self._next[number] = len(self.stories[number])

    def charges_due(self) -> dict[tuple[UUID, str], int]:
        """What each reservation owes each meter, as far as its last answer tells; nothing for those denied."""
        due: dict[tuple[UUID, str], int] = {}
        for story, answer in zip(self.stories, self._answers, strict=True):
            hold, end = story[0], story[-1]
            assert isinstance(hold, Reserve)
            assert answer, "a command was never answered"
            if answer == "Denied":
                continue
            for item in hold.lines:
                key = hold.reservation_id, item.meter.subject_id
                if isinstance(end, Settle):
                    assert answer == "Ended"
                    used = end.attempts[0]
                    due[key] = {TOKENS: used.output_tokens, COST: used.cost_nano_usd, SCARCE: 1}[item.meter]
                else:
                    due[key] = 0 if isinstance(end, Release) else item.amount
        return due


def charges_made(database: str) -> dict[tuple[UUID, str], int]:
    """What the entries charge each reservation on each meter."""
    rows = query(
        database,
        """SELECT entry.reservation_id, meter.subject_id, sum(line.charge)
        FROM metering_ledgerentry entry, unnest(meter_ids, charges) line (meter_id, charge)
        JOIN metering_usagemeter meter ON meter.id = line.meter_id GROUP BY 1, 2""",
    )
    return {(reservation, budget): int(charge) for reservation, budget, charge in rows}
