"""Where the ledger processes of servers in a test's own process are born: by a fork, in a few milliseconds.

To start Python and to import what a ledger process needs takes a third of a second, and most servers in tests answer a
handful of calls. What is forked here runs the same program (gateway_project.ledger_process) in an environment of its
own. Tests of the program itself start it as a server does (tests/faults/test_ledger_process.py).
"""

import gc
import json
import os
import socket
import sys
import traceback
from contextlib import suppress

from gateway_project.ledger_process import main

LONGEST = 1024 * 1024
STANDARD_INPUT, STANDARD_ERROR = 0, 2


def serve_orders(orders: socket.socket) -> None:
    """Each order is an environment, with a ledger process's standard input and standard error. The answer is the
    process's id, with a descriptor by which it can be waited for.
    """
    gc.collect()
    gc.freeze()
    while True:
        environment, descriptors, _, _ = socket.recv_fds(orders, LONGEST, 2)
        if not environment:
            return
        pid = os.fork()
        if not pid:
            _serve(orders, json.loads(environment), *descriptors)
        handle = os.pidfd_open(pid)
        socket.send_fds(orders, [str(pid).encode()], [handle])
        for each in (handle, *descriptors):
            os.close(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _serve(orders: socket.socket, environment: dict[str, str], end: int, errors: int) -> None:
    status = 1
    try:
        orders.close()
        os.dup2(end, STANDARD_INPUT)
        os.dup2(errors, STANDARD_ERROR)
        os.environ.clear()
        os.environ.update(environment)
        main()
        status = 0
    finally:
        if status:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    own = os.dup(STANDARD_INPUT)
    with socket.socket(fileno=own) as from_the_tests:
        serve_orders(from_the_tests)
