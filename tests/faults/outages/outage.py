"""One outage from its beginning to its end: calls before, during and after it, and what goes wrong meanwhile."""

import asyncio
import fcntl
import random
import resource
import signal
from collections import Counter
from pathlib import Path

from tests.faults.callers import Callers, Told
from tests.faults.outages.plan import PLACES, Outage
from tests.faults.outages.world import World
from tests.faults.waiting import until

WITHIN_S = 60
HELD_S = 6.0
SLOWLY = "vendor:slow=0.2"
NOT_FULL = resource.RLIM_INFINITY


async def happens(world: World, outage: Outage, crowd: Callers) -> tuple[str, list[Told]]:
    """The tenant's slug and what its callers were told. At the end the database is back and every process runs."""
    token, slug = await asyncio.to_thread(_tenant, world, outage)
    gateways, urls, manner = world.deployment.gateways, world.deployment.gateways.urls, outage.manner
    dies_while_writing = manner in ("killed_at_a_step", "torn")
    if dies_while_writing:
        await _start_again(world, 0, dies_at=outage.dies_at)
    told = []
    for number in range(outage.calls_before):  # so that each process knows the caller
        told.append(await crowd.ask(urls[number % PLACES], token))

    async def calls(count: int) -> list[Told]:
        return await crowd.ask_many(urls, token, count, text=SLOWLY)

    running = asyncio.create_task(calls(outage.calls_under_way))
    if manner == "at_any_moment":
        await asyncio.sleep(outage.moment_s / 3)
    elif outage.calls_under_way:
        await asyncio.sleep(0.1)
    await asyncio.to_thread(world.take_database_away, stop=outage.stops_server)
    if manner == "disk_full":
        _fill_disk(world)
        await asyncio.to_thread(world.deployment.vendor.hold)  # so that those who are let in are in at once
    meanwhile = asyncio.create_task(calls(outage.calls_meanwhile))
    if manner == "killed_at_any_moment":
        await asyncio.sleep(2 + outage.moment_s)
        await _kill(world, 0)
    if manner == "disk_full":
        await asyncio.sleep(HELD_S)
        await asyncio.to_thread(world.deployment.vendor.open)
    told += await running
    told_meanwhile = await meanwhile
    told += told_meanwhile
    if manner == "disk_full":
        statuses = Counter(each.status for each in told_meanwhile)
        assert statuses.keys() == {200, 503}, f"the disk was not full, or nobody had room: {statuses}"
        told += await calls(3)
        _fill_disk(world, NOT_FULL)
    if manner == "torn":
        await _kill(world, 0)
        _tear(world.spools, random.Random(outage.seed))
    if manner == "telling_cut":
        await _kill(world, 0)
    for place in range(PLACES):
        if gateways.ended(place):
            dies_at = outage.dies_at if manner == "telling_cut" else None
            await asyncio.to_thread(gateways.start, place, dies_at=dies_at)
    await asyncio.to_thread(world.bring_database_back)
    if manner == "database_gone_again":
        await asyncio.sleep(outage.moment_s / 2)
        await asyncio.to_thread(world.take_database_away, stop=False)
        await asyncio.sleep(1)
        await asyncio.to_thread(world.bring_database_back)
    if manner == "telling_cut":
        await asyncio.sleep(2)
        await _start_again(world, 0)
    elif dies_while_writing:
        await _start_again(world, 0)
    await asyncio.to_thread(gateways.wait_until_ready)
    return slug, told + await calls(outage.calls_after)


def _tenant(world: World, outage: Outage) -> tuple[str, str]:
    deployment, manage = world.deployment, world.deployment.gateways.manage
    token = deployment.tenant(dimension="requests", window="total", amount=outage.requests)
    slug = str(deployment.slugs[-1])
    if outage.manner == "closed":
        manage("set_rule", "--tenant", slug, "--key", "on_metering_failure", "--value", "closed")
    if outage.manner == "over_the_cap":
        manage("set_rule", "--tenant", slug, "--key", "open_cap", "--value", "0")
    return token, slug


async def _start_again(world: World, place: int, *, dies_at: tuple[str, int] | None = None) -> None:
    await _kill(world, place)
    await asyncio.to_thread(world.deployment.gateways.start, place, dies_at=dies_at)
    if dies_at is None or not dies_at[0].endswith("told"):
        await asyncio.to_thread(world.deployment.gateways.wait_until_ready)


async def _kill(world: World, place: int) -> None:
    gateways = world.deployment.gateways
    gateways.send_signal(place, signal.SIGKILL)
    await until(lambda: gateways.ended(place), within_s=WITHIN_S)


def _fill_disk(world: World, limit: int = 1 << 19) -> None:
    """Let no process make a file larger than a spool is at first."""
    gateways = world.deployment.gateways
    for place in range(PLACES):
        resource.prlimit(gateways.pids[place], resource.RLIMIT_FSIZE, (limit, NOT_FULL))


def _tear(spools: Path, chance: random.Random) -> None:
    """What the process was writing is half there, and a byte of what it had written is another one."""
    for path in spools.glob("*.spool"):
        content = bytearray(path.read_bytes())
        end = len(content.rstrip(b"\0"))
        if end > 600 and not _is_locked(path):
            content[chance.randrange(16, end)] ^= chance.randint(1, 255)
            content[end + 8 : end + 8 + 100] = chance.randbytes(100)
            path.write_bytes(content)


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
