"""`script/demo [--once]`: everything runs, one real call is metered, and what it cost is shown."""

import argparse
import subprocess
import time
from pathlib import Path

from launcher.children import start_beat, start_gateway, start_worker
from launcher.commands import migrate, set_up_django
from launcher.configuration import load_state_dir
from launcher.demo_call import Unauthorized, complete, wait_until_ready
from launcher.demo_data import DemoAccess, ensure_demo_data, issue_fresh_token, save
from launcher.demo_report import print_call, print_welcome
from launcher.demo_search import search_services
from launcher.errors import LauncherError
from launcher.listening import a_port
from launcher.process import reason_in, wait_until
from launcher.revival import kept_running
from launcher.server import require_free_port, stopping
from launcher.signals import Stopped
from launcher.stack import Stack, running_stack

WORKER_TIMEOUT_S = 60.0
SAYS_READY = {"LOG_LEVEL": "info"}
"""Whatever LOG_LEVEL is: the demo waits for the line with which the worker says that it is ready."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description="Run everything, with one metered call.")
    parser.add_argument("--once", action="store_true", help="end after the call")
    parser.add_argument("--port", type=a_port, default=8000)
    options = parser.parse_args(arguments)
    require_free_port("127.0.0.1", options.port)
    with running_stack(load_state_dir()) as stack:
        set_up_django(stack)
        migrate(stack)
        access = ensure_demo_data(stack.state_dir, base_url=f"http://127.0.0.1:{options.port}")
        with kept_running(stack):
            return serve(stack, access, options.port, once=options.once)


def serve(stack: Stack, access: DemoAccess, port: int, *, once: bool) -> int:
    logs = stack.state_dir / "logs"
    with (logs / "gateway.log").open("ab") as gateway_log, (logs / "worker.log").open("wb") as worker_log:
        log_size = gateway_log.tell()
        name = str(port)
        with (
            search_services(stack, worker_log),
            stopping(
                start_gateway(stack, host="127.0.0.1", port=port, workers=1, output=gateway_log)
            ) as gateway,
            stopping(start_worker(stack, name=name, output=worker_log, more=SAYS_READY)) as worker,
            stopping(start_beat(stack, name=name, output=worker_log)) as beat,
        ):
            if not wait_until_ready(access.base_url, gateway):
                raise LauncherError(
                    f"The gateway did not become ready: {reason_in(logs / 'gateway.log', log_size)} (log: {logs})"
                )
            make_the_call(stack, access)
            if not wait_until_started(worker, logs / "worker.log"):
                raise LauncherError(
                    f"The worker did not start: {reason_in(logs / 'worker.log')} (log: {logs})"
                )
            if once:
                return 0
            print_welcome(access, stack.state_dir)
            try:
                wait_for_an_end({"gateway": gateway, "worker": worker, "beat": beat})
            except Stopped:
                return 0
    raise LauncherError(f"A part of the demo ended by itself; its log is in {logs}.")


def make_the_call(stack: Stack, access: DemoAccess) -> None:
    """Makes the call with the token of the last run, or with a fresh one if that was revoked meanwhile."""
    try:
        completion = complete(access)
    except Unauthorized:
        access = issue_fresh_token(access)
        save(stack.state_dir, access)
        completion = complete(access)
    print_call(completion, access)


def wait_until_started(worker: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Waits until Celery's log, empty at first, says that the worker is ready. Returns whether it is."""

    def has_started() -> bool:
        return b" ready." in log.read_bytes()

    wait_until(lambda: worker.poll() is not None or has_started(), WORKER_TIMEOUT_S, every_s=0.1)
    return worker.poll() is None and has_started()


def wait_for_an_end(children: dict[str, "subprocess.Popen[bytes]"]) -> None:
    while all(child.poll() is None for child in children.values()):
        time.sleep(0.5)
