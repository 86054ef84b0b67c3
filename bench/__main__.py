"""`python -m bench NAME [--json FILE] [options of its own]`, in the environment that script/bench makes."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    attack,
    cache,
    claims,
    client,
    completions,
    console,
    failover,
    files_entered,
    growth,
    image,
    latency,
    ledger,
    memory,
    newcomer,
    openings,
    outages,
    policy,
    retrieval,
    routing,
    soak,
    streams,
    upgrade,
    utilisation,
)
from bench.report import Report, write_json

BENCHES: dict[str, Callable[..., Report]] = {
    "attack": attack.measure,
    "cache": cache.measure,
    "claims": claims.measure,
    "client": client.measure,
    "failover": failover.measure,
    "ledger": ledger.measure,
    "growth": growth.measure,
    "image": image.measure,
    "completions": completions.measure,
    "console": console.measure,
    "files": files_entered.measure,
    "latency": latency.measure,
    "streams": streams.measure,
    "soak": soak.measure,
    "newcomer": newcomer.measure,
    "openings": openings.measure,
    "outages": outages.measure,
    "policy": policy.measure,
    "retrieval": retrieval.measure,
    "routing": routing.measure,
    "memory": memory.measure,
    "upgrade": upgrade.measure,
    "utilisation": utilisation.measure,
}
OPTIONS = {
    "failover": failover.add_options,
    "outages": outages.add_options,
    "soak": soak.add_options,
    "upgrade": upgrade.add_options,
}
"""Of benchmarks that have some of their own."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME", help=", ".join(sorted(BENCHES)))
    for name in BENCHES:
        of_one = names.add_parser(name)
        of_one.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
        if name in OPTIONS:
            OPTIONS[name](of_one)
    options = vars(parser.parse_args())
    measure, file = BENCHES[options.pop("name")], options.pop("json")
    report = measure(os.environ["DATABASE_URL"], **options)
    if file:
        write_json(file, report)
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
