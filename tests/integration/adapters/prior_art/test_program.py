import json
import subprocess
import sys
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[4]


def test_the_invented_services_run_as_a_program_that_names_their_addresses() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.search_services", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE
    ) as program:
        try:
            assert program.stdout is not None
            addresses = json.loads(program.stdout.readline())
            assert set(addresses) == {"OPENALEX_BASE_URL", "USPTO_ODP_BASE_URL", "PATENTSVIEW_BASE_URL"}
            answer = httpx2.get(f"{addresses['OPENALEX_BASE_URL']}/works", params={"search": "vapor chamber"})
            assert answer.json()["results"][0]["abstract_inverted_index"]
        finally:
            program.terminate()
    assert program.returncode == 0
