"""Describes a rule key: its values, unit, tasks and scopes, and how the values of several scopes merge."""

from dataclasses import dataclass
from enum import StrEnum

from metering.tags import KEYS, read_keys
from metering.types import MAX_AMOUNT, TOLD_LATE, Scope, Task

CALLERS = frozenset(Scope).difference(TOLD_LATE)
"""Scopes that a caller, its tags and its conversation are in."""


class Merge(StrEnum):
    """What rules of narrow scopes may do to the value that global, plan and tenant rules give."""

    LOWER = "lower"
    """Only a smaller number counts."""
    RAISE = "raise"
    """Only a larger number counts."""
    STRICTER = "stricter"
    """Only a later one of the key's choices counts: they are listed from loose to strict."""
    UNION = "union"
    """What every rule names counts, of whichever scope it is."""
    REPLACE = "replace"
    """A preference rather than a limit: the most specific value counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKey:
    """One key that a policy rule may set: a whole number within bounds, one of a few choices, or keys of tags."""

    name: str
    meaning: str
    read_by: str = ""
    """The code that obeys it, as `module:function`. Empty means that none does yet, so no rule may set it."""
    unit: str = ""
    low: int = 0
    high: int = MAX_AMOUNT
    choices: tuple[str, ...] = ()
    is_keys: bool = False
    """Whether its value is keys of tags."""
    tasks: frozenset[Task] = frozenset(Task)
    scopes: frozenset[Scope] = CALLERS
    """The scopes for which it is read. A rule for any other would count for nothing, so it is refused."""
    merge: Merge = Merge.LOWER
    default: int | str | None = None
    """The value in force without any rule, if it is not unlimited. Rules of narrow scopes only tighten it."""
    is_limit: bool = True
    """Whether the modes of tenant and gateway apply. Any other key counts if its rule's own mode is enforce."""

    @property
    def is_read(self) -> bool:
        """Whether a rule that sets it counts for anything."""
        return bool(self.read_by)

    @property
    def only_tightens(self) -> bool:
        """Whether a team's, user's or token's rule can only take away: what holds without any rule is known, or is no
        limit at all, and no preference is replaced.
        """
        if self.merge is Merge.REPLACE:
            return False
        return self.is_limit or self.default is not None or bool(self.choices)

    def strictness(self, value: int | str) -> int:
        """Return how strict a value is: the larger the number, the less is allowed."""
        if self.merge is Merge.UNION:
            return len(read_keys(value))
        if self.merge is Merge.LOWER:
            return -int(value)
        return int(value) if self.merge is Merge.RAISE else self.choices.index(str(value))

    def stored(self, value: object) -> object:
        """A valid value as it is stored: keys of tags as one text, however they were written."""
        return ",".join(read_keys(value)) if self.is_keys else value

    @property
    def valid_values(self) -> str:
        """The valid values, for messages."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.is_keys:
            return KEYS
        return f"a whole number of {self.unit} from {self.low} to {self.high}"
