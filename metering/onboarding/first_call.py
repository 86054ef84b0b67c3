"""Whether a tenant has made its first call, and what stood in the way."""

from dataclasses import dataclass

from metering.activity.asked import Asked
from metering.activity.line import LogLine
from metering.activity.log import activity_page
from metering.activity.status import Status
from metering.ids import END
from metering.models import Tenant

MOST = 50
"""Of the newest lines are looked at: of a tenant with more, the first of these stands for the first of all."""
UNFINISHED = (Status.IN_FLIGHT, Status.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """What is seen of a tenant's beginning."""

    call: LogLine | None = None
    """The first that was sent to a vendor and has ended."""
    in_flight: LogLine | None = None
    refused: LogLine | None = None
    """The newest refusal, as long as there is no call."""
    is_beginning: bool = True
    """Whether `call` is the first of all, and not only of the newest lines."""


def first_call(tenant: Tenant) -> FirstCall:
    """Read a tenant's beginning, by three queries along indexes."""
    page = activity_page(Asked(tenant=tenant, since=tenant.created_at, until=END), limit=MOST)
    ended = [line for line in page.lines if line.status not in UNFINISHED]
    if ended:
        return FirstCall(call=ended[-1], is_beginning=page.next is None)
    newest = {line.status: line for line in reversed(page.lines)}
    return FirstCall(in_flight=newest.get(Status.IN_FLIGHT), refused=newest.get(Status.REFUSED))
