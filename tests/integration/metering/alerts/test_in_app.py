"""What people find in the console: each their own, once, until it is read or old."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now

from metering.alerts import forget_notifications as module
from metering.alerts.address import address_alerts
from metering.alerts.forget_notifications import KEEP, KEEP_READ, forget_notifications
from metering.alerts.read_notifications import (
    read_all_notifications,
    read_notification,
    unread_notifications,
)
from metering.errors import NotFound
from metering.ids import first_id_at
from metering.models import ATIToken, Notification, QuotaAlert, Tenant, User
from metering.notices import raise_notice
from metering.types import Audience, EventType
from tests.factories import (
    AlertFactory,
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    UserFactory,
    VendorAlertFactory,
    alder,
    birch,
    concurrency_meter,
    make_notification,
    make_token,
)

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN


def own_alert(scope: str, scope_id: str) -> QuotaAlert:
    row: QuotaAlert = AlertFactory(meter=MeterFactory(budget=BudgetFactory(scope=scope, scope_id=scope_id)))
    return row


def told() -> dict[str, list[str]]:
    """The types of what each person is told, by address."""
    found: dict[str, list[str]] = {}
    for email, type_ in Notification.objects.order_by("id").values_list("user__email", "type"):
        found.setdefault(email, []).append(type_)
    return found


@pytest.mark.parametrize(
    ("threshold", "dimension", "expected"),
    [
        (80, "requests", EventType.QUOTA_WARNING),
        (95, "requests", EventType.QUOTA_CRITICAL),
        (100, "requests", EventType.QUOTA_EXCEEDED),
        (90, "concurrency", EventType.CONCURRENCY_LIMIT),
    ],
)
def test_an_alerts_type_says_how_near_its_limit_is_or_that_it_is_of_calls_at_once(
    threshold: int, dimension: str, expected: EventType
) -> None:
    assert QuotaAlert(threshold=threshold, dimension=dimension).type is expected


def test_admins_are_told_and_the_person_whose_own_budget_or_token_it_is_and_nobody_else(admin: User) -> None:
    ann, bob = UserFactory(email="ann@alder.example"), UserFactory(email="bob@alder.example")
    UserFactory(tenant=birch(), role=ADMIN)
    token = make_token(user=bob).id
    nobodys = make_token().id
    AlertFactory()
    for scope, id_ in (("user", ann.pk), ("token", token), ("user", admin.pk), ("user", nobodys)):
        own_alert(scope, str(id_))
    address_alerts(now=now())
    warning = EventType.QUOTA_WARNING.value
    assert told() == {admin.email: [warning] * 5, ann.email: [warning], bob.email: [warning]}
    assert Notification.objects.get(user=ann).path == "/admin/budgets/"
    address_alerts(now=now())
    assert Notification.objects.count() == 7


def test_it_says_in_words_what_was_reached_as_it_was_then(admin: User) -> None:
    meter = MeterFactory(budget=BudgetFactory(dimension="cost"))
    AlertFactory(meter=meter, threshold=95, used=96_500_000_000, held=10**9, limit=10**11)
    AlertFactory(
        meter=concurrency_meter(RuleFactory(value=10), alder(), held=9), threshold=90, held=9, limit=10
    )
    address_alerts(now=now())
    first, second = Notification.objects.order_by("id")
    assert first.subject == "Critical: Alder Research, cost budget of this day: 95 % reached"
    assert first.text.startswith("$96.50 of $100 is used, $1.00 held. It resets ")
    assert second.text == "9 calls of 10 calls are in flight."
    assert {first.path, second.path} == {"/admin/alerts/"}


@pytest.mark.parametrize("whose", ["a conversation", "a tenant", "a vendor's model"])
def test_what_is_called_by_a_name_as_long_as_names_may_be_is_told_cut(admin: User, whose: str) -> None:
    """Else one such name would stop every mail and notification of the gateway."""
    ops = User.objects.create_superuser("ops@example.com", None)
    if whose == "a conversation":
        meter = MeterFactory(budget=BudgetFactory(scope="conversation", scope_id="c" * 128))
        AlertFactory(meter=meter, threshold=100, requested=3)
    elif whose == "a tenant":
        Tenant.objects.update(name="A" * 200)
        AlertFactory()
    else:
        VendorAlertFactory(provider_name="p" * 64, model="m" * 128)
    assert address_alerts(now=now()) == 1
    row = Notification.objects.get(user=ops if "vendor" in whose else admin)
    assert (len(row.subject), row.subject[-1]) == (200, "…")


def test_operators_are_told_what_tenants_share_and_what_vendors_do(admin: User) -> None:
    ops = User.objects.create_superuser("ops@example.com", None)
    own_alert("global", "")
    vendor = VendorAlertFactory()
    address_alerts(now=now())
    assert told() == {ops.email: ["quota.warning", "vendor.impossible_usage"]}
    assert str(vendor.pk) in Notification.objects.order_by("id").last().path


def test_a_notice_is_for_whom_it_is_and_leads_where_it_says(admin: User) -> None:
    ann = UserFactory(email="ann@alder.example")
    facts: dict[str, Any] = {
        "type": EventType.TOKEN_EXPIRING,
        "subject": "It ends",
        "text": "Soon",
        "now": now(),
    }
    raise_notice(
        audience=Audience.PERSON, user_id=ann.pk, tenant_id=ann.tenant_id, path="/admin/tokens/", **facts
    )
    raise_notice(audience=Audience.TENANT_ADMINS, tenant_id=ann.tenant_id, **facts)
    address_alerts(now=now())
    assert told() == {ann.email: ["token.expiring"], admin.email: ["token.expiring"]}
    assert Notification.objects.values_list("subject", "text", "path").get(user=ann) == (
        "It ends",
        "Soon",
        "/admin/tokens/",
    )


def test_what_is_read_stays_read_at_its_first_moment_and_is_the_readers_alone(admin: User) -> None:
    deputy = UserFactory(role=ADMIN)
    meter = MeterFactory()
    for threshold in (80, 95):
        AlertFactory(meter=meter, threshold=threshold)
    address_alerts(now=now())
    [mine, _] = Notification.objects.of(admin)
    first = now()
    for moment in (first, first + timedelta(hours=1)):
        assert read_notification(user=admin, id=mine.pk, now=moment).read_at == first
    assert (unread_notifications(admin), unread_notifications(deputy)) == (1, 2)
    for id_ in (mine.pk, uuid4()):
        with pytest.raises(NotFound):
            read_notification(user=deputy, id=id_, now=first)
    assert (read_all_notifications(user=admin, now=first), unread_notifications(admin)) == (1, 0)
    assert unread_notifications(deputy) == 2


def test_what_is_old_what_was_read_and_what_is_too_much_is_forgotten(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    moment, deputy = now(), UserFactory(role=ADMIN)

    def made(user: User, age: timedelta, read: bool = False) -> Notification:
        at = moment - age
        return make_notification(user, "x", id=first_id_at(at), read_at=at if read else None)

    hour = timedelta(hours=1)
    made(admin, KEEP + hour)
    made(admin, KEEP_READ + hour, read=True)
    kept = [made(admin, KEEP - hour), made(admin, KEEP_READ - hour, read=True)]
    many = [made(deputy, number * hour) for number in range(5)]
    assert forget_notifications(moment) == 4
    assert set(Notification.objects.all()) == {*kept, *many[:3]}
    assert forget_notifications(moment) == 0


def test_a_token_that_changed_hands_is_told_to_its_holder(admin: User) -> None:
    ann = UserFactory(email="ann@alder.example")
    token = make_token().id
    ATIToken.objects.filter(pk=token).update(user=ann)
    own_alert("token", str(token))
    address_alerts(now=now())
    assert set(told()) == {admin.email, ann.email}
