"""The tables of corrections and credits."""

from datetime import datetime

from metering.statements.figures import Entries, Entry
from metering.statements.table import Table, digits_for, exact
from metering.time_zones import zone_named
from metering.types import EntryKind

KINDS = {
    EntryKind.SETTLE: "ended after its month's statement",
    EntryKind.RELEASE: "ended after its month's statement",
    EntryKind.EXPIRE: "ended after its month's statement, charged as held",
    EntryKind.TRUE_UP: "its true use became known",
    EntryKind.ADJUST: "correction",
}


class Moments:
    """Moments as the tenant's clocks show them."""

    def __init__(self, timezone: str) -> None:
        self._zone = zone_named(timezone)

    def __call__(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{local.day} {local:%b %Y, %H:%M}"


def entries_table(title: str, note: str, entries: Entries, moment: Moments) -> Table:
    digits = digits_for([*(each.nano_usd for each in entries.shown), entries.nano_usd])
    rest = entries.nano_usd - sum(each.nano_usd for each in entries.shown)
    others = entries.count - len(entries.shown)

    def row(each: Entry) -> tuple[str, ...]:
        what = ("credit" if each.nano_usd < 0 else "charge") if each.kind is EntryKind.ADJUST else ""
        why = f"{KINDS[each.kind]}{f': {each.reason}' if each.reason else ''}"
        return (
            moment(each.recorded_at),
            f"{each.month:%B %Y}",
            f"{what + ', ' if what else ''}{why}",
            str(each.reservation_id),
            exact(each.nano_usd, digits),
        )

    rows = [row(each) for each in entries.shown]
    if others:
        rows.append((f"{others:,} smaller ones", "", "", "", exact(rest, digits)))
    return Table(
        title=title,
        note=note if rows else "",
        columns=("Recorded", "Of a call in", "Why", "Call", "US$"),
        numbers=4,
        rows=tuple(rows),
        total=("Total", "", "", "", exact(entries.nano_usd, digits)) if rows else (),
        nothing="None.",
        wide=(1, 3),
    )
