"""The README's way to a real vendor, as a newcomer goes it: a fresh clone, the demo, three lines, an answer.

The vendors are fakes, so each `add_vendor` is told where they are. Everything else is run as it stands there.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from launcher.process import free_port, stop_child
from tests.integration.clone import REPOSITORY
from tests.integration.gateway_project.vendor_catalogs.listing_vendor import ListingVendor
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import Running, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SECTION = re.compile(r"## Reach a real vendor\n(.*?)\n## ", re.DOTALL)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
NAME = re.compile(r"add_vendor (\w+)")
KEY = re.compile(r"_API_KEY=[^']+")
FAKES = {
    "openai": FakeOpenAI,
    "anthropic": FakeAnthropic,
    "gemini": FakeGemini,
    "grok": FakeOpenAI,
    "ollama": lambda: ListingVendor("qwen3:8b", api_key=None),
}


def blocks() -> list[str]:
    section = SECTION.search((REPOSITORY / "README.md").read_text())
    assert section is not None
    return BLOCK.findall(section[1])


def lines_of(vendor: str) -> str:
    return next(block for block in blocks() if f"add_vendor {vendor}\n" in block)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this tree alone, with the packages that are installed and the modules that are compiled already."""
    root = tmp_path_factory.mktemp("newcomer") / "clone"
    files = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(files, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    for name in listed.stdout.split("\0")[:-1]:
        if not name.startswith("tests/") and (REPOSITORY / name).is_file():
            copy(REPOSITORY / name, root / name)
            for compiled in (REPOSITORY / name).parent.glob(f"__pycache__/{Path(name).stem}.*.pyc"):
                copy(compiled, (root / name).parent / "__pycache__" / compiled.name)
    (root / ".venv").symlink_to((REPOSITORY / ".venv").resolve())
    return root


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


@pytest.fixture(scope="module")
def vendors() -> Iterator[dict[str, Running[Any]]]:
    with ExitStack() as running_ones:
        yield {name: running_ones.enter_context(running(fake())) for name, fake in FAKES.items()}


@pytest.fixture(scope="module")
def port(clone: Path) -> Iterator[int]:
    """Of the demo, once it serves."""
    port = free_port()
    demo = subprocess.Popen(
        [clone / "script" / "demo", "--port", str(port)],
        cwd=clone,
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    shown = []
    for line in demo.stdout:
        shown.append(line)
        if "Ctrl-C stops everything" in line:
            break
    assert demo.poll() is None, "".join(shown)
    yield port
    stop_child(demo, 60)


@pytest.fixture(scope="module")
def said(clone: Path, port: int, vendors: dict[str, Running[Any]]) -> dict[str, str]:
    """What the lines of each vendor print."""

    def run(name: str) -> str:
        vendor = vendors[name]
        at = vendor.base_url if isinstance(vendor.vendor, FakeOpenAI) else f"http://127.0.0.1:{vendor.port}"
        script = "\n".join(("set -e", blocks()[0], lines_of(name)))
        script = NAME.sub(rf"add_vendor \1 --base-url {at}", script).replace(":8000", f":{port}")
        script = KEY.sub(f"_API_KEY={vendor.api_key}", script)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=clone,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with ThreadPoolExecutor(len(FAKES)) as pool:
        return dict(zip(FAKES, pool.map(run, FAKES), strict=True))


def test_the_readme_shows_the_way_to_five_vendors() -> None:
    assert [name[1] for block in blocks() if (name := NAME.search(block))] == list(FAKES)


@pytest.mark.parametrize("name", FAKES)
def test_a_newcomers_lines_end_with_the_vendors_answer(
    said: dict[str, str], vendors: dict[str, Running[Any]], name: str
) -> None:
    entered, _, body = said[name].rpartition("\n{")
    assert " models: entered." in entered
    assert (
        json.loads("{" + body)["choices"][0]["message"]["content"]
        == "the quick brown fox jumps over the lazy"
    )
    assert [call.status for call in vendors[name].log.calls] == [200]


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "grok"])
def test_no_key_is_shown(said: dict[str, str], vendors: dict[str, Running[Any]], name: str) -> None:
    assert vendors[name].api_key not in said[name]


def test_the_curl_line_that_is_printed_can_be_pasted(said: dict[str, str]) -> None:
    line = said["openai"][said["openai"].index("curl ") :].partition("'\n")[0] + "'"
    done = subprocess.run(["bash", "-c", f"{line} -sS"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"].startswith("the quick")


def test_the_calls_are_metered_with_the_vendors_prices(clone: Path, said: dict[str, str]) -> None:
    access = json.loads((clone / ".state" / "demo.json").read_text())
    report = requests.get(
        f"{access['base_url']}/api/usage?by=provider",
        headers={"authorization": f"Bearer {access['ati_token']}"},
        timeout=30,
    ).json()
    costs = {row["provider"]: row["charged_nano_usd"] for row in report["results"]}
    assert {name for name, cost in costs.items() if cost > 0} >= {"openai", "anthropic", "gemini", "grok"}
    assert costs["ollama"] == 0
    assert all(row["partly_priced"] == 0 for row in report["results"])
