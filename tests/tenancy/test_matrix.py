"""Each line of the matrix, asked by everybody: nobody reads, counts, guesses or changes another tenant's rows."""

from collections.abc import Iterable
from uuid import uuid4

import pytest

from tests.tenancy.asking import ask, text_of
from tests.tenancy.matrix import ROWS, Row
from tests.tenancy.world import ACTORS, STRANGERS, World, image_of, make_world, more_of


def each(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """One test for each row, in a database transaction that is taken back unless threads must see it."""
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(row, marks=pytest.mark.django_db(transaction=row.threads), id=repr(row))
            for row in rows
        ],
    )


each_row = each(ROWS)
each_read = each(row for row in ROWS if row.method == "GET")
each_object = each(row for row in ROWS if row.names_an_object)
each_stranger = pytest.mark.parametrize("actor", STRANGERS)


@pytest.fixture
def world() -> World:
    return make_world()


@each_row
@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_what_the_matrix_says_and_strangers_neither_read_nor_change_alders_rows(
    row: Row, actor: str, world: World
) -> None:
    before = image_of(world.alder)
    response = ask(row, world, actor)
    text = text_of(response)
    assert response.status_code == row.status_for(actor), text[:2000]
    if actor in STRANGERS:
        unasked = world.alder.marks() - set(world.alder.names().values())
        assert [mark for mark in unasked if mark in text] == []
        assert image_of(world.alder) == before


@each_read
@each_stranger
def test_a_stranger_cannot_tell_how_much_alder_has(row: Row, actor: str, world: World) -> None:
    before = text_of(ask(row, world, actor))
    more_of(world.alder)
    assert text_of(ask(row, world, actor)) == before


@each_object
@each_stranger
def test_a_stranger_is_answered_as_if_alders_rows_had_never_been(row: Row, actor: str, world: World) -> None:
    alders = world.alder.names()
    nobodys = {name: _another(value) for name, value in alders.items()}
    real = _without(text_of(ask(row, world, actor)), alders)
    assert _without(text_of(ask(row, world, actor, names=nobodys)), nobodys) == real


def _another(name: str) -> str:
    """A name of the same kind that is nobody's."""
    return str(uuid4()) if len(name) == 36 else "yew"


def _without(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(value, f"<{name}>")
    return "\n".join(line for line in text.splitlines() if not line.lower().startswith("content-length"))
