"""What `script/bench files` sees of the ledger's process."""

import os
from pathlib import Path

import msgspec

from bench.entered import Entries
from bench.traced_ledger import ASKED, FOUND, PROGRAM
from launcher.configuration import REPOSITORY
from metering.ledger.apart.client import LedgerProcess
from metering.ledger.results import Granted
from metering.types import Dimension
from tests.support.build import line, meter_key, reserve

WARM_UP = 5
"""Commands before: the first ones open connections and meters."""


async def test_the_files_from_a_commands_arrival_to_its_sql_are_told(conninfo: str, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "GATEWAY_STATE_DIR": str(tmp_path)}
    ledger = LedgerProcess(PROGRAM, conninfo, environment=environment)
    await ledger.start()
    try:
        for number in range(WARM_UP + 1):
            if number == WARM_UP:
                (tmp_path / ASKED).touch()
            assert isinstance(
                await ledger.submit(reserve(line(meter_key(Dimension.TOKENS), 1, 100))), Granted
            )
    finally:
        await ledger.close()
    files = [file for file, _ in msgspec.json.decode((tmp_path / FOUND).read_bytes(), type=Entries)]
    assert files[0] == "metering/ledger/apart/served.py"
    assert files[-1] == "metering/ledger/postgres/wire.py"
    assert "metering/ledger/check.py" in files
    assert "metering/ledger/sweep.py" not in files
