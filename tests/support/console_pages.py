"""Addresses of the console's pages in the busy world, for tests that look at all of them."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from admin_console.audience import Audience
from admin_console.pages import PAGES
from metering.models import UsageLog
from tests.support.busy_world import BusyWorld

OPERATOR, ADMIN, MEMBER = "ops@example.com", "ann@cedar.example", "bob@cedar.example"
AUDIENCE_OF = {OPERATOR: Audience.OPERATORS, ADMIN: Audience.ADMINS, MEMBER: Audience.EVERYBODY}
"""Who looks, and as whom."""
LISTS = (
    "tenant",
    "plan",
    "llmmodel",
    "provider",
    "quotaalert",
    "atitoken",
    "user",
    "policyrule",
    "budget",
    "usagelog",
)
"""Nouns of which super admins see the lists most."""
ALSO = {OPERATOR: ("/admin/password_change/",), ADMIN: ("/admin/password_change/",), MEMBER: ()}


def addresses(person: str, world: BusyWorld) -> Iterator[str]:
    """Every page that the person may open: of one with parts in its address, one about Cedar."""
    parts = _parts(world)
    for page in PAGES:
        if AUDIENCE_OF[person].value <= page.audience.value and "POST" not in page.name:
            yield _address(page.name, page.route, parts)
    if person == OPERATOR:
        yield from (reverse(f"admin:metering_{noun}_changelist") for noun in LISTS)
        yield from (
            reverse(f"admin:metering_{noun}_add") for noun in ("tenant", "budget", "policyrule", "atitoken")
        )
    yield from ALSO[person]


def _parts(world: BusyWorld) -> dict[str, str | UUID]:
    call = UsageLog.objects.for_tenant(world.cedar).latest("id")
    return {
        "slug": world.cedar.slug,
        "tenant": world.cedar.slug,
        "id": call.reservation_id,
        "call": call.reservation_id,
    }


def _address(name: str, route: str, parts: dict[str, str | UUID]) -> str:
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        known = {key: value for key, value in parts.items() if f":{key}>" in route or f"<{key}>" in route}
        return reverse(f"admin:{name}", kwargs=known)
