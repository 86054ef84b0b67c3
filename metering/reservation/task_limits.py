"""What one request of a task may do, by the rules in force."""

from collections.abc import Mapping

from msgspec import Struct

from metering.ledger.check import MAX_ATTEMPTS


class TaskLimits(Struct, frozen=True, kw_only=True):
    """How much of each kind one request may do, whatever its budgets have room for."""

    steps: int = MAX_ATTEMPTS
    """LLM calls, second attempts included."""
    api_calls: int = 0
    files: int = 0

    @classmethod
    def of(cls, numbers: Mapping[str, int]) -> "TaskLimits":
        """The limits that the numeric rules in force set."""
        steps = [numbers[key] for key in ("agent_max_steps", "max_steps") if key in numbers]
        return cls(
            steps=min(steps, default=MAX_ATTEMPTS),
            api_calls=numbers.get("max_api_calls", 0),
            files=numbers.get("diagram_files_per_req", 0),
        )


NO_LIMITS = TaskLimits()
