"""All nouns of the domain (DESIGN section 3)."""

from metering.models.alerts import AlertDelivery, QuotaAlert
from metering.models.answers import KeptAnswer
from metering.models.audit import AuditEvent
from metering.models.catalog import (
    Feature,
    LLMModel,
    ModelClass,
    ModelPrice,
    Plan,
    PlanFeature,
    PlanLLMAccess,
    Provider,
    Task,
)
from metering.models.decisions import PolicyDecision
from metering.models.identity import ATIToken, Membership, Team, Tenant, User
from metering.models.ledger import (
    ClosingBalance,
    LedgerEntry,
    LedgerPeriod,
    UsageLog,
    UsageMeter,
    UsageReservation,
    UsageRollup,
)
from metering.models.password_resets import PasswordReset
from metering.models.policy import Budget, PolicyRule
from metering.models.sessions import LoginSession

__all__ = [
    "ATIToken",
    "AlertDelivery",
    "AuditEvent",
    "Budget",
    "ClosingBalance",
    "Feature",
    "KeptAnswer",
    "LLMModel",
    "LedgerEntry",
    "LedgerPeriod",
    "LoginSession",
    "Membership",
    "ModelClass",
    "ModelPrice",
    "PasswordReset",
    "Plan",
    "PlanFeature",
    "PlanLLMAccess",
    "PolicyDecision",
    "PolicyRule",
    "Provider",
    "QuotaAlert",
    "Task",
    "Team",
    "Tenant",
    "UsageLog",
    "UsageMeter",
    "UsageReservation",
    "UsageRollup",
    "User",
]
