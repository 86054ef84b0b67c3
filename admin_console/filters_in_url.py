"""What a page is asked to show: range, filters and grouping, read from its address and written back to links.

    chosen = filters_in_url(request.GET, viewer, now=now())
    chosen.usage            # the UsageFilter for metering, within the viewer's reach
    chosen.problems         # sentences about what the address says and nobody can show
    chosen.link(model="gpt-5", group="user")   # `?range=30d&group=user&model=gpt-5`: with this changed, the rest kept
    chosen.link(team=None)                     # without the team

Names that people know (a slug, an e-mail address, a token's prefix) become ids here. What is another tenant's is as
unknown as what never was: the page then says so and shows no rows, never everybody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from admin_console.names_in_url import Unknown, column_value
from admin_console.who import Viewer
from metering.models import Tenant
from metering.reports.buckets import Bucket, Days, now_in, usual_bucket
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS
from metering.time_zones import is_time_zone, zone_named
from metering.usage.filters import UsageFilter

RANGES = {"today": "Today", "7d": "7 days", "30d": "30 days", "month": "Month", "custom": "From … to …"}
MAX_DAYS = 400
FIRST_DAY = date(2000, 1, 1)
"""Nothing was used before."""
USUAL = {"range": "30d", "metric": "cost", "group": "model", "subgroup": ""}
NO_ROWS = ("tenant_id", UUID(int=0))
"""A condition that no row meets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is set."""

    name: str
    title: str
    value: str
    """As people know it, and as it stands in the address."""
    without: str
    """The link that takes it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the address asks for, as far as the viewer may see it."""

    range: str
    days: Days
    tenant: Tenant | None
    metric: str
    group: str
    subgroup: str
    """Empty: none."""
    bucket: Bucket
    usage: UsageFilter
    problems: tuple[str, ...]
    filters: Mapping[str, str]
    """Each filter that is set, by its name, as it stands in the address; the tenant among them."""
    _bucket_in_url: str = field(default="", repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return self.days.zone

    @property
    def chips(self) -> tuple[Chip, ...]:
        return tuple(
            Chip(name=name, title=GROUPINGS[name].title, value=value, without=self.link(**{name: None}))
            for name, value in self.filters.items()
        )

    def query(self, **changes: str | None) -> dict[str, str]:
        """The state as parameters, without what is usual; a change to None takes a parameter away."""
        state: dict[str, str | None] = {"range": self.range, "since": None, "until": None}
        if self.range == "custom":
            state |= {"since": self.days.first.isoformat(), "until": self.days.last.isoformat()}
        state |= {"metric": self.metric, "group": self.group, "subgroup": self.subgroup}
        state |= {"bucket": self._bucket_in_url, **self.filters, **changes}
        if state["range"] != "custom":
            state |= {"since": None, "until": None}
        if not {"range", "since", "until"}.isdisjoint(changes) and "bucket" not in changes:
            state["bucket"] = None
        return {name: value for name, value in state.items() if value and USUAL.get(name) != value}

    def link(self, **changes: str | None) -> str:
        """The state as the end of an address, to this page or, after its path, to another."""
        return f"?{urlencode(self.query(**changes))}"


def filters_in_url(query: Mapping[str, str], viewer: Viewer, *, now: datetime) -> Chosen:
    """Never fails: what cannot be shown is told of in `problems`."""
    problems: list[str] = []
    tenant, is_known = _tenant(query, viewer, problems)
    owner = tenant or viewer.tenant
    zone = zone_named(owner.timezone if owner is not None and is_time_zone(owner.timezone) else "UTC")
    range_, days = _days(query, zone, now, problems)
    only: list[tuple[str, object]] = [] if is_known else [NO_ROWS]
    filters = {"tenant": query["tenant"]} if query.get("tenant") and viewer.tenant is None else {}
    for name, grouping in GROUPINGS.items():
        if name == "tenant" or not query.get(name):
            continue
        filters[name] = query[name]
        try:
            only.append((grouping.column, column_value(name, query[name], viewer, owner)))
        except Unknown as unknown:
            problems.append(str(unknown))
            only.append(NO_ROWS)
    if viewer.own_only:
        only.append(("user_id", viewer.user.pk))
    chosen = {
        "metric": _one_of(query, "metric", METRICS, problems),
        "group": _one_of(query, "group", _groups(viewer), problems),
        "subgroup": _one_of(query, "subgroup", _groups(viewer), problems),
    }
    if chosen["subgroup"] == chosen["group"]:
        chosen["subgroup"] = ""
    bucket, written = _bucket(query, days, problems)
    usage = UsageFilter(tenant=owner, since=days.since, until=days.until, only=tuple(only))
    return Chosen(
        range=range_,
        days=days,
        tenant=owner,
        bucket=bucket,
        usage=usage,
        problems=tuple(problems),
        filters=filters,
        _bucket_in_url=written,
        **chosen,
    )


def _groups(viewer: Viewer) -> dict[str, str]:
    """Only who sees many tenants tells them apart."""
    return {
        name: grouping.title
        for name, grouping in GROUPINGS.items()
        if name != "tenant" or viewer.tenant is None
    }


def _tenant(query: Mapping[str, str], viewer: Viewer, problems: list[str]) -> tuple[Tenant | None, bool]:
    slug = query.get("tenant", "")
    if not slug or (viewer.tenant is not None and slug == viewer.tenant.slug):
        return viewer.tenant, True
    found = None
    if viewer.tenant is None and "\0" not in slug:
        found = Tenant.objects.filter(slug=slug).first()
    if found is None:
        problems.append(f"There is no tenant “{slug[:63]}”.")
    return (viewer.tenant, False) if found is None else (found, True)


def _days(query: Mapping[str, str], zone: ZoneInfo, now: datetime, problems: list[str]) -> tuple[str, Days]:
    today = now_in(zone, now)
    asked = _one_of(query, "range", RANGES, problems)
    lengths = {"today": 1, "7d": 7, "30d": 30}
    usual = Days(first=today - timedelta(days=29), last=today, zone=zone)
    if asked == "month":
        return asked, Days(first=today.replace(day=1), last=today, zone=zone)
    if asked != "custom":
        return asked, Days(first=today - timedelta(days=lengths[asked] - 1), last=today, zone=zone)
    if not query.get("since") and not query.get("until"):  # the days are about to be chosen
        return USUAL["range"], usual
    try:
        first, last = date.fromisoformat(query.get("since", "")), date.fromisoformat(query.get("until", ""))
    except ValueError:
        problems.append("Say both days of the range, such as 2026-11-01. These are the last 30 days.")
        return USUAL["range"], usual
    if last < first or first < FIRST_DAY or first > today:
        sentence = "ends before it begins" if last < first else "lies outside of what there is"
        problems.append(f"The range {sentence}. These are the last 30 days.")
        return USUAL["range"], usual
    last = min(last, today)
    if (last - first).days >= MAX_DAYS:
        problems.append(f"At most {MAX_DAYS} days are shown at once: these are the last of the range.")
        first = last - timedelta(days=MAX_DAYS - 1)
    return asked, Days(first=first, last=last, zone=zone)


def _bucket(query: Mapping[str, str], days: Days, problems: list[str]) -> tuple[Bucket, str]:
    usual = usual_bucket(days.count)
    written = query.get("bucket", "")
    if not written:
        return usual, ""
    if written not in set(Bucket):
        problems.append(f"“{written[:32]}” is no piece of time; there are {', '.join(Bucket)}.")
        return usual, ""
    bucket = Bucket(written)
    if days.count > bucket.longest_days:
        problems.append(f"A chart by {bucket} shows at most {bucket.longest_days} days.")
        return usual, ""
    return bucket, "" if bucket is usual else written


def _one_of(query: Mapping[str, str], name: str, known: Mapping[str, object], problems: list[str]) -> str:
    asked = query.get(name, "")
    if not asked or asked in known:
        return asked or USUAL[name]
    problems.append(f"“{asked[:32]}” is not known here; {name} is one of {', '.join(known)}.")
    return USUAL[name]
