"""docs/operations.md says what is so: messages, log events, files and secrets that it names exist."""

import re
from pathlib import Path

import pytest

from bench.newcomer import lines_of
from gateway_project.secrets import GENERATORS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "operations.md").read_text()
CODE = "\n".join(
    file.read_text()
    for room in ("metering", "gateway_project", "launcher", "providers")
    for file in (ROOT / room).rglob("*.py")
)
JOINED = re.sub(r'"\s*\n\s*f?"', "", CODE)
"""Sentences that the code breaks over lines, whole."""


def section(heading: str) -> str:
    return GUIDE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


FAILURES = re.findall(r"^\| (?!what is seen|---)(.+?) \| .+ \|$", section("Troubleshoot"), re.MULTILINE)
SENTENCE = re.compile(r'"([A-Z…][^"]{20,}[.;…])"|`(error: [^`]+|[A-Z][^`]{20,}\.)`')
TOLD = [one or other for row in FAILURES for one, other in SENTENCE.findall(row)]
EVENTS = sorted(set(re.findall(r"`([a-z]+\.[a-z_]+)`", section("Troubleshoot") + section("Install"))))


def test_the_twenty_commonest_failures_are_there_and_the_documents_three_questions() -> None:
    assert len(FAILURES) >= 20
    for question in ("Provider not working?", "Rate limit issues?", "Local LLM not responding?"):
        assert f"**{question}**" in section("Troubleshoot")


@pytest.mark.parametrize("told", TOLD)
def test_a_message_is_one_that_the_code_writes(told: str) -> None:
    """Piece by piece: what stands for a name, a number or a list is left out."""
    stands_for_others = r"…|'[a-z]+'|\bx\b|\d+(?:\.\d+)*|\b(?:ADVANCED|LLM0_CHAT|SECRET_KEY|suspended)\b"
    pieces = re.split(stands_for_others, told.removeprefix("error: "))
    for piece in (piece.strip(" '\"") for piece in pieces):
        assert len(piece) < 4 or piece in JOINED, piece


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_one_that_the_code_logs(event: str) -> None:
    assert event.endswith((".yaml", ".conf", ".py", ".md")) or f'"{event}"' in CODE


def test_every_file_of_deploy_that_is_named_is_there() -> None:
    named = set(re.findall(r"(?<![\w/.])(?:/opt/llm-gateway/)?(deploy/[\w./-]+\w)", GUIDE))
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists() and "/secrets" not in name] == []


def test_how_each_secret_is_rotated_is_said() -> None:
    rotated = section("Secure")
    for name in (*GENERATORS, "LLM_PROXY_SECRET", "METRICS_TOKEN"):
        assert f"| `{name}` |" in rotated


def test_the_transcript_is_of_this_guide_and_every_line_of_it_went_well() -> None:
    transcript = (ROOT / "docs" / "operations-transcript.md").read_text()
    console = "\n".join(re.findall(r"```console\n(.*?)```", transcript, re.DOTALL))
    typed = re.findall(r"^# (.+)$", console, re.MULTILINE)
    assert typed == [line for _, line in lines_of(GUIDE)]
    assert "[exit status" not in transcript
