"""Runs a command and says how it ended.

| exit code | |
|---|---|
| 0 | done; also if whoever read the output has gone |
| 1 | an error, which standard error tells, with the request's id |
| 2 | the command was written wrongly |
| 3 | over budget |
| 4 | nobody is signed in, or not any more |
| 130 | interrupted with Ctrl-C |
"""

import io
import os
import sys
from typing import Any

OK, ERROR, USAGE, OVER_BUDGET, NOT_SIGNED_IN, INTERRUPTED = 0, 1, 2, 3, 4, 130
STATUS_LINE = ["usage", "statusline"]


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    _prepare_streams()
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would say so once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _prepare_streams() -> None:
    """A stream that the caller has closed is there and empty, and a sign that one cannot show is a question mark."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115 - for as long as the process lives
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(arguments: list[str]) -> int:
    from gateway_client.errors import GatewayError

    try:
        if arguments == STATUS_LINE:  # asked every few seconds: without the libraries that it does not need
            from gateway_client.cli.status_line import status_line

            print(status_line())
            return OK
        return _run_app(arguments)
    except GatewayError as error:
        from gateway_client.cli.failure import told

        return told(error)


def _run_app(arguments: list[str]) -> int:
    import typer
    from typer.exceptions import Exit

    from gateway_client.cli.app import app

    try:
        code: Any = app(args=arguments, prog_name="llm-gateway", standalone_mode=False)
    except Exit as end:
        return end.exit_code
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        return _misused(error)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # of which Typer would make an error
            raise end.__context__ from None
        raise
    return code if isinstance(code, int) else OK


def _misused(error: Any) -> int:
    """Typer says what was written wrongly, in its own words."""
    error.show()
    return int(error.exit_code)
