"""Django's PostgreSQL backend, whose kept connections are let go of once their server takes no writes any more."""

from django.db.backends.postgresql import base
from psycopg import Error


class DatabaseWrapper(base.DatabaseWrapper):
    """Reconnects at a request's first query after a failover, also where the demoted server let the connection live."""

    def is_usable(self) -> bool:
        """Whether the server answers, and takes writes (`CONN_HEALTH_CHECKS`)."""
        if self.connection is None:
            return False
        try:
            answer = self.connection.execute("SHOW transaction_read_only").fetchone()
        except Error:
            return False
        return bool(answer[0] == "off")
