"""What a change would do, shown in a form before its button. Every form that changes a limit does the same:

1. The form has two buttons: `preview` (the same form is sent with it, and comes back with the box) and the one that
   says what it does.
2. The view makes the Change that the form describes (`metering/simulation/change.py`) and calls
   `preview_of(change, title="Suspend Cedar", ...)`; the template includes `parts/preview.html` with preview=preview.
3. Where the preview asks twice, the box has a checkbox `sure`; before the view calls the verb it asks
   `is_sure(request, change)`, and says `NOT_SURE` if it is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.http import HttpRequest

from admin_console.parts import Blast
from admin_console.wording import count, short_day, usd, when
from metering.simulation.affected import NAMED as TENANTS_NAMED
from metering.simulation.blast_radius import DAYS, BlastRadius, blast_radius, stops_everything
from metering.simulation.change import Change
from metering.simulation.replay import Tally

NOT_SURE = "This would stop every call of the gateway. Tick the box if that is what you want."


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The box, and whether it asks a second time."""

    blast: Blast
    asks_twice: bool
    radius: BlastRadius


def preview_of(change: Change, *, title: str, now: datetime, zone: tzinfo) -> Preview:
    """What the change would do, in words. Nothing is changed. Raises what its verb raises, as a form error."""
    radius = blast_radius(change, now=now)
    blast = Blast(title=title, lines=tuple(lines_of_radius(radius)), note=_note(radius, zone))
    return Preview(blast=blast, asks_twice=radius.asks_twice, radius=radius)


def wants_preview(request: HttpRequest) -> bool:
    """Whether the form was sent only to see what it would do."""
    return "preview" in request.POST


def is_sure(request: HttpRequest, change: Change) -> bool:
    """Whether the change may be made: one that stops the whole gateway has to be asked for twice."""
    return request.POST.get("sure") == "1" or not stops_everything(change)


def lines_of_radius(radius: BlastRadius) -> Iterator[tuple[str, str]]:
    affected = radius.affected
    names = ", ".join(affected.tenant_names) + (", …" if affected.tenants > TENANTS_NAMED else "")
    yield "Tenants", f"{count(affected.tenants)}: {names}" if names else "none"
    yield "People and tokens", f"{count(affected.people)} and {count(affected.tokens)}"
    if radius.above.found or not radius.above.is_complete:
        yield "Above it already", _above(radius)
    days = f"Last {DAYS} days: "
    yield f"{days}refused more", _calls("denied", radius)
    if radius.let_pass.calls:
        yield f"{days}refused no more", _calls("let_pass", radius)
    if radius.denied_then:
        yield f"{days}really refused by it", f"{count(radius.denied_then)} calls"
    if radius.shortened.calls:
        yield f"{days}answers cut shorter", f"{_calls('shortened', radius)} less"


def _above(radius: BlastRadius) -> str:
    names = ", ".join(above.name for above in radius.above_names)
    more = ", …" if len(radius.above.found) > len(radius.above_names) else ""
    if not radius.above.is_complete:
        return f"at least {count(len(radius.above.found))}" + (f": {names}, …" if names else "")
    return f"{count(len(radius.above.found))}: {names}{more}"


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else "less than 0.1 s"


def _calls(name: str, radius: BlastRadius) -> str:
    """`denied`, `let_pass` or `shortened` calls with their cost; of a sample what it makes of all calls."""
    found: Tally = getattr(radius, name)
    if radius.sampled and not radius.calls.calls:
        return "not known: there was no time to look"
    if not found.calls:
        return "none found in the sample" if radius.sampled else "none"
    about = radius.estimate is not None
    shown: Tally = getattr(radius.estimate, name) if about else found
    noun = "call" if shown.calls == 1 else "calls"
    return f"{'about ' if about else ''}{count(shown.calls)} {noun}, {usd(shown.cost_nano_usd)}"


def _is_spread(radius: BlastRadius) -> bool:
    """Whether the sample is of all the days, and not of a part of them."""
    return (radius.since, radius.until) == (radius.asked_since, radius.asked_until)


def _note(radius: BlastRadius, zone: tzinfo) -> str:
    """From how many calls of which days, and how fast."""
    calls, took = count(radius.calls.calls), _took(radius.took_s)
    until = radius.until - timedelta(microseconds=1)
    if radius.sampled:
        of = f"{calls} of {count(radius.of_calls)} calls" if radius.of_calls else f"{calls} of more calls"
        which = (
            "spread over all days"
            if _is_spread(radius)
            else f"{when(radius.since, zone)} to {when(until, zone)}"
        )
        said = f"From a sample of the last {DAYS} days: {of}, {which}, in {took}."
    else:
        first, last = (
            short_day(radius.since.astimezone(zone).date()),
            short_day(until.astimezone(zone).date()),
        )
        said = f"From all {calls} calls of {first} to {last}, in {took}."
    if radius.windows_unknown:
        said += " What was used before of months and other long windows is not counted."
    return said
