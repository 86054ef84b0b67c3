"""One of the gateway's tasks: asked for with its progress, or begun as a job."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway_client.cli.answer import Form, say, write, write_json
from gateway_client.cli.clean import clean
from gateway_client.cli.progress import Steps
from gateway_client.cli.words import money
from gateway_client.errors import GatewayError, GatewayUnavailableError
from gateway_client.failures import error_from

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

Facts = dict[str, Any]
COUNTED = {"llm_calls": "calls of models", "api_calls": "of search services", "files": "files"}
JobOption = Annotated[bool, typer.Option("--job", help="Begin it as a job and do not wait for it.")]


def done(api: "GatewayApi", path: str, body: Facts, tell: Callable[[Steps, str, Facts], None]) -> Facts:
    """The task's result; `tell` is called with the name and the facts of each event before it.

    Raises the error that the task ended with, and GatewayUnavailableError if it broke off.
    """
    with Steps("begins") as steps:
        for name, facts in events_of(api.events(path, body)):
            if name == "result":
                return facts
            tell(steps, name, facts)
    raise GatewayUnavailableError("The work broke off before there was a result.", code="connection_lost")


def events_of(stream: Iterator[Any]) -> Iterator[tuple[str, Facts]]:
    """The name and the facts of each event. Raises the error that one tells."""
    for event in stream:
        try:
            facts = json.loads(event.data, parse_float=Decimal)
        except ValueError as error:
            raise GatewayError("The gateway sent an event that is no JSON.") from error
        if event.event == "error":
            raise error_from(facts.get("error", facts))
        yield event.event, facts


def begun(api: "GatewayApi", task: str, body: Facts, form: Form) -> None:
    """Begins a job and says how to come back to it."""
    job: Facts = api.post("/api/jobs", {"task": task, "input": body})
    if form is Form.JSON:
        write_json(job)
        return
    write(f"{clean(job['id'])}\n")
    say(f"It goes on without you. `llm-gateway jobs wait {job['id']}` waits for it.", "dim")


def tell_end(result: Facts) -> None:
    """What a person should know besides the result: warnings, and what it cost."""
    for warning in result.get("warnings") or ():
        say(f"! {clean(warning)}", "yellow")
    usage = result.get("usage") or {}
    if "cost_usd" in usage:
        counted = [f"{word}: {usage[name]:,}" for name, word in COUNTED.items() if usage.get(name)]
        say(" · ".join([money(usage["cost_usd"]), *counted]), "dim")
