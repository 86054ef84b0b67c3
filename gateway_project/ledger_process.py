"""The program of a server's ledger process: it serves the socket that is its standard input."""

import logging.config
import socket
import sys

import uvloop

from gateway_project import env
from gateway_project.logs import DEFAULT_LEVEL, LEVELS, logging_at
from metering.ledger.apart.served import serve

PROGRAM = (sys.executable, "-P", "-m", "gateway_project.ledger_process")
"""The command line that starts it."""


def main() -> None:
    logging.config.dictConfig(logging_at(env.choice("LOG_LEVEL", DEFAULT_LEVEL, LEVELS)))
    uvloop.run(serve(socket.socket(fileno=0)))


if __name__ == "__main__":
    main()
