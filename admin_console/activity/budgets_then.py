"""What the meters of a call showed before and after it."""

from collections.abc import Sequence
from uuid import UUID

from admin_console.activity.words import counted
from admin_console.parts import Cell, Column, Row, Table, budget_bar
from admin_console.wording import count, share, usd_exact
from admin_console.words import scope_word
from metering.activity.meters_then import MeterThen
from metering.activity.names import Names
from metering.models import ATIToken, Team, User
from metering.types import Dimension

COLUMNS = (
    Column(key="budget", title="Budget"),
    Column(key="before", title="Before", is_number=True, hides="mid"),
    Column(key="after", title="After", is_number=True),
    Column(key="used", title="Used after it", hides="mid"),
)


def budgets_table(meters: Sequence[MeterThen], names: Names) -> Table:
    subjects = subject_names(meters, names)
    shown = [then for then in meters if then.charged or then.held]
    return Table(
        columns=COLUMNS,
        rows=[_row(then, subjects) for then in shown],
        caption="Budgets before and after",
    )


def subject_names(meters: Sequence[MeterThen], names: Names) -> dict[str, str]:
    """What people call those whose use the meters count. One query for each kind that is not known yet."""
    found = {str(pk): name for known in (names.users, names.teams) for pk, name in known.items()}
    found |= {str(pk): token.name or token.prefix for pk, token in names.tokens.items()}
    found |= {str(pk): tenant.name for pk, tenant in names.tenants.items()}
    ids = {then.meter.subject_id for then in meters} - {*found, ""}
    uuids = [UUID(text) for text in ids if _is_uuid(text)]
    if uuids:
        for rows in (
            User.objects.filter(pk__in=uuids).values_list("pk", "email"),
            Team.objects.filter(pk__in=uuids).values_list("pk", "slug"),
            ATIToken.objects.filter(pk__in=uuids).values_list("pk", "prefix"),
        ):
            found |= {str(pk): name for pk, name in rows}
    return found


def _row(then: MeterThen, subjects: dict[str, str]) -> Row:
    meter = then.meter
    exact = usd_exact if meter.dimension == Dimension.COST else count
    name = subject_of(meter.subject_type, meter.subject_id, subjects)
    what = counted(meter.dimension, meter.window)
    before = "not known" if then.before is None else exact(then.before)
    after = f"+{exact(then.charged)}" if then.after is None else exact(then.after)
    used = Cell(text="no limit is known" if then.limit is None else "")
    if then.limit is not None and then.after is not None:
        bar = budget_bar(title=f"{name}, {what}", used=then.after, held=0, limit=then.limit, amount=exact)
        used = Cell(bar=bar, small=f"{share(then.after, then.limit)} of {exact(then.limit)}")
    return Row(cells=(Cell(text=name, small=what), Cell(text=before), Cell(text=after), used))


def subject_of(kind: str, subject_id: str, subjects: dict[str, str]) -> str:
    if kind in ("global", "provider"):
        return "The whole gateway" if kind == "global" else f"Vendor {subject_id}"
    word = scope_word(kind)
    if not subject_id:
        return f"Calls without a {word}"
    name = subjects.get(subject_id, "" if _is_uuid(subject_id) else subject_id)
    if kind == "user":
        return name or "A person who is gone"
    return f"{word.capitalize()} {name}" if name else f"A {word} that is gone"


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
