"""Revocation and changed rows on four gateway processes, also right after the database came back."""

from collections.abc import Callable, Iterator

import pytest

from launcher.postgres import EmbeddedPostgres
from tests.faults.fleet import Fleet, running_fleet, until

pytestmark = pytest.mark.slow
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def _fleet(shared_doomed_database: str) -> Iterator[Fleet]:
    with running_fleet(shared_doomed_database) as fleet:
        yield fleet


@pytest.fixture
def fleet(_fleet: Fleet, doomed_server: EmbeddedPostgres) -> Fleet:
    """Each test's tenant is its own."""
    return _fleet.of_a_new_tenant()


def test_a_revoked_token_is_refused_by_every_process(fleet: Fleet, record_property: Record) -> None:
    fleet.revoke(0)
    took_s = until(lambda: fleet.statuses(0) == [401] * 4)
    record_property("revocation_s", round(took_s, 3))
    print(f"revoked on four processes after {took_s:.3f} s")
    assert fleet.statuses(1) == [200] * 4


def test_who_signed_up_with_a_revoked_token_is_refused_by_every_process(
    fleet: Fleet, record_property: Record
) -> None:
    access = fleet.sign_up(0)
    until(lambda: fleet.statuses_of(access) == [200] * 4)
    fleet.revoke(0)
    took_s = until(lambda: fleet.statuses_of(access) == [401] * 4)
    record_property("person_revocation_s", round(took_s, 3))
    print(f"a person was refused by four processes after {took_s:.3f} s")


def test_a_suspended_tenant_is_refused_by_every_process(fleet: Fleet) -> None:
    fleet.sql("UPDATE metering_tenant SET status = 'SUSPENDED'")
    until(lambda: fleet.statuses(0) == [403] * 4)


def test_what_is_revoked_right_after_a_database_restart_is_refused(
    fleet: Fleet, doomed_server: EmbeddedPostgres, record_property: Record
) -> None:
    doomed_server.stop("fast")
    doomed_server.start()
    fleet.revoke(0)
    took_s = until(lambda: fleet.statuses(0) == [401] * 4)
    record_property("revocation_after_restart_s", round(took_s, 3))
    print(f"revoked on four processes after {took_s:.3f} s, right after a restart")
    until(lambda: fleet.statuses(1) == [200] * 4)
