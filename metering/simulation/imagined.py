"""A call that nobody makes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedCall:
    """A call to be judged: the most that it may use."""

    task: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int | None = None
    """What it asks for; None: as much as the model can."""
    agent_id: str | None = None
