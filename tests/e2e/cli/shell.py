"""Runs `llm-gateway` as people do: in a pipe, and in a terminal.

In a pipe it runs within the test's process, as importing what it needs takes longer than most commands; `bash` and
`terminal` start a process of their own.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gateway_client.cli.main import main
from gateway_client.credentials.credential import Credential
from gateway_client.credentials.store import CredentialStore
from metering.identity.sessions.token_pair import TokenPair
from tests.support.terminal import PATIENCE_S, Terminal

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "gateway_client.cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Shell:
    """One person's home and folder."""

    def __init__(self, *, url: str, home: Path, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.store = CredentialStore(home / "llm-gateway", keyring=None)
        folder.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def sign_in(self, pair: TokenPair) -> None:
        credential = Credential(base_url=self.url, access=pair.access, refresh=pair.refresh)
        with self.store.locked():
            self.store.save(credential)

    def run(self, *arguments: str, typed: str | bytes = "", **env: str) -> Ended:
        """In pipes. `typed` is what comes in."""
        given = io.TextIOWrapper(io.BytesIO(typed.encode() if isinstance(typed, str) else typed), "utf-8")
        own = {name: value for name, value in self.env.items() if name not in ("PATH", "HOME", "LANG", "TZ")}
        with (
            ThreadPoolExecutor(2) as readers,
            _pipe(readers) as (out, read_out),
            _pipe(readers) as (err, read_err),
            contextlib.chdir(self.folder),
            patch.dict(os.environ, {**own, **env}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch.object(sys, "stdin", given),
        ):
            code = main(list(arguments))
            out.close()
            err.close()
            return Ended(code=code, out=read_out().decode(), err=read_err().decode())

    def bash(self, script: str) -> Ended:
        """A line of a shell, in which `llm-gateway` is a command."""
        program = f'llm-gateway() {{ "{COMMAND[0]}" -m gateway_client.cli "$@"; }}; {script}'
        ended = subprocess.run(
            ["bash", "-c", program],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.env,
            timeout=PATIENCE_S,
            check=False,
        )
        return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    def terminal(self, *arguments: str, columns: int = 100, lines: int = 40, **env: str) -> Terminal:
        command: Sequence[str] = [*COMMAND, *arguments]
        return Terminal(command, env={**self.env, **env}, folder=self.folder, columns=columns, lines=lines)


@contextlib.contextmanager
def _pipe(readers: ThreadPoolExecutor) -> Iterator[Any]:
    """The end to write to, and what gives all that was written once it is closed."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as whole, os.fdopen(writing, "w", encoding="utf-8") as end:
        future = readers.submit(whole.read)
        try:
            yield end, future.result
        finally:
            end.close()
            future.result()
