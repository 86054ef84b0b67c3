"""All nouns of the domain (DESIGN section 3)."""

from metering.models.alerts import QuotaAlert
from metering.models.audit import AuditEvent
from metering.models.availability import ServedHour
from metering.models.billing import BillingProfile, Statement
from metering.models.call_content import CallContent
from metering.models.catalog import LLMModel, ModelClass, ModelPrice, Provider
from metering.models.decisions import DecisionRequest, PolicyDecision
from metering.models.deliveries import AlertDelivery
from metering.models.device_logins import DeviceLogin
from metering.models.episodes import Episode
from metering.models.exports import ExportPosition
from metering.models.identity import Team, Tenant
from metering.models.invitations import Invitation
from metering.models.jobs import TaskDraft, TaskJob, TaskJobAttempt, TaskJobEvent
from metering.models.kept_answers import KeptAnswer
from metering.models.ledger import LedgerEntry, UsageMeter, UsageReservation
from metering.models.months import ClosingBalance, LedgerPeriod
from metering.models.notices import Notice
from metering.models.notifications import Notification
from metering.models.openings import LimitWatch, MeterRecount, OpeningEntry
from metering.models.overrides import BudgetOverride
from metering.models.password_resets import PasswordReset
from metering.models.people import Membership, User
from metering.models.plan_use import PlanUse
from metering.models.plans import Feature, Plan, PlanFeature, PlanLLMAccess, Task
from metering.models.policy import Budget, PolicyRule
from metering.models.provider_keys import ProviderKey
from metering.models.quota_requests import QuotaRequest
from metering.models.reconciliation import ReconciledDay
from metering.models.rollups import RolledUnit, RolledZone, RollupProgress, UsageRollup
from metering.models.saved_views import SavedView
from metering.models.sessions import LoginSession
from metering.models.single_sign_on import EmailDomain, ExternalIdentity, GroupMapping
from metering.models.tokens import ATIToken
from metering.models.usage import UsageLog
from metering.models.vendor_alerts import VendorAlert
from metering.models.webhooks import WebhookEndpoint

__all__ = [
    "ATIToken",
    "AlertDelivery",
    "AuditEvent",
    "BillingProfile",
    "Budget",
    "BudgetOverride",
    "CallContent",
    "ClosingBalance",
    "DecisionRequest",
    "DeviceLogin",
    "EmailDomain",
    "Episode",
    "ExportPosition",
    "ExternalIdentity",
    "Feature",
    "GroupMapping",
    "Invitation",
    "KeptAnswer",
    "LLMModel",
    "LedgerEntry",
    "LedgerPeriod",
    "LimitWatch",
    "LoginSession",
    "Membership",
    "MeterRecount",
    "ModelClass",
    "ModelPrice",
    "Notice",
    "Notification",
    "OpeningEntry",
    "PasswordReset",
    "Plan",
    "PlanFeature",
    "PlanLLMAccess",
    "PlanUse",
    "PolicyDecision",
    "PolicyRule",
    "Provider",
    "ProviderKey",
    "QuotaAlert",
    "QuotaRequest",
    "ReconciledDay",
    "RolledUnit",
    "RolledZone",
    "RollupProgress",
    "SavedView",
    "ServedHour",
    "Statement",
    "Task",
    "TaskDraft",
    "TaskJob",
    "TaskJobAttempt",
    "TaskJobEvent",
    "Team",
    "Tenant",
    "UsageLog",
    "UsageMeter",
    "UsageReservation",
    "UsageRollup",
    "User",
    "VendorAlert",
    "WebhookEndpoint",
]
