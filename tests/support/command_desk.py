"""Runs commands of manage.py for a shell, in this process: to start Django for each would take longer than the rest.

A folder of a repository as a reader of the documentation has it: `.venv/bin/python manage.py COMMAND` works there.
"""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

REPOSITORY = Path(__file__).parents[2]
PYTHON = """#!/usr/bin/env bash
[ "$1" = manage.py ] || exit 3
shift
printf '%s\\0' "$@" | curl -sS --fail-with-body --data-binary @- {url}
"""


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        words = self.rfile.read(int(self.headers["content-length"])).decode().split("\0")[:-1]
        status, said = run(words)
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def run(words: list[str]) -> tuple[int, bytes]:
    """500 and what the command says for one that fails."""
    output = io.StringIO()
    words = [str(REPOSITORY / word) if word.startswith("fixtures/") else word for word in words]
    try:
        with redirect_stderr(output):
            call_command(*words, stdout=output)
    except (CommandError, SystemExit) as error:
        return (200 if getattr(error, "code", 1) == 0 else 500), f"{output.getvalue()}{error}".encode()
    finally:
        connection.close()
    return 200, output.getvalue().encode()


@contextmanager
def command_desk(folder: Path) -> Iterator[None]:
    """In which `.venv/bin/python manage.py` can be called."""
    with HTTPServer(("127.0.0.1", 0), Desk) as server:
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON.format(url=f"http://127.0.0.1:{server.server_port}/"))
        python.chmod(0o755)
        thread = threading.Thread(target=server.serve_forever, name="commands")
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(60)
