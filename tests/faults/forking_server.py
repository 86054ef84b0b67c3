"""Imports the gateway once and forks servers, each ready in a moment.

The listening sockets, one for each place, are the parent's own: what connects while a place is empty waits for its
next server, as behind a load balancer. Orders come and answers go through a pipe; the ports come first.
`{"serve": PLACE}` is answered with the server's process id, `{"celery": [...]}` with that of a Celery process with
these arguments, `{"manage": [...]}` with the command's status and output.
A server's `dies_at` is a step of its spool, and how often it is taken until it kills the server.
Everything ends with the parent, and the parent with its pipe.
"""

import atexit
import contextlib
import io
import json
import os
import socket
import sys
from multiprocessing.connection import Connection
from typing import Any

import uvicorn
from django.core.management import CommandError, call_command

from gateway_project.asgi import application
from gateway_project.celery import app as celery
from gateway_project.collector import spare_what_lives_long
from launcher.die_with_parent import end_when_parent_dies
from tests.faults.outages.killing import spools_that_kill
from tests.forked_ledger import forked_ledgers, forked_template

GRACE_S = 5
BACKLOG = 2_048


def main(orders: "Connection[Any, Any]", places: int) -> None:
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) for _ in range(places)]
    spare_what_lives_long()  # or each process would walk, and so copy, all that was imported here
    orders.send([listener.getsockname()[1] for listener in listeners])
    with contextlib.suppress(EOFError):
        while True:
            orders.send(_carried_out(orders.recv(), listeners))
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _carried_out(order: dict[str, Any], listeners: list[socket.socket]) -> dict[str, Any]:
    if "serve" in order:
        return {"pid": _forked_server(listeners[order["serve"]], order.get("dies_at"))}
    if "celery" in order:
        return {"pid": _forked_celery(order["celery"], listeners)}
    return _managed(order["manage"])


def _forked_server(listener: socket.socket, dies_at: tuple[str, int] | None) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if end_when_parent_dies(parent):
        config = uvicorn.Config(
            application, log_config=None, lifespan="on", timeout_graceful_shutdown=GRACE_S, backlog=BACKLOG
        )
        with forked_ledgers(forked_template()), spools_that_kill(dies_at):
            uvicorn.Server(config).run(sockets=[listener])
    os._exit(0)


def _forked_celery(arguments: list[str], listeners: list[socket.socket]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for listener in listeners:
        listener.close()
    status = 1
    if end_when_parent_dies(parent):
        try:
            celery.start(["--quiet", *arguments])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
    run_exit_functions()
    os._exit(status)


def run_exit_functions() -> None:
    """Those that Python runs at a process's end, which a forked one does not reach."""
    atexit._run_exitfuncs()


def _managed(arguments: list[str]) -> dict[str, Any]:
    """In a child as well, so that no database connection is shared with the servers."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        output, status = io.StringIO(), 0
        try:
            call_command(*arguments, stdout=output)
        except (CommandError, SystemExit) as error:
            output.write(str(error))
            status = 1
        with os.fdopen(writing, "w") as pipe:
            json.dump({"status": status, "output": output.getvalue()}, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer: dict[str, Any] = json.load(pipe)
    os.waitpid(pid, 0)
    return answer
