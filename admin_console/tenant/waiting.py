"""What waits for somebody on a tenant's page: alerts that nobody has acknowledged."""

from dataclasses import dataclass
from datetime import tzinfo

from admin_console.tenant.links import page_url
from admin_console.wording import when
from admin_console.words import dimension_word, window_word
from metering.alerts.message import whose_use
from metering.models import QuotaAlert, Tenant
from metering.types import AlertLevel

SHOWN = 5
TONES = {AlertLevel.WARNING: "warn", AlertLevel.CRITICAL: "bad", AlertLevel.EXCEEDED: "bad"}
WORDS = {AlertLevel.WARNING: "Warning", AlertLevel.CRITICAL: "Critical", AlertLevel.EXCEEDED: "Used up"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    word: str
    tone: str
    text: str
    small: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    lines: tuple[WaitingLine, ...]
    total: int


def waiting_for(tenant: Tenant, *, zone: tzinfo) -> Waiting:
    open_alerts = QuotaAlert.objects.for_tenant(tenant).filter(acknowledged_at=None)
    lines = tuple(
        WaitingLine(
            word=WORDS[alert.level],
            tone=TONES[alert.level],
            text=f"{whose_use(alert)}: {alert.threshold} % of {dimension_word(alert.dimension)} "
            f"{window_word(alert.window)}",
            small=f"{when(alert.raised_at, zone)}, nobody acknowledged it",
            url=page_url("alerts", tenant=tenant.slug),
        )
        for alert in open_alerts.order_by("-id")[:SHOWN]
    )
    return Waiting(lines=lines, total=open_alerts.count())
