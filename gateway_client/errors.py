"""Everything that the client raises, as one tree. Public.

GatewayError
├── AuthenticationError       401; or nobody has signed in
├── NotPermittedError         403
│   └── ModelNotAllowedError  403 model_not_allowed
├── InvalidRequestError       400, 404, 409, 413, 415, 422
├── BudgetExceededError       429 budget_exceeded
│   └── BudgetReservedError   429 budget_reserved
├── RateLimitedError          429 rate_limited, vendor_rate_limited
├── ConcurrencyExceededError  429 concurrency_exceeded
├── GatewayUnavailableError   5xx; or no connection, or one that broke
└── ConfigurationError        something set on this machine is wrong; nothing was asked
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway_client.display import BOLD_RED, CYAN, RED, YELLOW, amount, local_time, styled


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUsage:
    """How full the limit is that refused a call. Amounts of money are US dollars."""

    current: Decimal
    limit: Decimal
    period: str
    """`hourly`, `daily`, `weekly`, `monthly`, `total` or `minute`."""
    unit: str = "usd"
    held: Decimal = Decimal(0)
    """By calls that are under way."""
    requested: Decimal = Decimal(0)
    budget: str = ""
    scope: str = ""
    is_told: bool = True
    """Whether the gateway says how full it is. It does not of a limit that tenants share: the amounts are 0."""


class GatewayError(Exception):
    """Base of all. `status_code` is None where no answer came."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        param: str | None = None,
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.request_id = request_id
        self.param = param
        """The field at fault."""
        self.retry_after_s = retry_after_s
        """How long the gateway says to wait (`Retry-After`)."""
        self.should_retry = should_retry
        """What the gateway says of another try (`x-should-retry`); None: nothing."""
        self.headers = dict(headers or {})
        """Of the answer, in lower case."""

    def __reduce__(self) -> Any:
        """So that it survives the way from a worker process."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[GatewayError], arguments: tuple[Any, ...], facts: dict[str, Any]) -> GatewayError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(facts)
    return error


class AuthenticationError(GatewayError):
    """Nobody is signed in, or the credential is not good any more."""


class NotPermittedError(GatewayError):
    """The caller is known and may not do this."""


class ModelNotAllowedError(NotPermittedError):
    """The plan or the token does not allow this model."""


class InvalidRequestError(GatewayError):
    """The request is at fault; `param` names the field where it is one."""


class LimitError(GatewayError):
    """A limit refused the call; `usage` says how full it is, where the gateway told it."""

    def __init__(self, message: str, usage: LimitUsage | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.usage = usage


class BudgetExceededError(LimitError):
    """A budget is used up until `reset_at`."""

    def __init__(
        self,
        message: str,
        usage: LimitUsage | None = None,
        reset_at: datetime | None = None,
        *,
        ask_url: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, usage, **facts)
        self.reset_at = reset_at
        self.ask_url = ask_url
        """The console's page where more can be asked for."""

    def display_message(self, *, colour: bool = False) -> str:
        """What to show to the person; `colour`: for a terminal."""
        usage = self.usage
        period = f"{usage.period} " if usage else ""
        lines = [
            styled("\n✗ Budget Exceeded\n", BOLD_RED, colour),
            f"You have reached your {period}budget limit.\n",
        ]
        if usage and usage.is_told:
            lines.append(f"Current usage: {styled(amount(usage.current, usage.unit), YELLOW, colour)}")
            lines.append(f"Limit: {styled(amount(usage.limit, usage.unit), RED, colour)}")
        resets = local_time(self.reset_at) if self.reset_at else "unknown"
        lines.append(f"Resets at: {styled(resets, CYAN, colour)}\n")
        lines.append("Contact your team administrator to increase your budget.")
        if self.ask_url:
            lines.append(f"Ask for more: {self.ask_url}")
        return "\n".join(lines)


class BudgetReservedError(BudgetExceededError):
    """What is left of a budget is held by calls that are under way; some of it may be free in a moment."""


class RateLimitedError(LimitError):
    """More requests or tokens in a minute than allowed, here or at the vendor."""


class ConcurrencyExceededError(LimitError):
    """More calls at once than allowed."""


class GatewayUnavailableError(GatewayError):
    """The gateway, or the vendor behind it, does not answer; `partial` is what a stream had said before it broke."""

    def __init__(self, message: str, *, partial: str = "", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.partial = partial


class ConfigurationError(GatewayError):
    """A setting, a file or an argument on this machine is wrong."""
