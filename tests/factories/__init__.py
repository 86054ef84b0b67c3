"""Rows for tests. The cast: Alder owns what is asked for, Birch is another tenant and must never see it."""

from tests.factories.catalog import (
    ModelFactory,
    PriceFactory,
    ProviderFactory,
    make_plan,
    reference_data,
)
from tests.factories.identity import (
    TeamFactory,
    TenantFactory,
    UserFactory,
    alder,
    birch,
    make_invitation,
    make_token,
)
from tests.factories.jobs import make_draft, make_job
from tests.factories.ledger import (
    AlertFactory,
    AttemptFactory,
    MeterFactory,
    ReservationFactory,
    VendorAlertFactory,
    concurrency_meter,
    id_at,
)
from tests.factories.notifications import make_notification
from tests.factories.policy import BudgetFactory, RuleFactory

__all__ = [
    "AlertFactory",
    "AttemptFactory",
    "BudgetFactory",
    "MeterFactory",
    "ModelFactory",
    "PriceFactory",
    "ProviderFactory",
    "ReservationFactory",
    "RuleFactory",
    "TeamFactory",
    "TenantFactory",
    "UserFactory",
    "VendorAlertFactory",
    "alder",
    "birch",
    "concurrency_meter",
    "id_at",
    "make_draft",
    "make_invitation",
    "make_job",
    "make_notification",
    "make_plan",
    "make_token",
    "reference_data",
]
