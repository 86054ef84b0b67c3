"""`script/worker`: a Celery worker in the foreground; jobs, mails, webhooks, sums and months are its work."""

import os

from launcher.alone import run_alone
from launcher.children import start_worker


def main(arguments: list[str]) -> int:
    meaning = "Run a Celery worker. Any number of them share the work."
    return run_alone(
        "worker", meaning, lambda stack: start_worker(stack, name=f"worker-{os.getpid()}"), arguments
    )
