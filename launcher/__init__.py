"""Everything a run on one machine needs: embedded PostgreSQL and Redis, and the launchers behind script/."""
