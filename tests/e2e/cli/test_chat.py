"""`chat` and `models`."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from metering.models import UsageLog
from tests.e2e.cli.shell import Shell

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31mred\u202edlrow\r"
HARMLESS = "]0;owned[2J31mreddlrow"


class TestChat:
    def test_the_answer_comes_out_and_what_it_cost_is_in_the_json(self, ann: Shell) -> None:
        ended = ann.run("chat", "Say hello", "--max-tokens", "30")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.endswith("\n")
        told = ann.run("chat", "Say hello", "--max-tokens", "30", "--json").json
        assert told["content"].strip() == ended.out.strip()
        assert told["usage"]["prompt_tokens"] > 0
        assert float(told["usage"]["cost_usd"]) > 0

    def test_what_is_piped_in_stands_before_the_message(self, ann: Shell) -> None:
        ended = ann.bash("printf 'sandbox:echo' | llm-gateway chat 'what was said' --json")
        assert ended.code == 0, ended.err
        row = UsageLog.objects.latest("started_at")
        assert row.input_tokens == json.loads(ended.out)["usage"]["prompt_tokens"]
        alone = ann.run("chat", "-", typed="what was said").out
        assert alone

    @pytest.mark.parametrize(
        ("arguments", "typed"),
        [
            (("chat",), ""),
            (("chat", "-"), "  \n"),
            (("chat", "--file", "no.txt"), ""),
            (("chat",), b"\xff\xfe"),
        ],
    )
    def test_nothing_to_say_is_a_mistake_in_writing(
        self, ann: Shell, arguments: tuple[str, ...], typed: Any
    ) -> None:
        assert ann.run(*arguments, typed=typed).code == 2

    def test_over_budget_is_exit_code_3_and_the_document_s_words(self, bob: Shell) -> None:
        ended = bob.run("chat", "once more")
        assert (ended.code, ended.out) == (3, "")
        assert "✗ Budget Exceeded" in ended.err
        assert "You have reached your daily budget limit." in ended.err
        assert "Contact your team administrator to increase your budget." in ended.err
        assert "code: budget_exceeded, request id: " in ended.err

    def test_an_unknown_model_is_exit_code_1(self, ann: Shell) -> None:
        ended = ann.run("chat", "hello", "--model", "gpt-nothing")
        assert (ended.code, ended.out) == (1, "")
        assert "code: model_not_found, request id: " in ended.err


def test_models_are_listed_by_the_names_to_ask_for(ann: Shell) -> None:
    assert ann.run("models").out == "sandbox-small\tsandbox-small\tsandbox\tyes\n"
    [model] = ann.run("models", "--json").json
    assert model == {
        "id": "sandbox-small",
        "label": "sandbox-small",
        "provider": "sandbox",
        "available": True,
    }


class TestPipes:
    def test_a_reader_who_has_enough_ends_it_quietly(self, ann: Shell) -> None:
        ended = ann.bash('llm-gateway chat "Say hello" | head -c 4; echo "${PIPESTATUS[0]}"')
        assert ended.err == ""
        assert ended.out.endswith("0\n")
        ended = ann.bash('llm-gateway usage status --json | head -1; echo "${PIPESTATUS[0]}"')
        assert (ended.out, ended.err) == ("[\n0\n", "")

    def test_no_colour_and_no_table_in_a_pipe(self, ann: Shell) -> None:
        for command in (("usage", "history"), ("models",), ("whoami",)):
            out = ann.run(*command, TERM="xterm-256color").out
            assert "\x1b" not in out
            assert "─" not in out


@contextmanager
def hostile_gateway() -> Iterator[str]:
    """One that answers what a terminal would obey, or never ends what it says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(json.dumps([{"id": HOSTILE, "label": "=1+1", "provider": "x", "available": True}]))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            chunk = {"model": HOSTILE, "choices": [{"delta": {"content": f"begins {HOSTILE} "}}]}
            self._begin("text/event-stream")
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()
            stopped.wait(30)

        def _answer(self, text: str) -> None:
            self._begin("application/json")
            self.wfile.write(text.encode())

        def _begin(self, media_type: str) -> None:
            self.send_response(200)
            self.send_header("content-type", media_type)
            self.send_header("connection", "close")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    stopped = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()


class TestWhatATerminalWouldObey:
    def test_is_taken_out_of_answers_names_and_files_alike(self, shell: Shell) -> None:
        with hostile_gateway() as url:
            env = {"LLM_BASE_URL": url, "LLM_API_KEY": "ati_x"}
            listed = shell.run("models", **env).out
            assert listed.startswith("]0;owned [2J 31mred dlrow\t")
            told = shell.run("models", "--json", **env)
            assert told.json[0]["id"] == HOSTILE
            assert not set(told.out) & set("\x1b\x07\x9b\u202e\r")
            table = shell.run("models", "--csv", **env).out
            assert table.splitlines()[1] == f"{HARMLESS},'=1+1,x,true"

    def test_a_stream_is_broken_off_with_ctrl_c_without_a_word(self, shell: Shell) -> None:
        with (
            hostile_gateway() as url,
            shell.terminal("chat", "hello", LLM_BASE_URL=url, LLM_API_KEY="ati_x") as terminal,
        ):
            terminal.wait_for(f"begins {HARMLESS}")
            terminal.press_ctrl_c()
            assert terminal.finish() == 130
            assert "Traceback" not in terminal.written
            assert "\x1b]0" not in terminal.written
