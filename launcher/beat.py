"""`script/beat`: Celery's timetable in the foreground."""

import argparse

from launcher.alone import run_alone
from launcher.children import start_beat
from launcher.configuration import load_state_dir
from launcher.stack import running_stack


def main(arguments: list[str]) -> int:
    meaning = (
        "Run Celery's timetable. One is enough; a second one does everything twice, which harms nothing."
    )
    argparse.ArgumentParser(prog="script/beat", description=meaning).parse_args(arguments)
    with running_stack(load_state_dir()) as stack:
        run_alone("beat", lambda: start_beat(stack, name="alone"))
    return 0
