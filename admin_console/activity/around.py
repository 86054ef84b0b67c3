"""Beside the story: the call's facts and ids, and where to look next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.urls import reverse
from django.utils.http import urlencode

from admin_console.activity.words import took, who
from admin_console.who import Viewer
from admin_console.wording import usd_exact, when
from admin_console.words import task_word
from metering.activity.line import LogLine
from metering.activity.names import Names
from metering.activity.status import Status
from metering.activity.story import Refusal, Story

HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    name: str
    text: str
    url: str = ""


def facts_of(told: Story | Refusal, names: Names, viewer: Viewer) -> list[Fact]:
    """Name and value; what is not known has no line."""
    line, token = told.line, names.token(told.line)
    tenant = names.tenants.get(line.tenant_id)
    facts = []
    if tenant is not None and viewer.tenant is None:
        facts.append(Fact(name="Tenant", text=tenant.name, url=_log(tenant=tenant.slug)))
    facts += [
        Fact(name="Who", text=names.user(line) or ""),
        Fact(name="Team", text=names.team(line) or ""),
        Fact(name="Token", text=f"{token.name} ({token.prefix})" if token else ""),
        Fact(name="Plan of the token", text=token.plan if token else ""),
        Fact(name="Task", text=task_word(line.task)),
        Fact(name="Agent", text=line.agent or ""),
        Fact(
            name="Conversation",
            text=line.conversation or "",
            url=_log(conversation=line.conversation) if line.conversation else "",
        ),
        *(Fact(name="Tag", text=tag, url=_log(tag=tag)) for tag in line.tags),
    ]
    if isinstance(told, Story):
        facts += _amounts(told)
    return [fact for fact in facts if fact.text]


def ids_of(told: Story | Refusal) -> list[Fact]:
    """What support asks for, and what the answer's headers said."""
    line = told.line
    if isinstance(told, Refusal):
        return [Fact(name="x-request-id", text=line.request_id)] if line.request_id else []
    trace = (
        told.hold.labels.trace_id
        if told.hold
        else (told.attempts[0].labels.trace_id if told.attempts else None)
    )
    key = told.hold.idempotency_key if told.hold else None
    found = [
        Fact(name="x-request-id", text=line.request_id),
        Fact(name="x-gateway-reservation-id", text=str(line.id)),
        Fact(name="x-gateway-model", text=line.model if told.attempts else ""),
        Fact(name="x-gateway-provider", text=line.provider if told.attempts else ""),
        Fact(name="x-gateway-attempts", text=str(line.attempts or "")),
        Fact(name="Trace", text=trace or ""),
        Fact(name="Idempotency-Key", text=key or ""),
    ]
    return [fact for fact in found if fact.text]


def around(line: LogLine, names: Names, zone: tzinfo) -> list[tuple[Fact, str]]:
    """Links to what happened at the same time, each with a line about it."""
    begin = line.at.astimezone(UTC)
    found = []
    person, token = names.user(line), names.token(line)
    same = {"user": person} if person else {"token": token.prefix} if token else {}
    if same:
        hour = _part(begin - HALF_AN_HOUR, begin + HALF_AN_HOUR)
        found.append(
            (
                Fact(name="", text=f"{who(line, names)}, in the same hour", url=_log(**same, **hour)),
                f"half an hour before and after {when(line.at, zone)}",
            )
        )
    if line.provider:
        first = begin.replace(minute=begin.minute // 30 * 30, second=0, microsecond=0)
        part = _part(first, first + HALF_AN_HOUR)
        url = _log(provider=line.provider, status=Status.FAILED.value, **part)
        found.append(
            (Fact(name="", text=f"What failed at {line.provider}", url=url), "in the same half an hour")
        )
    if line.conversation:
        url = _log(conversation=line.conversation)
        found.append((Fact(name="", text="The whole conversation", url=url), "of the last 30 days"))
    return found


def _amounts(story: Story) -> list[Fact]:
    line, hold = story.line, story.hold
    facts = [Fact(name="Took", text=took(line.took_ms))]
    if hold is not None:
        facts.append(Fact(name="Held", text=usd_exact(hold.bound.cost_nano_usd)))
    if story.ended is not None:
        facts.append(Fact(name="Charged", text=usd_exact(line.cost_nano_usd)))
    if hold is not None and story.ended is not None:
        facts.append(
            Fact(name="Given back", text=usd_exact(max(0, hold.bound.cost_nano_usd - line.cost_nano_usd)))
        )
    return facts


def _log(**filters: str) -> str:
    return f"{reverse('admin:activity')}?{urlencode({'range': '30d', **filters})}"


def _part(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}
