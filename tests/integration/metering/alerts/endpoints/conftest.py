from collections.abc import Callable
from typing import Any

import pytest

from gateway_project.webhooks.send import send
from metering.alerts.address import address_alerts
from metering.alerts.endpoints.deliver import deliver_to_endpoints
from metering.alerts.endpoints.edit import create_endpoint
from metering.models import AlertDelivery, QuotaAlert, User, WebhookEndpoint
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, alder
from tests.integration.metering.alerts.conftest import Clock

Make = Callable[..., WebhookEndpoint]


@pytest.fixture(autouse=True)
def loopback_is_open(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def make(db: Any, clock: Clock) -> Make:
    """A channel of Alder's to this URL."""
    alder()

    def make(url: str, kind: str = "webhook", **facts: Any) -> WebhookEndpoint:
        values = {"tenant": alder(), "name": f"{kind} {url}", "events": [], **facts}
        endpoint, secret = create_endpoint(kind=kind, url=url, actor="a test", now=clock(), **values)
        endpoint.secret = secret  # type: ignore[attr-defined] # shown once
        return endpoint

    return make


@pytest.fixture
def alert(db: Any) -> QuotaAlert:
    """Of Alder's, at 80 %, not yet addressed; nobody gets a mail."""
    User.objects.all().delete()
    return AlertFactory()


def deliver(clock: Clock, through: Any = send) -> int:
    address_alerts(now=clock())
    return deliver_to_endpoints(send=through, clock=clock)


def only_delivery() -> AlertDelivery:
    return AlertDelivery.objects.get(endpoint__isnull=False)


def one_more_alert() -> QuotaAlert:
    """Of another budget of Alder's."""
    return AlertFactory(meter=MeterFactory(budget=BudgetFactory(window="month")))
