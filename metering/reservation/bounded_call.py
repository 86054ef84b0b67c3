"""The most that a call can use, as admission measured it."""

from collections.abc import Callable

from msgspec import Struct

from metering.amounts import Amounts
from metering.ports import Body
from metering.price import NO_MARKUP, PLAIN, Asked


class Measured(Struct, frozen=True, kw_only=True):
    """How large a call is, at most."""

    bound: Amounts
    answer_tokens: int
    """Output tokens of one answer, at most."""
    estimate_input: Callable[[int], int]
    """About how many tokens the input has, given a limit beyond which it does not matter."""


class BoundedCall(Measured, frozen=True, kw_only=True):
    """A request ready to send, with the most it can use."""

    body: Body
    payload: bytes
    asked: Body
    """As the caller sent it."""
    choices: int = 1
    """How many answers are asked for at once."""
    partly_priced: bool = False
    """It may cost more, or less, than its price knows."""
    priced: Asked = PLAIN
    """What it asks for that moves its price."""
    markup: int = NO_MARKUP
    """What the tenant pays, in millionths of the price."""
