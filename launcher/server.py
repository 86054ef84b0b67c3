"""`script/server`: gateway, Celery worker and beat in the foreground, on the stack of the state folder."""

import argparse
import contextlib
import signal
import subprocess
from collections.abc import Iterator

from gateway_project.logs import LEVELS
from launcher.background import Background
from launcher.children import DRAIN_TIMEOUT_S, start_gateway
from launcher.commands import load_config, migrate, set_up_django
from launcher.configuration import load_state_dir
from launcher.errors import LauncherError
from launcher.listening import DEFAULT_HOST, DEFAULT_PORT, a_port, address, read_settings, set_log_level
from launcher.process import is_free, stop_child
from launcher.revival import kept_running
from launcher.signals import Stopped
from launcher.stack import running_stack
from metering.management.numbers import whole

LOOK_EVERY_S = 0.5
MOST_WORKERS = 256


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/server", description="Run the gateway in the foreground.")
    parser.add_argument("--port", type=a_port, help=f"else that of LISTEN_ADDRESS, else {DEFAULT_PORT}")
    parser.add_argument("--host", help=f"else that of LISTEN_ADDRESS, else {DEFAULT_HOST}")
    parser.add_argument("--log-level", choices=LEVELS, help="else LOG_LEVEL, else info")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="a catalog, or the file of the proxy mode, the proxy service or LiteLLM, loaded before serving",
    )
    parser.add_argument("--workers", type=whole(1, MOST_WORKERS), default=1)
    parser.add_argument(
        "--no-worker",
        action="store_true",
        help="without Celery worker and beat, which send alerts and mails and look after the database",
    )
    parser.add_argument(
        "--no-migrate",
        action="store_true",
        help="the database is brought up to date by script/migrate; until it is, /health/ready says 503",
    )
    options = parser.parse_args(arguments)
    if options.no_migrate and options.config is not None:
        parser.error("--config goes with script/migrate where --no-migrate is given")
    state_dir = load_state_dir()
    of_file = read_settings(options.config)
    at = address(options.host, options.port, of_file)
    set_log_level(options.log_level, of_file)
    require_free_port(at.host, at.port)
    with running_stack(state_dir) as stack:
        set_up_django(stack)
        if not options.no_migrate:
            migrate(stack)
        if options.config is not None:
            load_config(options.config)
        gateway = start_gateway(stack, host=at.host, port=at.port, workers=options.workers)
        with kept_running(stack), stopping(gateway), contextlib.suppress(Stopped):
            background = None if options.no_worker else Background(stack, port=at.port)
            status = gateway.wait() if background is None else wait_for(gateway, background)
            raise LauncherError(f"The gateway ended by itself with status {status}.")
    return 0


def wait_for(gateway: "subprocess.Popen[bytes]", background: Background) -> int:
    """How the gateway ended. Meanwhile the background's processes are looked after; in the end they have ended too."""
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return gateway.wait(LOOK_EVERY_S)
            background.look_after()
    finally:
        background.ask_to_end()
        if gateway.poll() is None:
            gateway.send_signal(signal.SIGTERM)  # so that it drains while the others end
        background.wait_for_end()


def require_free_port(host: str, port: int) -> None:
    if not is_free(port, host):
        raise LauncherError(
            f"Port {port} on {host} cannot be used, it is probably taken; choose another with --port."
        )


@contextlib.contextmanager
def stopping(child: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """Whatever ends the block, the child has drained and ended after it."""
    try:
        yield child
    finally:
        stop_child(child, DRAIN_TIMEOUT_S + 5)
