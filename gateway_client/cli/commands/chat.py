"""`chat`. It goes without the official SDK, which takes longer to load than most answers take to begin."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway_client.cli.answer import Form, JsonOption, err, form_of, write, write_json
from gateway_client.cli.clean import clean, clean_lines
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.typed import FileOption, piped, text_given
from gateway_client.cli.words import money
from gateway_client.errors import GatewayError, GatewayUnavailableError
from gateway_client.failures import error_from

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

WHAT = "a message"
PATH = "/v1/chat/completions"
DONE = "[DONE]"
Facts = dict[str, Any]


def chat(
    context: typer.Context,
    message: Annotated[str | None, typer.Argument(help="What to say; `-` or none: standard input.")] = None,
    file: FileOption = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="By default the plan's.")] = None,
    system: Annotated[
        str | None, typer.Option("--system", "-s", help="What the model is told first.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Of the answer, at most.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a model, and read its answer as it comes. What is piped in stands before the message."""
    form = form_of(as_json=as_json)
    settings = settings_of(context)
    body: Facts = {
        "model": model or settings.model,
        "messages": _messages(system, _asked(message, file)),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if temperature is not None:
        body["temperature"] = temperature
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    facts: Facts = {"content": "", "model": None, "finish_reason": None, "usage": None}
    with opened(settings) as api:
        try:
            for text in _said(api, body, facts):
                if form is not Form.JSON:
                    write(clean_lines(text))
        finally:
            if form is not Form.JSON and facts["content"] and not facts["content"].endswith("\n"):
                write("\n")
    if form is Form.JSON:
        write_json(facts)
    elif err().is_terminal:
        err().print(_costs(facts), style="dim")


def _asked(message: str | None, file: Any) -> str:
    """A message, and before it what is piped in besides."""
    if message in (None, "-") or file is not None or sys.stdin.isatty() or sys.stdin.closed:
        return text_given(message, file, what=WHAT)
    before = piped(WHAT).strip()
    return f"{before}\n\n{message}" if before else str(message)


def _messages(system: str | None, text: str) -> list[Facts]:
    first = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": text}]


def _said(api: "GatewayApi", body: Facts, facts: Facts) -> Iterator[str]:
    """The pieces of the answer; what is known of the whole is put into `facts`."""
    for event in api.events(PATH, body):
        if event.data == DONE:
            return
        chunk = _read(event.data)
        facts["model"] = chunk.get("model") or facts["model"]
        facts["usage"] = chunk.get("usage") or facts["usage"]
        for choice in chunk.get("choices") or ():
            facts["finish_reason"] = choice.get("finish_reason") or facts["finish_reason"]
            text = (choice.get("delta") or {}).get("content")
            if isinstance(text, str) and text:
                facts["content"] += text
                yield text
    raise GatewayUnavailableError("The answer broke off.", code="connection_lost")


def _read(data: str) -> Facts:
    """One event's chunk. Raises the error that it tells, if it is one."""
    try:
        chunk: Any = json.loads(data, parse_float=Decimal)
    except ValueError as error:
        raise GatewayError("The gateway sent an event that is no JSON.") from error
    if isinstance(chunk, dict) and isinstance(chunk.get("error"), dict):
        raise error_from(chunk["error"])
    return chunk if isinstance(chunk, dict) else {}


def _costs(facts: Facts) -> str:
    usage = facts["usage"] or {}
    parts = [clean(facts["model"] or "")]
    if usage:
        parts.append(f"{usage.get('prompt_tokens', 0):,} in, {usage.get('completion_tokens', 0):,} out")
    if usage.get("cost_usd") is not None:
        parts.append(money(usage["cost_usd"]))
    return " · ".join(filter(None, parts))
