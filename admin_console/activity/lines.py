"""Lines of the log as the page's table shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse
from django.utils.http import urlencode

from admin_console.activity.words import outcome, took, who
from admin_console.parts import Cell
from admin_console.wording import count, short_day, usd_exact, when
from admin_console.words import task_word
from metering.activity.line import LogLine
from metering.activity.names import Names
from metering.activity.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line, in the words of the page."""

    url: str
    time: str
    day: str
    """Empty: the day of the line above."""
    moment: str
    """With its day."""
    who: str
    who_url: str
    whose: str
    """Tenant and team."""
    task: str
    model: str
    asked_for: str
    tokens_in: str
    cached: str
    tokens_out: str
    took: str
    cost: str
    is_held: bool
    outcome: Cell


def log_rows(
    lines: Iterable[LogLine], names: Names, zone: tzinfo, now: datetime, *, with_tenant: bool
) -> list[LogRow]:
    """A day is said with its first line, of today's lines never."""
    found: list[LogRow] = []
    last = now.astimezone(zone).date()
    for line in lines:
        day_ = line.at.astimezone(zone).date()
        found.append(
            _row(line, names, zone, with_tenant=with_tenant, day="" if day_ == last else short_day(day_))
        )
        last = day_
    return found


def who_url(line: LogLine, names: Names) -> str:
    """The log of the same person or token; empty for who is gone."""
    person, token = names.user(line), names.token(line)
    if person is None and token is None:
        return ""
    name = {"user": person} if person else {"token": token.prefix if token else ""}
    return f"{reverse('admin:activity')}?{urlencode({'range': '7d', **name})}"


def _row(line: LogLine, names: Names, zone: tzinfo, *, with_tenant: bool, day: str) -> LogRow:
    moment = when(line.at, zone)
    is_held = line.status is Status.IN_FLIGHT
    is_refused = line.status is Status.REFUSED
    tenant = names.tenants.get(line.tenant_id)
    team = names.team(line) or "no team"
    return LogRow(
        url=reverse("admin:activity_call", args=[line.id]),
        time=moment.rpartition(", ")[2],
        day=day,
        moment=moment,
        who=who(line, names),
        who_url=who_url(line, names),
        whose=f"{tenant.name} · {team}" if with_tenant and tenant else team,
        task=task_word(line.task),
        model=line.model,
        asked_for=line.asked_for if line.asked_for != line.model else "",
        tokens_in="" if is_held or is_refused else count(line.input_tokens),
        cached=count(line.cached_input_tokens) if line.cached_input_tokens else "",
        tokens_out="" if is_held or is_refused else count(line.output_tokens),
        took=took(line.took_ms),
        cost="" if is_refused else usd_exact(line.held_nano_usd if is_held else line.cost_nano_usd),
        is_held=is_held,
        outcome=outcome(line),
    )
