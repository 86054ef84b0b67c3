from tests.integration.metering.ledger.conftest import conninfo, database, ledger

__all__ = ["conninfo", "database", "ledger"]
