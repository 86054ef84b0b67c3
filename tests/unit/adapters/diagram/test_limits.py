"""A renderer that hangs, swells, floods, crashes or babbles harms nobody but its own picture."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from adapters.diagram.rendering.errors import RendererMissing, RenderStopped
from adapters.diagram.rendering.programs import MERMAID, MIB, PLANTUML, Program
from adapters.diagram.rendering.renderer import SERVED, WAITING, Renderer
from adapters.diagram.rendering.worker import Worker
from adapters.diagram.types import Language
from metering.errors import Overloaded
from tests.unit.adapters.diagram.sources import uml

SOURCE = "flowchart TD\nA --> B"
LIMIT_S = 0.3
READY = 'import json, sys, os, time, socket\nprint(json.dumps({"ready": True}), flush=True)\n'
DRAWN = r"""
for line in sys.stdin:
    source = json.loads(line)["source"]
    if "bad" in source:
        BAD
    print(json.dumps({"svg": '<svg xmlns="http://www.w3.org/2000/svg"/>'}), flush=True)
"""


def program(bad: str, **limits: int) -> Program:
    """A renderer in Python that does this where the source has the word `bad`."""
    code = READY + DRAWN.replace("BAD", bad)
    return Program(command=(sys.executable, "-I", "-c", code), data_bytes=limits.get("data_bytes", 256 * MIB))


BAD = {
    "sleeps": ("time.sleep(60)", "longer than 0.3 seconds"),
    "hangs": ("while True: pass", "longer than 0.3 seconds"),
    "swells": ("x = bytearray(10**9)", "ended by itself"),
    "floods": ('while True: sys.stdout.write("x" * 100_000)', "larger than"),
    "exits": ("sys.exit(3)", "ended by itself"),
    "crashes": ("os.abort()", "ended by itself"),
    "babbles": ('print("no JSON", flush=True); continue', "cannot be read"),
    "opens a file": ('open("/etc/hostname")', "ended by itself"),
    "opens a socket": ("socket.socket()", "ended by itself"),
    "writes a file": ('os.write(os.open("/tmp/x", os.O_CREAT | os.O_WRONLY), b"x")', "ended by itself"),
    "starts a program": (
        'os.execv("/bin/sleep", ["sleep", "60"])',
        "longer than 0.3 seconds|ended by itself",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_renderer_that_misbehaves_is_ended_and_the_next_one_draws(name: str) -> None:
    bad, says = BAD[name]
    renderer = Renderer(programs={Language.MERMAID: program(bad)}, limit_s=LIMIT_S)
    try:
        with pytest.raises(RenderStopped, match=says):
            await renderer.render(Language.MERMAID, f"{SOURCE}\n%% bad")
        assert "<svg" in await renderer.render(Language.MERMAID, SOURCE)
    finally:
        renderer.close()


async def test_a_picture_that_is_no_safe_svg_is_stopped_too() -> None:
    bad = 'print(json.dumps({"svg": "<!DOCTYPE svg []><svg/>"}), flush=True); continue'
    renderer = Renderer(programs={Language.MERMAID: program(bad)})
    with pytest.raises(RenderStopped, match="document type"):
        await renderer.render(Language.MERMAID, f"{SOURCE}\n%% bad")
    renderer.close()


async def test_a_source_that_takes_too_long_to_lay_out_is_stopped() -> None:
    renderer = Renderer(limit_s=LIMIT_S)
    with pytest.raises(RenderStopped, match="longer than"):
        await renderer.render(Language.PLANTUML, uml(*["if (a?) then (b)"] * 300, ":c;", *["endif"] * 300))
    renderer.close()


async def test_a_caller_who_leaves_leaves_the_renderer_in_order() -> None:
    renderer = Renderer(programs={Language.MERMAID: program("time.sleep(0.2)")}, at_once=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(renderer.render(Language.MERMAID, f"{SOURCE}\n%% bad"), 0.05)
    assert "<svg" in await renderer.render(Language.MERMAID, SOURCE)
    renderer.close()


async def test_more_than_the_bound_do_not_wait() -> None:
    renderer = Renderer(programs={Language.MERMAID: program("time.sleep(0.01)")}, at_once=1)
    wanted = [renderer.render(Language.MERMAID, f"{SOURCE}\n%% bad") for _ in range(WAITING + 3)]
    outcomes = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(outcome, Overloaded) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, str) for outcome in outcomes) == WAITING + 1
    renderer.close()


async def test_a_process_serves_again_and_is_replaced_in_the_end() -> None:
    worker = Worker(program("pass"), limit_bytes=MIB)
    for _ in range(3):
        assert worker.ask({"source": SOURCE}, 5)["svg"]
    assert worker.served == 3
    assert SERVED > 3
    worker.end()
    assert not worker.is_alive()


def test_a_program_that_does_not_start_is_named() -> None:
    with pytest.raises(RendererMissing, match="/nowhere/node"):
        Worker(Program(command=("/nowhere/node",), data_bytes=MIB), limit_bytes=MIB)


@pytest.mark.parametrize("real", [MERMAID, PLANTUML], ids=["mermaid", "plantuml"])
def test_a_renderer_gets_none_of_the_environment(real: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    worker = Worker(real, limit_bytes=MIB)
    try:
        if sys.platform == "linux":
            assert b"SOME_API_KEY" not in Path(f"/proc/{worker.pid}/environ").read_bytes()
            limits = Path(f"/proc/{worker.pid}/limits").read_text()
            assert ["Max", "open", "files", "0", "0"] in [line.split()[:5] for line in limits.splitlines()]
    finally:
        worker.end()


def test_a_renderer_ends_with_its_parent() -> None:
    """Its input closes when the parent is gone, however that ended."""
    read, write = os.pipe()
    parent = os.fork()
    if not parent:
        worker = Worker(MERMAID, limit_bytes=MIB)
        os.write(write, str(worker.pid).encode())
        os._exit(0)
    os.waitpid(parent, 0)
    child = int(os.read(read, 20))
    deadline = time.monotonic() + 20
    while (
        Path(f"/proc/{child}").exists()
        and "Z" not in Path(f"/proc/{child}/stat").read_text().rpartition(")")[2][:3]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.close(read)
    os.close(write)
