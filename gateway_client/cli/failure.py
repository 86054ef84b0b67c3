"""Tells a person what went wrong, on standard error, and which exit code says it to programs."""

from gateway_client.cli.answer import err
from gateway_client.cli.clean import clean, clean_lines
from gateway_client.cli.main import ERROR, NOT_SIGNED_IN, OVER_BUDGET
from gateway_client.errors import AuthenticationError, BudgetExceededError, GatewayError


def told(error: GatewayError) -> int:
    """Returns the exit code."""
    console = err()
    if isinstance(error, BudgetExceededError):
        first, *rest = clean_lines(error.display_message()).strip("\n").split("\n")
        console.print(first, style="bold red")
        console.print("\n".join(rest))
    else:
        console.print(f"Error: {clean(error.message)}", style="red")
    facts = [f"code: {clean(error.code)}"] if error.code else []
    if error.request_id:
        facts.append(f"request id: {clean(error.request_id)}")
    if facts:
        console.print(", ".join(facts), style="dim")
    return exit_code_of(error)


def exit_code_of(error: GatewayError) -> int:
    if isinstance(error, BudgetExceededError):
        return OVER_BUDGET
    return NOT_SIGNED_IN if isinstance(error, AuthenticationError) else ERROR
