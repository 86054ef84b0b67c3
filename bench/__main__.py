"""`python -m bench NAME [--json FILE]`, in the environment that script/bench makes."""

import argparse
import os
import sys
from pathlib import Path

from bench import (
    attack,
    cache,
    claims,
    client,
    completions,
    console,
    files_entered,
    growth,
    latency,
    ledger,
    memory,
    openings,
    policy,
    retrieval,
    routing,
    soak,
    streams,
    utilisation,
)
from bench.report import write_json

BENCHES = {
    "attack": attack.measure,
    "cache": cache.measure,
    "claims": claims.measure,
    "client": client.measure,
    "ledger": ledger.measure,
    "growth": growth.measure,
    "completions": completions.measure,
    "console": console.measure,
    "files": files_entered.measure,
    "latency": latency.measure,
    "streams": streams.measure,
    "soak": soak.measure,
    "openings": openings.measure,
    "policy": policy.measure,
    "retrieval": retrieval.measure,
    "routing": routing.measure,
    "memory": memory.measure,
    "utilisation": utilisation.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    report = BENCHES[arguments.name](os.environ["DATABASE_URL"])
    if arguments.json:
        write_json(arguments.json, report)
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
