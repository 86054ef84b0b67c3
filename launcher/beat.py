"""`script/beat`: Celery's timetable in the foreground."""

from launcher.alone import run_alone
from launcher.children import start_beat


def main(arguments: list[str]) -> int:
    meaning = (
        "Run Celery's timetable. One is enough; a second one does everything twice, which harms nothing."
    )
    return run_alone("beat", meaning, lambda stack: start_beat(stack, name="alone"), arguments)
