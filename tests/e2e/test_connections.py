"""Django's requests leave no connection to the database behind."""

import urllib.error
import urllib.request

from django.db import connection

from tests.e2e.server import Server

REQUESTS = 30


def sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        [(count,)] = cursor.fetchall()
    return int(count)


def test_many_requests_one_after_the_other_need_no_more_connections_than_one(
    server: Server, token: str
) -> None:
    def ask() -> None:
        url = f"{server.url}/api/auth/me"
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            assert answer.status == 200

    ask()
    before = sessions()
    for _ in range(REQUESTS):
        ask()
    assert sessions() <= before + 3  # those that are being closed right now
