"""`script/bench upgrade [--since TAG]`: from the last release to this version, under load, in good order.

1. Two servers of the old version work on a database that the old version made.
2. This version's migrations are applied while both work.
3. One server after the other is taken out of the load, stopped (it drains), and replaced by this version. In between
   the old and the new version work side by side.
4. Every call of the vendor's bill is compared with its usage row, and `verify_ledger` of this version goes over all.

Neither a call nor a cent may be lost, and no caller may notice.
"""

import argparse
import os
import subprocess
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.report import Report, new_report, print_table
from bench.resilience.bill import compare, is_exact, until_all_has_ended
from bench.resilience.callers import Call, Callers, refusals
from bench.resilience.gateway import Server, manage, new_server, new_tenant, prepare
from bench.resilience.vendor import running_vendor
from launcher.configuration import REPOSITORY
from tests.faults.databases import create_database

LAST_RELEASE = "v0.1.0"
SERVERS = 2
CALLERS = 12
SLOWLY = "vendor:slow=0.05 vendor:gap=0.005"
PHASE_S = 8.0
OUT_S = 0.5
"""Between the moment when the load goes elsewhere and the order to end, as behind a load balancer."""
LOCK_TIMEOUT = "-c lock_timeout=2s"
"""For migrations: one that has to wait for a lock lets everybody else wait behind it."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", default=LAST_RELEASE, metavar="TAG", help=f"else {LAST_RELEASE}")


def measure(conninfo: str, *, since: str) -> Report:
    """`ok`: every caller got a whole answer, and the books are the vendor's bill to the cent."""
    report = new_report("upgrade", conninfo) | {"since": since}
    folder = Path(os.environ["GATEWAY_STATE_DIR"]) / "upgrade"
    folder.mkdir()
    database = create_database(conninfo, "upgrade")
    old = checked_out(since, folder / "old")
    with running_vendor() as vendor:
        prepare(database, folder, vendor, repository=old)
        servers = [
            new_server(database, folder / f"gateway-{number}.log", vendor, workers=1)
            for number in range(SERVERS)
        ]
        try:
            for server in servers:
                server.repository = old
                server.start()
            token = new_tenant(database, "alder")
            with Callers(
                [server.url for server in servers], [token], count=CALLERS, texts=[SLOWLY]
            ) as callers:
                phases = _upgrade(servers, callers, database)
            until_all_has_ended(database, vendor)
        finally:
            for server in servers:
                server.stop()
        report["figures"] = rows = [_row(name, callers.calls, *between) for name, between in phases.items()]
        report["books"] = books = compare(database, vendor.bill())
    report["told"] = refusals(callers.calls)
    report["ok"] = is_exact(books) and not report["told"]
    print_table(f"From {since} to this version", rows)
    print_table("The vendor's bill and the books", [books])
    print(f"\nNot answered whole: {report['told'] or 'none'}", flush=True)
    return report


def checked_out(tag: str, folder: Path) -> Path:
    """What the repository was at a tag. Raises RuntimeError where the tag is not in this clone."""
    folder.mkdir()
    done = subprocess.run(["git", "archive", tag], cwd=REPOSITORY, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"there is no {tag} in this clone: git fetch --tags --unshallow")
    subprocess.run(["tar", "-x"], cwd=folder, input=done.stdout, check=True)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    return folder


def _upgrade(servers: list[Server], callers: Callers, database: str) -> dict[str, tuple[float, float]]:
    """The phases with the moments between which they ran."""
    moments = [("old alone", time.monotonic())]
    time.sleep(PHASE_S)
    moments.append(("migrating", time.monotonic()))
    with patch.dict(os.environ, {"PGOPTIONS": LOCK_TIMEOUT}):
        manage(database, "migrate", "--no-input", "--verbosity=0", is_json=False)
    moments.append(("old on new tables", time.monotonic()))
    time.sleep(PHASE_S)
    for number, server in enumerate(servers):
        moments.append((f"replacing {number + 1}", time.monotonic()))
        _replace(server, callers)
        moments.append(("side by side" if number == 0 else "new alone", time.monotonic()))
        time.sleep(PHASE_S)
    ends = [moment for _, moment in moments[1:]] + [time.monotonic()]
    return {name: (began, end) for (name, began), end in zip(moments, ends, strict=True)}


def _replace(server: Server, callers: Callers) -> None:
    callers.urls.remove(server.url)
    time.sleep(OUT_S)
    server.stop()
    server.repository = REPOSITORY
    server.start()
    callers.urls.append(server.url)


def _row(name: str, calls: list[Call], began_s: float, ended_s: float) -> dict[str, Any]:
    within = [call for call in calls if began_s <= call.ended_s < ended_s]
    took = sorted(call.ended_s - call.began_s for call in within)
    return {
        "phase": name,
        "seconds": round(ended_s - began_s, 1),
        "calls": len(within),
        "not whole": sum(not call.whole for call in within),
        "p50_ms": round(took[len(took) // 2] * 1e3, 1) if took else 0.0,
        "longest_ms": round(took[-1] * 1e3, 1) if took else 0.0,
    }
