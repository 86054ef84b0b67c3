"""What a task has used, as its caller is told."""

from metering.amounts import Amounts
from metering.money import usd_text


def task_usage(used: Amounts, llm_calls: int) -> dict[str, object]:
    """`usage` in the answers of tasks and jobs: whole numbers, and the cost in US dollars as a text."""
    return {
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "cost_usd": usd_text(used.cost_nano_usd),
        "llm_calls": llm_calls,
        "api_calls": used.api_calls,
        "files": used.files,
        "steps": used.steps,
    }
