"""So many passwords are hashed at once, so many callers wait, and the next is refused at once."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password

from metering.errors import Overloaded
from metering.identity.people.hashing import BoundedPasswordHasher, HashingPlaces
from tests.quick_passwords import AS_IN_PRODUCTION

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.PASSWORD_HASHERS = AS_IN_PRODUCTION


class Crowd:
    """Callers who hold a place until they are let go."""

    def __init__(self, places: HashingPlaces) -> None:
        self._places = places
        self._go = threading.Event()
        self._inside = threading.Semaphore(0)

    def hold(self) -> None:
        with self._places.taken():
            self._inside.release()
            assert self._go.wait(PATIENCE_S)

    def see_inside(self) -> None:
        assert self._inside.acquire(timeout=PATIENCE_S)

    def let_go(self) -> None:
        self._go.set()


def test_more_than_may_wait_are_refused_and_those_who_wait_are_served() -> None:
    crowd = Crowd(HashingPlaces(places=2, max_waiting=3, wait_s=PATIENCE_S))
    with ThreadPoolExecutor(8) as pool:
        callers: list[Future[None]] = [pool.submit(crowd.hold) for _ in range(8)]
        for _ in range(2):
            crowd.see_inside()
        refused = [caller for caller in callers if _is_refused(caller, of=callers)]
        assert len(refused) == 3
        crowd.let_go()
        assert sum(caller.exception(PATIENCE_S) is None for caller in callers) == 5


def _is_refused(caller: Future[None], *, of: list[Future[None]]) -> bool:
    """Once three of them have ended: nobody else can before they are let go."""
    ended = threading.Semaphore(0)
    for one in of:
        one.add_done_callback(lambda _: ended.release())
    for _ in range(3):
        assert ended.acquire(timeout=PATIENCE_S)
    return caller.done() and isinstance(caller.exception(), Overloaded)


def test_who_waits_too_long_is_refused() -> None:
    places = HashingPlaces(places=1, max_waiting=1, wait_s=0.01)
    with places.taken(), ThreadPoolExecutor(1) as pool:
        late = pool.submit(lambda: places.taken().__enter__())
        assert isinstance(late.exception(PATIENCE_S), Overloaded)
    with places.taken():
        pass


def test_a_place_is_given_back_when_hashing_fails() -> None:
    places = HashingPlaces(places=1, max_waiting=1, wait_s=0.01)
    with pytest.raises(ZeroDivisionError), places.taken():
        1 / 0  # noqa: B018
    with places.taken():
        pass


def test_passwords_of_before_are_known_again() -> None:
    old = PBKDF2PasswordHasher().encode("correct horse battery", "salt" * 6, 1_000)
    assert check_password("correct horse battery", old)
    assert not check_password("wrong", old)


def test_it_is_the_hasher_that_is_used() -> None:
    assert make_password("correct horse battery").startswith(f"{BoundedPasswordHasher.algorithm}$")
    assert type(_first_hasher()) is BoundedPasswordHasher


def _first_hasher() -> object:
    from django.contrib.auth.hashers import get_hasher

    return get_hasher()
