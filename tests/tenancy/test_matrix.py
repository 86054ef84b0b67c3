"""Each line of the matrix, asked by everybody: nobody reads, counts, guesses or changes another tenant's rows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote
from uuid import uuid4
from zlib import crc32

import pytest
from django.db import transaction

from metering.orm import close_database_threads
from tests.tenancy.asking import ask, text_of
from tests.tenancy.image import image_of
from tests.tenancy.kept_world import KeptWorld
from tests.tenancy.matrix import ROWS, Row
from tests.tenancy.world import ACTORS, STRANGERS, World, make_world, more_of


def each(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """One test for each row, in a database transaction that is taken back unless threads must see it."""
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(row, marks=pytest.mark.django_db(transaction=row.threads), id=repr(row))
            for row in rows
        ],
    )


@pytest.fixture
def world(row: Row, kept_world: KeptWorld) -> Iterator[World]:
    """The kept one, unless threads must see it."""
    if not row.threads:
        yield kept_world.get()
        return
    kept_world.close()
    yield make_world()
    close_database_threads()


@contextmanager
def taken_back(row: Row) -> Iterator[None]:
    """What one actor does is not there for the next, unless threads must see it."""
    if row.threads:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@each(ROWS)
def test_everybody_gets_what_the_matrix_says_and_strangers_neither_read_nor_change_alders_rows(
    row: Row, world: World
) -> None:
    unasked = world.alder.marks() - set(world.alder.names().values())
    before = image_of(world.alder.tenant)
    for actor in ACTORS:
        with taken_back(row):
            response = ask(row, world, actor)
            text = text_of(response)
            assert response.status_code == row.status_for(actor), f"{actor}: {text[:2000]}"
            if actor in STRANGERS:
                assert [mark for mark in unasked if mark in text] == [], actor
                assert image_of(world.alder.tenant) == before, actor


@each(row for row in ROWS if row.method == "GET")
def test_a_stranger_cannot_tell_how_much_alder_has(row: Row, world: World) -> None:
    before = {actor: text_of(ask(row, world, actor)) for actor in STRANGERS}
    more_of(world.alder)
    assert {actor: text_of(ask(row, world, actor)) for actor in STRANGERS} == before


@each(row for row in ROWS if row.names_an_object)
def test_a_stranger_is_answered_as_if_alders_rows_had_never_been(row: Row, world: World) -> None:
    alders = {name: value for name, value in world.alder.names().items() if row.names(name)}
    nobodys = {name: another(value) for name, value in alders.items()}
    for actor in STRANGERS:
        with taken_back(row):
            real = without(text_of(ask(row, world, actor)), alders)
        with taken_back(row):
            answer = text_of(ask(row, world, actor, names=nobodys))
        assert without(answer, nobodys) == real, actor


def another(name: str) -> str:
    """A name of the same kind and about as long that is nobody's, and not that of another name."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(crc32(name.encode())))
    return str(uuid4()) if len(name) == 36 else f"yew{letters}"[: max(len(name), 5)]


def without(text: str, names: dict[str, str]) -> str:
    """The text with placeholders for the names in it, also as addresses quote them; a name may contain another one."""
    for name, value in sorted(names.items(), key=lambda item: -len(item[1])):
        text = text.replace(value, f"<{name}>").replace(quote(value, safe=""), f"<{name}>")
    return "\n".join(line for line in text.splitlines() if not line.lower().startswith("content-length"))
