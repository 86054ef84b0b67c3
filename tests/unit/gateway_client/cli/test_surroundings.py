"""What a command finds around it: closed streams, encodings, folders that are gone or cannot be written."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway_client.cli.main import main
from launcher.configuration import REPOSITORY
from tests.unit.gateway_client.scripted import Answer, refusal, scripted, stream

HALF = {"model": "m", "choices": [{"delta": {"content": "half \ud83d of an émoji"}}]}
LEFT = {"limit": 5, "remaining": 4, "percentUsed": 20, "currentUsage": 1, "period": "daily", "resetAt": None}
COMMAND = [sys.executable, "-m", "gateway_client.cli"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nobody has signed in."""
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("LLM_API_KEY", "ati_secret")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    return home


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, encoding: str = "utf-8") -> tuple[int, bytes]:
    """The exit code, and what was written to a standard output of this encoding."""
    written = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        patch.setattr(sys, "stdin", io.StringIO())
        return main([*arguments]), written.getvalue()


@pytest.mark.parametrize(
    ("encoding", "seen"), [("utf-8", "half ? of an émoji\n"), ("latin-1", "half ? of an émoji\n")]
)
def test_an_answer_with_half_an_emoji_is_shown(
    monkeypatch: pytest.MonkeyPatch, encoding: str, seen: str
) -> None:
    with scripted(stream(HALF)) as script:
        monkeypatch.setenv("LLM_BASE_URL", script.url)
        assert run(monkeypatch, "chat", "hi", encoding=encoding) == (0, seen.encode(encoding))


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", "é"), ("ascii", r"\u00e9")])
def test_json_says_all_of_it_in_every_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str, sign: str
) -> None:
    with scripted(stream(HALF)) as script:
        monkeypatch.setenv("LLM_BASE_URL", script.url)
        code, written = run(monkeypatch, "chat", "hi", "--json", encoding=encoding)
    assert code == 0
    assert rf"half \ud83d of an {sign}moji" in written.decode(encoding)


def test_a_closed_standard_input_is_an_empty_one_and_a_closed_output_loses_nothing_else() -> None:
    with scripted(stream(HALF)) as script:
        environment = {**os.environ, "LLM_BASE_URL": script.url}
        line = f"{' '.join(COMMAND)} chat hi <&- && {' '.join(COMMAND)} chat hi < /dev/null >&-"
        ended = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "half ? of an émoji\n", "")


def test_a_folder_that_was_removed_meanwhile_belongs_to_no_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with scripted(stream(HALF)) as script:
        monkeypatch.setenv("LLM_BASE_URL", script.url)
        assert run(monkeypatch, "chat", "hi")[0] == 0


def test_a_home_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("a file")
    with scripted(Answer(body={})) as script:
        monkeypatch.setattr("sys.stdin", io.StringIO("ati_secret"))
        assert main(["login", script.url, "--with-token"]) == 1
    assert "cannot be" in capsys.readouterr().err


class TestStatusLine:
    def test_it_is_that_of_the_gateway_and_the_team_that_are_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with scripted(Answer(body=LEFT)) as script:
            monkeypatch.setenv("LLM_BASE_URL", script.url)
            code, written = run(monkeypatch, "--team", "red", "usage", "statusline")
        assert (code, script.asked[0].headers["x-team-id"]) == (0, "red")
        assert "20.0% of $5.00 daily" in written.decode()

    @pytest.mark.parametrize("content", ["no JSON", '{"at": null}', '{"at": "now", "status": []}'])
    def test_a_damaged_memory_of_it_is_written_anew(
        self, monkeypatch: pytest.MonkeyPatch, home: Path, content: str
    ) -> None:
        kept = home / "llm-gateway" / "statusline.json"
        kept.parent.mkdir(parents=True)
        kept.write_text(content)
        with scripted(Answer(body=LEFT)) as script:
            monkeypatch.setenv("LLM_BASE_URL", script.url)
            for _ in range(2):
                assert run(monkeypatch, "usage", "statusline")[0] == 0
            assert len(script.asked) == 1

    def test_whoever_has_signed_in_since_sees_the_own(
        self, monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        def signed_in(script: Any, token: str) -> None:
            monkeypatch.setattr("sys.stdin", io.StringIO(token))
            assert main(["login", script.url, "--with-token"]) == 0

        monkeypatch.delenv("LLM_API_KEY")
        me = {"email": "ann@alder.example", "tenant": "alder", "role": "MEMBER", "teams": []}
        with scripted(Answer(body=me | LEFT)) as script:
            for token in ("ati_ann", "ati_bob"):
                signed_in(script, token)
                assert run(monkeypatch, "usage", "statusline")[0] == 0
            asked = [each.headers["authorization"] for each in script.asked if each.path == "/llm/budget"]
        assert asked == ["Bearer ati_ann", "Bearer ati_bob"]

    def test_a_gateway_that_is_away_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with scripted(refusal(503, "overloaded", retry_after=9)) as script:
            monkeypatch.setenv("LLM_BASE_URL", script.url)
            assert run(monkeypatch, "usage", "statusline")[0] == 1
        assert len(script.asked) == 1
        assert "It was overloaded." in capsys.readouterr().err
