"""What is left of the budget, and the warnings when it runs low.

Public: BudgetMonitor, AsyncBudgetMonitor, BudgetStatus.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, TextIO

from gateway_client.calls import first_answer
from gateway_client.display import BOLD_RED, BOLD_YELLOW, CYAN, GREEN, YELLOW, amount, local_time, styled
from gateway_client.header_texts import team_headers
from gateway_client.retries import RetryPolicy
from gateway_client.steps import Flow, Send
from gateway_client.strange_answers import understood

PATH = "/llm/budget"
WARNING_PERCENT, CRITICAL_PERCENT = Decimal(80), Decimal(95)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """The tightest cost budget of the caller and the team. Money is US dollars."""

    current: Decimal
    limit: Decimal
    remaining: Decimal
    percent_used: Decimal
    period: str
    """`hourly`, `daily`, `weekly`, `monthly` or `total`."""
    reset_at: datetime | None

    @property
    def level(self) -> str:
        """`critical` from 95 percent on, `warning` from 80, else `ok`."""
        if self.percent_used >= CRITICAL_PERCENT:
            return "critical"
        return "warning" if self.percent_used >= WARNING_PERCENT else "ok"


def budget_flow(team: str | None, policy: RetryPolicy) -> Flow[BudgetStatus | None]:
    """None: no budget applies."""
    step = Send(method="GET", path=PATH, headers=team_headers(team))
    opened = yield from first_answer(lambda _: step, models=[""], policy=policy)
    with understood():
        return read_status(opened.reply.body)


def read_status(said: Mapping[str, Any]) -> BudgetStatus | None:
    """What the gateway told."""
    if said["limit"] is None:
        return None
    reset_ms = said["resetAt"]
    return BudgetStatus(
        current=Decimal(said["currentUsage"]),
        limit=Decimal(said["limit"]),
        remaining=Decimal(said["remaining"]),
        percent_used=Decimal(said["percentUsed"]),
        period=said["period"],
        reset_at=None if reset_ms is None else EPOCH + timedelta(milliseconds=int(reset_ms)),
    )


def warning(status: BudgetStatus | None, *, colour: bool = False) -> str | None:
    """What to tell a person whose budget runs low; None: nothing."""
    if status is None or status.level == "ok":
        return None
    if status.level == "critical":
        title = styled("\n⚠️  CRITICAL: Budget almost exhausted!\n", BOLD_RED, colour)
    else:
        title = styled("\n⚠️  WARNING: Budget running low\n", BOLD_YELLOW, colour)
    used, limit = amount(status.current, "usd"), amount(status.limit, "usd")
    resets = local_time(status.reset_at) if status.reset_at else "never"
    return "\n".join(
        [
            title,
            f"Used: {styled(used, YELLOW, colour)} / {styled(limit, CYAN, colour)}",
            f"Remaining: {styled(amount(status.remaining, 'usd'), GREEN, colour)}",
            f"Resets: {styled(resets, CYAN, colour)}\n",
        ]
    )


def show(text: str | None, out: TextIO) -> None:
    """Prints a warning, if there is one."""
    if text is not None:
        print(text, file=out)


class _Asked(Protocol):
    def budget(self, team: str | None = None) -> BudgetStatus | None: ...


class _AskedAsync(Protocol):
    async def budget(self, team: str | None = None) -> BudgetStatus | None: ...


class BudgetMonitor:
    """Tells a person when the budget runs low."""

    def __init__(self, client: _Asked, *, out: TextIO | None = None) -> None:
        """`out`: where warnings go; by default standard error."""
        self._client, self._out = client, out or sys.stderr

    def get_status(self, team_id: str | None = None) -> BudgetStatus | None:
        """Raises AuthenticationError ('Not authenticated') where nobody is signed in, and GatewayError."""
        return self._client.budget(team_id)

    def check_and_warn(self, team_id: str | None = None) -> BudgetStatus | None:
        """Warns from 80 percent on, and more urgently from 95."""
        status = self.get_status(team_id)
        show(warning(status, colour=self._out.isatty()), self._out)
        return status


class AsyncBudgetMonitor:
    """The same on an event loop."""

    def __init__(self, client: _AskedAsync, *, out: TextIO | None = None) -> None:
        self._client, self._out = client, out or sys.stderr

    async def get_status(self, team_id: str | None = None) -> BudgetStatus | None:
        """As BudgetMonitor.get_status."""
        return await self._client.budget(team_id)

    async def check_and_warn(self, team_id: str | None = None) -> BudgetStatus | None:
        """As BudgetMonitor.check_and_warn."""
        status = await self.get_status(team_id)
        show(warning(status, colour=self._out.isatty()), self._out)
        return status
