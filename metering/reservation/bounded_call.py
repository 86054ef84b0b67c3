"""The most that a call can use, as admission measured it."""

from collections.abc import Callable, Sequence

from msgspec import Struct, json
from msgspec.structs import replace

from metering.amounts import Amounts, most
from metering.catalog.served import ServedModel
from metering.ports import Body
from metering.price import NO_MARKUP, PLAIN, Asked

_encode = json.Encoder().encode


class Measured(Struct, frozen=True, kw_only=True):
    """How large a call is, at most."""

    bound: Amounts
    answer_tokens: int
    """Output tokens of one answer, at most."""
    estimate_input: Callable[[int], int]
    """About how many tokens the input has, given a limit beyond which it does not matter."""


class BoundedCall(Struct, frozen=True, kw_only=True):
    """A request ready to send to one model, with the most that it can use there."""

    model: ServedModel
    bound: Amounts
    answer_tokens: int
    """Output tokens of one answer, at most."""
    body: Body
    asked: Body
    """As the caller sent it."""
    encoded: bytes = b""
    """The body as it is sent; empty: not made yet."""
    choices: int = 1
    """How many answers are asked for at once."""
    inputs: int = 1
    """How many inputs it holds, each of which has the model's whole context."""
    partly_priced: bool = False
    """It may cost more, or less, than its price knows."""
    partly_priced_anyway: bool = False
    """The same even where the answer says which model gave it."""
    priced: Asked = PLAIN
    """What it asks for that moves its price."""
    markup: int = NO_MARKUP
    """What the tenant pays, in millionths of the price."""

    @property
    def payload(self) -> bytes:
        """The body as it is sent."""
        return self.encoded or _encode(self.body)


class BoundedRequest(Measured, frozen=True, kw_only=True):
    """A request at every model that can serve it, the one to try first in front. The most of them is its bound."""

    calls: tuple[BoundedCall, ...]

    @property
    def asked(self) -> Body:
        """As the caller sent it."""
        return self.calls[0].asked

    def arranged(self, places: Sequence[int]) -> "BoundedRequest":
        """The same request with its calls in another order, or with some of them."""
        calls = tuple([self.calls[place] for place in places])
        return replace(self, calls=calls, answer_tokens=calls[0].answer_tokens, bound=most_of(calls))


def most_of(calls: Sequence[BoundedCall]) -> Amounts:
    """The most that any of the calls can use, dimension by dimension."""
    return most([call.bound for call in calls])
