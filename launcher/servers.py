"""The two embedded servers of one state folder."""

from pathlib import Path

from launcher.postgres import EmbeddedPostgres
from launcher.redis import EmbeddedRedis


class Servers:
    def __init__(self, state_dir: Path, *, postgres: bool = True, redis: bool = True) -> None:
        logs = state_dir / "logs"
        self.postgres = (
            EmbeddedPostgres(state_dir / "postgres", log=logs / "postgres.log") if postgres else None
        )
        self.redis = EmbeddedRedis(state_dir / "redis", log=logs / "redis.log") if redis else None

    def start(self) -> None:
        for server in (self.postgres, self.redis):
            if server is not None:
                server.start()

    def named(self) -> dict[str, EmbeddedPostgres | EmbeddedRedis]:
        """Those that are embedded, by what people call them."""
        both = {"PostgreSQL": self.postgres, "Redis": self.redis}
        return {name: server for name, server in both.items() if server is not None}

    def allow_test_databases(self) -> None:
        """Lets the role make databases on an embedded PostgreSQL. A configured one keeps its own permissions."""
        if self.postgres is not None:
            self.postgres.allow_test_databases()

    def stop(self) -> None:
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()

    def urls(self) -> dict[str, str]:
        urls = {}
        if self.postgres is not None:
            urls["database_url"] = self.postgres.url
        if self.redis is not None:
            urls["redis_url"] = self.redis.url
        return urls
