"""`.env` says what a person reads in it, the environment wins, and no line is dropped or repeated."""

import os
import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project.dotenv import FROM_FILE, read_dotenv

EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test puts into the environment goes with it."""
    monkeypatch.setattr(os, "environ", {"SAID": "by-environment", "IN_A_FILE_FILE": "/run/secrets/it"})


def read(tmp_path: Path, text: str | bytes) -> dict[str, str]:
    file = tmp_path / ".env"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    read_dotenv(file)
    return dict(os.environ)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("NAME=value   # and a comment", "value"),
        ("NAME=              # only a comment", ""),
        ("NAME=", ""),
        ("NAME=a#b", "a#b"),
        ("NAME=#b", "#b"),
        ("NAME = value ", "value"),
        ("export NAME=value", "value"),
        ("  NAME=a=b", "a=b"),
        ("NAME='a # b'   # c", "a # b"),
        ('NAME="a # \\"b\\""', 'a # "b"'),
        ("NAME='a' # 'b'", "a"),
        ("NAME=it's", "it's"),
        ("NAME=two words", "two words"),
        ("NAME=$HOME", "$HOME"),
        ("\ufeffNAME=value\r", "value"),
    ],
)
def test_a_value_is_what_a_person_reads(tmp_path: Path, line: str, value: str) -> None:
    assert read(tmp_path, f"# first\n\n{line}\n" if line[0] != "\ufeff" else line)["NAME"] == value


def test_the_environment_wins_also_by_the_name_of_a_file(tmp_path: Path) -> None:
    found = read(tmp_path, "SAID=by-file\nIN_A_FILE=by-file\nOTHER=by-file\n")
    assert (found["SAID"], found.get("IN_A_FILE"), found["OTHER"]) == ("by-environment", None, "by-file")


@pytest.mark.parametrize("line", ["hunter2", "NAME: hunter2", "9NAME=hunter2", "NAME=hunter2\0"])
def test_a_line_that_says_nothing_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"line 2: write NAME=value") as refused:
        read(tmp_path, f"FINE=1\n{line}\n")
    assert "hunter2" not in str(refused.value)
    assert "FINE" not in os.environ


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="must be UTF-8 text"):
        read(tmp_path, b"NAME=\xff\n")


def test_a_vendors_key_is_followed_while_a_program_runs_and_nothing_else(tmp_path: Path) -> None:
    read(tmp_path, "OPENAI_API_KEY=old\nGROQ_API_KEY=gone\nLOG_LEVEL=info\n")
    os.environ["LOG_LEVEL"] = "debug"  # as a flag says it
    found = read(tmp_path, "OPENAI_API_KEY=new\nLOG_LEVEL=info\nSAID_API_KEY=first\n")
    assert (found["OPENAI_API_KEY"], found.get("GROQ_API_KEY"), found["LOG_LEVEL"]) == ("new", None, "debug")
    assert found[FROM_FILE] == "OPENAI_API_KEY,SAID_API_KEY"


def test_a_key_of_the_environment_stays_whatever_the_file_says(tmp_path: Path) -> None:
    os.environ["OPENAI_API_KEY"] = "given"
    read(tmp_path, "OPENAI_API_KEY=one\n")
    assert read(tmp_path, "OPENAI_API_KEY=two\n")["OPENAI_API_KEY"] == "given"


def test_lines_of_the_example_mean_what_stands_before_their_comment(tmp_path: Path) -> None:
    lines = re.findall(r"^# ([A-Z_]+=.*)$", EXAMPLE.read_text(), re.MULTILINE)
    found = read(tmp_path, "\n".join(lines))
    assert (found["LOG_LEVEL"], found["SECRET_KEY"], found["SWEEP_INTERVAL_S"]) == ("info", "", "10")
    assert not [name for name, value in found.items() if "#" in value]
