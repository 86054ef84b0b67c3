"""Servers that root has started can do no more than anybody; what a run writes is its owner's alone."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.children import spawn
from launcher.postgres_programs import _copied, _is_open_to_all, programs
from launcher.powers import as_root_without_powers, nobody, without_powers
from launcher.process import stop_child, wait_until
from launcher.servers import Servers
from launcher.stack import Stack, running_stack

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root has powers to drop")
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def assert_powerless(pid: int) -> None:
    status = status_of(pid)
    assert {name: int(status[name], 16) for name in SETS} == dict.fromkeys(SETS, 0), status["Name"]
    assert (status["NoNewPrivs"], status["Groups"]) == ("1", ""), status["Name"]


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """In a folder that others may not enter."""
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "REDIS_URL"):
            patch.delenv(name, raising=False)
        logs = folder / "state" / "logs"
        logs.mkdir(parents=True)
        logs.chmod(0o755)
        for former in (
            logs / "gateway.log",
            logs / "worker.log",
            folder / "state" / "celerybeat-schedule.dat",
        ):
            former.touch()
            former.chmod(0o644)
        with running_stack(folder / "state") as stack:
            yield stack


@as_root
def test_postgresql_and_redis_are_an_ordinary_users_and_have_no_capability(stack: Stack) -> None:
    servers = Servers(stack.state_dir)
    assert servers.postgres is not None
    assert servers.redis is not None
    postgres, redis = servers.postgres.pid, servers.redis.pid
    assert postgres is not None
    assert redis is not None
    assert len(children_of(postgres)) > 3
    for pid in (postgres, *children_of(postgres), redis):
        assert_powerless(pid)
        assert set(status_of(pid)["Uid"].split()) == {str(nobody())}


def test_servers_do_not_know_our_secrets(stack: Stack) -> None:
    servers = Servers(stack.state_dir)
    for server in (servers.postgres, servers.redis):
        assert server is not None
        environment = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
        names = {entry.partition(b"=")[0] for entry in environment if entry}
        assert names <= {b"PATH", b"LC_CTYPE"}


@as_root
def test_gateway_and_worker_run_without_capabilities_too(stack: Stack) -> None:
    script = "import os, subprocess, time; subprocess.Popen(['/bin/sleep', '60']); time.sleep(60)"
    child = spawn(["-c", script], stack)
    try:
        assert wait_until(lambda: bool(children_of(child.pid)), 20)
        assert_powerless(child.pid)
        assert_powerless(children_of(child.pid)[0])
        assert Path(f"/proc/{child.pid}/comm").read_text().startswith("python")
    finally:
        stop_child(child, 10)


@as_root
@pytest.mark.parametrize(
    ("owner", "port", "kept"), [(0, 8000, 0), (1000, 8000, 1 << 1), (0, 443, 1 << 10), (0, 0, 0)]
)
def test_only_what_is_needed_for_others_files_and_low_ports_is_kept(
    tmp_path: Path, owner: int, port: int, kept: int
) -> None:
    os.chown(tmp_path, owner, -1)
    look = [sys.executable, "-c", "print(open('/proc/self/status').read())"]
    command = as_root_without_powers(look, folders=[tmp_path], port=port)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {name: int(line.split()[1], 16) for line in said.splitlines() for name in SETS if name in line}
    assert found == {"CapInh": 0, "CapAmb": 0, "CapPrm": kept, "CapEff": kept, "CapBnd": kept}


@as_root
def test_an_ordinary_user_runs_a_program_in_a_closed_folder_but_reads_nothing_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    program = tmp_path / "cat"
    program.write_bytes(Path("/bin/cat").read_bytes())
    program.chmod(0o755)
    (tmp_path / "secret").write_text("hunter2")
    (tmp_path / "secret").chmod(0o644)
    command = without_powers(str(nobody()), [str(program), str(tmp_path / "secret")])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied" in done.stderr


@as_root
def test_postgresqls_programs_are_copied_to_where_everybody_may_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.postgres_programs.CACHE", tmp_path / "cache")
    tmp_path.chmod(0o700)
    copy = _copied(programs())
    assert not _is_open_to_all(copy / "bin" / "postgres"), "the folder above is closed"
    assert _copied(programs()) == copy
    for path in (tmp_path / "cache").rglob("*"):
        wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or path.parent.name == "bin" else 0)
        assert path.stat().st_mode & wanted == wanted
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    for name in ("postgres", "initdb"):
        said = subprocess.run([str(copy / "bin" / name), "-V"], capture_output=True, text=True, check=True)
        assert "PostgreSQL" in said.stdout


def test_nothing_that_a_run_keeps_can_be_read_by_others(stack: Stack) -> None:
    child = spawn(["-c", f"open({str(stack.state_dir / 'new.txt')!r}, 'w').write('x')"], stack)
    assert child.wait(20) == 0
    open_to_others = [
        path
        for path in (stack.state_dir, *stack.state_dir.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    assert (stack.state_dir / "logs" / "gateway.log").exists()


def test_a_process_that_breaks_leaves_no_memory_on_the_disk(stack: Stack) -> None:
    read, write = os.pipe()
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    with os.fdopen(write, "wb") as output:
        assert spawn(["-c", code], stack, output=output).wait(20) == 0
    with os.fdopen(read) as said:
        assert said.read() == "0\n"
