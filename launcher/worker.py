"""`script/worker`: a Celery worker in the foreground; jobs, mails, webhooks, sums and months are its work."""

import argparse
import contextlib
import os

from launcher.alone import run_alone
from launcher.children import start_worker
from launcher.configuration import load_state_dir
from launcher.listening import parse_address
from launcher.stack import running_stack
from launcher.worker_metrics import served_metrics

FOLDER = "GATEWAY_METRICS_DIR"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="script/worker", description="Run a Celery worker. Any number of them share the work."
    )
    parser.add_argument(
        "--metrics",
        metavar="HOST:PORT",
        default="",
        help=f"serve /metrics of the jobs, with METRICS_TOKEN; for a worker that has no gateway's {FOLDER}",
    )
    at = parse_address(parser.parse_args(arguments).metrics, "--metrics")
    with running_stack(load_state_dir()) as stack, contextlib.ExitStack() as serving:
        more = {}
        if at is not None:
            folder = stack.state_dir / "metrics" / "worker"
            serving.enter_context(served_metrics(folder, at))
            more = {FOLDER: str(folder)}
        run_alone("worker", lambda: start_worker(stack, name=f"worker-{os.getpid()}", more=more))
    return 0
