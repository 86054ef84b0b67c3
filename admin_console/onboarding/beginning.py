"""What is missing before there is a first call, and the one thing to do about it, for each kind of viewer."""

from django.urls import reverse
from django.utils.timezone import now

from admin_console.parts import Empty
from admin_console.who import Viewer
from metering.activity.asked import Asked
from metering.activity.log import activity_page
from metering.models import ATIToken, Plan, Provider, Tenant


def what_is_missing(viewer: Viewer) -> Empty | None:
    """None once there is a call in the viewer's reach. Asked only by pages that have nothing else to show."""
    own = (("user_id", viewer.user.pk),) if viewer.own_only else ()
    if activity_page(Asked.within(tenant=viewer.tenant, own=own), limit=1).lines:
        return None
    if viewer.tenant is None:
        return _for_operators()
    return _for_members() if viewer.own_only else _for_admins(viewer.tenant)


def _for_operators() -> Empty:
    if not Provider.objects.exists():
        return Empty(
            title="No vendor is set up yet",
            text="Calls are sent to vendors. Enter one here, or by “manage.py add_vendor”, which knows their models "
            "and prices.",
            button="Add a vendor",
            url=reverse("admin:metering_provider_add"),
        )
    if not Plan.objects.exists():
        return Empty(
            title="There is no plan yet",
            text="A plan says which tasks and models a token may use, and how much.",
            button="Add a plan",
            url=reverse("admin:plan_new"),
        )
    newest = Tenant.objects.order_by("-id").first()
    if newest is None:
        return Empty(
            title="There is no tenant yet",
            text="A tenant is a customer. With it come its first token, a budget and its first administrator.",
            button="Create a tenant",
            url=reverse("admin:new_tenant"),
        )
    return _no_call(newest)


def _for_admins(tenant: Tenant) -> Empty:
    if not ATIToken.objects.for_tenant(tenant).live(now()).exists():
        return Empty(
            title="There is no live token",
            text="An application calls the gateway with a token. Where you have no plan to pass on, ask the operator.",
            button="Issue a token",
            url=reverse("admin:tenant_issue", args=[tenant.slug]),
        )
    return _no_call(tenant)


def _no_call(tenant: Tenant) -> Empty:
    return Empty(
        title="No call was made yet",
        text="What calls were, cost and used is seen here with the first one.",
        button="Make the first call",
        url=reverse("admin:tenant_first_call", args=[tenant.slug]),
    )


def _for_members() -> Empty:
    return Empty(
        title="You have made no call yet",
        text="What your calls were, cost and used is seen here with the first one, made with a token of yours.",
        button="Your tokens",
        url=reverse("admin:tokens"),
    )
