"""The database goes away in every manner, and the books are the vendor's afterwards (`script/bench outages`: more)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from tests.faults.callers import Callers
from tests.faults.outages.books import assert_books_are_the_vendors
from tests.faults.outages.outage import happens
from tests.faults.outages.plan import MANNERS, outage_of
from tests.faults.outages.world import World, running_world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def world(doomed_server: EmbeddedPostgres, doomed_database: str, tmp_path: Path) -> Iterator[World]:
    with running_world(doomed_server, doomed_database, tmp_path) as world:
        yield world


async def test_every_manner_of_outage_leaves_the_books_as_the_vendor_has_them(
    world: World, crowd: Callers
) -> None:
    for seed in range(len(MANNERS)):
        outage = outage_of(seed)
        slug, told = await happens(world, outage, crowd)
        books = await assert_books_are_the_vendors(world, slug, told)
        assert books.calls, outage
