"""What the demo prints: the call, its cost, what is left, and where to go on."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from launcher.commands import run_json
from launcher.demo_call import MODEL, QUESTION, Completion
from launcher.demo_data import DemoAccess

CALL = """
Question  {question}
Answer    {answer}
Model     {model}
Usage     {input_tokens} input tokens, {output_tokens} output tokens
Cost      ${cost_usd}
"""

CURL = """
Call it yourself:
  curl {base_url}/v1/chat/completions -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \\
    -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
"""

WELCOME = """
Gateway   {base_url}/v1
Console   {base_url}/admin/   user {user}, password in {file}
Health    {base_url}/health/ready
Logs      {logs}
Ctrl-C stops everything."""


def print_call(completion: Completion, access: DemoAccess) -> None:
    print(
        CALL.format(
            question=QUESTION,
            answer=completion.answer,
            model=completion.model,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cost_usd=completion.cost_usd,
        )
    )
    print("Left of the budgets")
    for budget in run_json("budget_status", "--tenant", access.tenant):
        if budget["window"] != "none":  # a limit of calls at once has nothing left or used up
            print(f"  {budget_line(budget)}")
    print(CURL.format(base_url=access.base_url, token=access.ati_token, model=MODEL), flush=True)


def budget_line(budget: dict[str, Any]) -> str:
    limit, used, held = (Decimal(str(budget[key])) for key in ("limit", "used", "held"))
    left = limit - used - held
    return f"{budget['scope']:8} {budget['dimension']} per {budget['window']}: {left} of {limit} {budget['unit']}"


def print_welcome(access: DemoAccess, state_dir: Path) -> None:
    welcome = WELCOME.format(
        base_url=access.base_url,
        user=access.admin_user,
        file=state_dir / "demo.json",
        logs=state_dir / "logs",
    )
    print(welcome, flush=True)
