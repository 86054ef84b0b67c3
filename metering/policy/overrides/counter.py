"""One counter of a budget, or all that it has in a tenant: what an override raises and a request for quota is about."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_team, find_token, find_user
from metering.ledger.commands import MeterKey
from metering.ledger.windows import window_bounds
from metering.models import Budget, Provider, Tenant, UsageMeter
from metering.policy.meter_limits import SHARED
from metering.policy.overrides.raises import end_of, last_moment
from metering.tags import read_tag
from metering.text import checked_label, normal
from metering.types import ENDLESS, Dimension, SubjectType, Window

MOST_WINDOWS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A budget, the tenant (None: tenants share the counter) and whose counter it is (None: everybody's)."""

    budget: Budget
    tenant: Tenant | None
    subject_id: str | None

    @property
    def key(self) -> MeterKey:
        """The meter, by whose calendar its windows run. For everybody's, the subject is empty."""
        budget, tenant = self.budget, self.tenant
        return MeterKey(
            subject_type=budget.per,
            subject_id=self.subject_id or "",
            tenant_id=tenant.pk if tenant is not None else None,
            dimension=Dimension(budget.dimension),
            window=Window(budget.window),
            task=budget.task_id or "",
            model_class=budget.model_class_id or "",
            timezone=tenant.timezone if tenant is not None else "UTC",
            week_start=tenant.week_start if tenant is not None else 0,
        )

    def span(self, windows: int | None, now: datetime) -> tuple[datetime, datetime | None]:
        """Return when the window begins that is open at `now`, and when so many have ended (None: never).

        Raises InvalidRequest for a number of windows that is out of range, or that a window without an end cannot have.
        """
        key = self.key
        start, end = window_bounds(key.window, now, timezone=key.timezone, week_start=key.week_start)
        if windows is None:
            return start, None
        if end is None:
            raise InvalidRequest(
                "This budget never resets, so its override has no end: leave windows out.", param="windows"
            )
        if not 1 <= windows <= MOST_WINDOWS:
            raise InvalidRequest(f"windows must be 1 to {MOST_WINDOWS}.", param="windows")
        # A tenant that has changed its time zone keeps the window that was open then to its end.
        until = self._open_until(now)
        if until is not None:
            until = last_moment(until, key) or until
            # Of everybody, some may have no open window, and begin one by the new calendar.
            end = max(end, until) if self.subject_id is None else until
        return start, end_of(key, end, windows)

    def _open_until(self, now: datetime) -> datetime | None:
        budget = self.budget
        meters = UsageMeter.objects.filter(
            subject_type=budget.per,
            tenant_id=self.tenant.pk if self.tenant is not None else None,
            dimension=budget.dimension,
            window=budget.window,
            task=budget.task_id or "",
            model_class=budget.model_class_id or "",
            window_start__lte=now,
            window_end__gt=now,
            retired=False,
        )
        if self.subject_id is not None:
            meters = meters.filter(subject_id=self.subject_id)
        until: datetime | None = meters.aggregate(until=Max("window_end"))["until"]
        return until


def counter_of(budget: Budget, *, tenant: Tenant | None, subject: str | None) -> Counter:
    """Find the counter that these words name.

    `tenant` is needed where the budget counts in several; `subject` is a person, team, token, agent, tag, conversation
    or vendor, as the budget counts them, and None stands for all. Of a budget with one counter both may be left out.
    Raises InvalidRequest where they do not fit the budget, and NotFound for somebody unknown or another tenant's.
    """
    per = SubjectType(budget.per)
    if per in SHARED:
        if tenant is not None:
            raise InvalidRequest("All tenants share this budget: name no tenant.", param="tenant")
    else:
        tenant = _tenant_of(budget, tenant)
    only = _only(budget, tenant)
    if only is None:
        subject_id = None if subject is None else _subject_id(per, tenant, subject)
        return Counter(budget=budget, tenant=tenant, subject_id=subject_id)
    if subject not in (None, "", only) and _subject_id(per, tenant, str(subject)) != only:
        raise InvalidRequest("This budget counts somebody else.", param="subject")
    return Counter(budget=budget, tenant=tenant, subject_id=only)


def resets(budget: Budget) -> bool:
    """Whether another window follows each of the budget's."""
    return budget.window not in ENDLESS


def _tenant_of(budget: Budget, tenant: Tenant | None) -> Tenant:
    if budget.tenant is not None:
        if tenant is not None and tenant.pk != budget.tenant.pk:
            raise InvalidRequest("This budget is another tenant's.", param="tenant")
        return budget.tenant
    if tenant is None:
        raise InvalidRequest("This budget counts in several tenants: name one.", param="tenant")
    return tenant


def _only(budget: Budget, tenant: Tenant | None) -> str | None:
    """The subject of a budget that has one counter in the tenant; None where it has several."""
    if budget.per == SubjectType.GLOBAL:
        return ""
    if budget.per == SubjectType.TENANT:
        return str(tenant.pk) if tenant is not None else None
    return budget.scope_id if budget.per == budget.scope else None


def _subject_id(per: SubjectType, tenant: Tenant | None, text: str) -> str:
    if text == "" and per in (SubjectType.TEAM, SubjectType.TOKEN):
        return ""  # calls that have none
    if per is SubjectType.PROVIDER:
        name = normal(text)
        if not Provider.objects.filter(name=name).exists():
            raise NotFound(f"There is no provider {name!r}.", param="subject")
        return name
    if per in (SubjectType.AGENT, SubjectType.CONVERSATION):
        return checked_label(text, "subject")
    if per is SubjectType.TAG:
        return read_tag(text, "subject")
    if tenant is None or "\0" in text:
        raise NotFound(f"There is no {per} {text!r}.", param="subject")
    if per is SubjectType.TEAM:
        return str(find_team(tenant=tenant, reference=text).pk)
    if per is SubjectType.TOKEN:
        return str(find_token(tenant=tenant, reference=text).pk)
    try:
        return str(find_user(tenant=tenant, reference=text).pk)
    except NotFound:  # a token that is nobody's counts as a person
        return str(find_token(tenant=tenant, reference=text).pk)
