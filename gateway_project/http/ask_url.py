"""Where people of the tenant ask for more of a budget that has no room: the console's page, filled in."""

from urllib.parse import urlencode

from metering.alerts.public_url import public_url
from metering.errors import BudgetExceeded, BudgetReserved, LimitExceeded
from metering.money import usd_text
from metering.types import Dimension

PAGE = "/admin/quota-requests/ask/"
SHARE = 10
"""A tenth of the limit is proposed, or what the call lacks if that is more."""


def ask_url(error: LimitExceeded) -> str:
    """Empty where nobody can ask: for other limits, for budgets that tenants share, and without a PUBLIC_URL."""
    usage, base = error.usage, public_url()
    if not base or usage.subject_id is None or usage.source_id is None:
        return ""
    if not isinstance(error, BudgetExceeded) or isinstance(error, BudgetReserved):
        return ""
    short = max(usage.current + usage.held + usage.requested - usage.limit, usage.limit // SHARE)
    amount = usd_text(short) if usage.dimension == Dimension.COST else str(short)
    query = {"budget": str(usage.source_id), "subject": usage.subject_id, "amount": amount}
    return f"{base.rstrip('/')}{PAGE}?{urlencode(query)}"
