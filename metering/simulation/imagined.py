"""A call that nobody makes."""

from dataclasses import dataclass

from metering.text import normal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedCall:
    """A call to be judged: the most that it may use."""

    task: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int | None = None
    """What it asks for; None: as much as the model can."""
    agent_id: str | None = None

    def __post_init__(self) -> None:
        """Names have one form, as those of calls that somebody makes."""
        object.__setattr__(self, "model", normal(self.model))
        if self.agent_id is not None:
            object.__setattr__(self, "agent_id", normal(self.agent_id))
