"""The transcript of a newcomer's run, as a page: what was typed and answered, shortened and without secrets."""

import re
from dataclasses import dataclass

PACKAGES = "apt-get "
MOST_LINES, MOST_CHARACTERS = 8, 400
_TOKEN = re.compile(r"ati_[A-Za-z0-9_]{8}_[A-Za-z0-9_-]+")
_NOISE = re.compile(r"https?://(?!127\.|localhost|gateway\.example)|^\s*$")
HEAD = """# A newcomer's run

[operations.md](operations.md) followed line by line on {day}, by `script/bench newcomer`: in a file system of
Debian 12's packages, with nothing of ours in it but the release as a file. Long outputs are shortened, and what package
managers say is left out. No systemd can run in there; what stands for it starts each unit's program as its user, with
its variables and credentials, but without its fences, which `systemd-analyze` checks elsewhere
(`tests/unit/deploy/test_systemd.py`).
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line that was typed."""

    heading: str
    line: str
    output: list[str]
    status: int


def written(steps: list[Step], *, day: str) -> str:
    """The page."""
    parts, heading = [HEAD.format(day=day)], ""
    for step in steps:
        if step.heading != heading:
            if heading:
                parts.append("```\n")
            heading = step.heading
            parts.append(f"## {heading}\n\n```console")
        parts.append(f"# {step.line}")
        if not step.line.startswith(PACKAGES):
            parts += shortened(step.output)
        if step.status:
            parts.append(f"[exit status {step.status}]")
    return "\n".join([*parts, "```"]) + "\n"


def shortened(output: list[str]) -> list[str]:
    """The first lines, each cut where it is long, without noise and secrets."""
    lines = [_TOKEN.sub("ati_…", line) for line in output if not _NOISE.search(line)]
    cut = [line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} …" for line in lines]
    more = len(cut) - MOST_LINES
    return cut if more <= 0 else [*cut[:MOST_LINES], f"… ({more} more lines)"]
