"""One world for all tests whose transactions are taken back: making it costs more than most of them do."""

from contextlib import ExitStack

from django.db import transaction

from tests.tenancy.world import World, make_world


class KeptWorld:
    """A world within a transaction around the tests' own. Closed, it has never been."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._world: World | None = None

    def open(self) -> None:
        self._stack.enter_context(transaction.atomic())
        self._stack.callback(transaction.set_rollback, True)
        self._world = make_world()

    def get(self) -> World:
        """The world that was opened."""
        if self._world is None:
            raise AssertionError("a test that commits came before one that does not")
        return self._world

    def close(self) -> None:
        """For tests that commit. Again: nothing happens."""
        self._stack.close()
        self.world = None
