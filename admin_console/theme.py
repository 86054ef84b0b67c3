"""How the console looks: its groups of nouns, in the order of an operator's work. Settings import this module."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.module_loading import import_string

from admin_console.addresses import address_later
from admin_console.audience import Audience
from admin_console.pages import PAGES, Page

OPERATORS = "admin_console.who.is_operators"
"""For whom a link of the sidebar is; settings cannot import the function."""

# Group → the models in it, each with its icon from the Material Symbols font that ships with the theme.
GROUPS: dict[str, dict[str, str]] = {
    "Customers": {
        "Tenant": "apartment",
        "Team": "groups",
        "User": "person",
        "Membership": "group_add",
        "ATIToken": "key",
        "LoginSession": "login",
        "DeviceLogin": "devices",
        "PasswordReset": "lock_reset",
        "Invitation": "person_add",
        "GroupMapping": "account_tree",
        "EmailDomain": "alternate_email",
        "ExternalIdentity": "passkey",
    },
    "Plans": {
        "Plan": "sell",
        "PlanFeature": "checklist",
        "PlanLLMAccess": "lock_open",
        "Feature": "extension",
        "Task": "task",
        "PlanUse": "loyalty",
    },
    "Models": {
        "Provider": "cloud",
        "ProviderKey": "vpn_key",
        "LLMModel": "smart_toy",
        "ModelPrice": "payments",
        "ModelClass": "category",
    },
    "Policy": {
        "PolicyRule": "rule",
        "Budget": "account_balance_wallet",
        "BudgetOverride": "trending_up",
        "QuotaRequest": "inbox",
        "PolicyDecision": "gavel",
        "DecisionRequest": "manage_search",
    },
    "Usage": {
        "UsageMeter": "speed",
        "UsageReservation": "lock_clock",
        "UsageLog": "receipt_long",
        "KeptAnswer": "inbox",
        "CallContent": "chat",
    },
    "Tasks": {
        "TaskJob": "work_history",
        "TaskJobEvent": "event_note",
        "TaskJobAttempt": "published_with_changes",
        "TaskDraft": "edit_document",
    },
    "Alerts": {
        "QuotaAlert": "notifications",
        "VendorAlert": "report",
        "Notice": "campaign",
        "WebhookEndpoint": "webhook",
        "AlertDelivery": "mail",
        "LimitWatch": "visibility",
    },
    "Books": {
        "LedgerEntry": "menu_book",
        "LedgerPeriod": "calendar_month",
        "ClosingBalance": "inventory",
        "OpeningEntry": "first_page",
        "MeterRecount": "calculate",
        "Statement": "request_quote",
        "BillingProfile": "contact_mail",
        "ExportPosition": "outbox",
        "ReconciledDay": "verified",
    },
    "Audit": {
        "AuditEvent": "history",
    },
}

ORDER = (
    *("Overview", "Explore usage", "Activity", "Budgets", "Tenants", "Your tenant", "People", "Tokens"),
    *("Plans", "My plan", "Models and vendors", "Quota requests", "Alerts", "Simulator"),
)
"""Of the sidebar's entries, by title; others follow."""
TITLES = {
    "Tenant": "Records of tenants",
    "ATIToken": "ATI tokens",
    "AlertDelivery": "Deliveries",
    "BillingProfile": "Billing profiles",
    "BudgetOverride": "Overrides and top-ups",
    "CallContent": "Kept content of calls",
    "ClosingBalance": "Closing balances",
    "DecisionRequest": "Requests decided on",
    "DeviceLogin": "Machines that ask",
    "EmailDomain": "E-mail domains",
    "ExportPosition": "Positions of usage exports",
    "ExternalIdentity": "Linked sign-ins",
    "GroupMapping": "Groups of an identity provider",
    "KeptAnswer": "Kept answers",
    "LLMModel": "Records of models",
    "LedgerEntry": "Ledger entries",
    "LedgerPeriod": "Periods",
    "LimitWatch": "Watched limits",
    "LoginSession": "Sign-ins",
    "MeterRecount": "Recounts due",
    "ModelClass": "Model classes",
    "ModelPrice": "Records of prices",
    "OpeningEntry": "Openings",
    "PasswordReset": "Password resets",
    "Statement": "Records of statements",
    "TaskDraft": "Drafts",
    "TaskJob": "Jobs",
    "TaskJobAttempt": "Attempts of jobs",
    "TaskJobEvent": "Events of jobs",
    "Plan": "Records of plans",
    "PlanFeature": "Plan features",
    "PlanLLMAccess": "LLM access",
    "PlanUse": "Plans in use",
    "PolicyDecision": "Decisions",
    "PolicyRule": "Rules",
    "Provider": "Records of vendors",
    "ProviderKey": "Vendor keys",
    "QuotaAlert": "Records of alerts",
    "QuotaRequest": "Records of quota requests",
    "ReconciledDay": "Reconciled days",
    "UsageLog": "Usage log",
    "UsageMeter": "Meters",
    "UsageReservation": "Reservations",
    "AuditEvent": "Audit events",
    "VendorAlert": "Vendor alerts",
    "WebhookEndpoint": "Records of channels",
}


def title_of(model: str) -> str:
    return TITLES.get(model, f"{model}s")


def _shows(page: Page) -> Callable[[HttpRequest], bool]:
    """Whether a viewer has an entry for the page."""

    def shows(request: HttpRequest) -> bool:
        viewer = import_string("admin_console.who.viewer_of")(request)
        if viewer is None or not viewer.is_in(page.audience):
            return False
        is_operator = viewer.audience is Audience.OPERATORS
        return not (page.is_for_tenants if is_operator else page.is_for_operators)

    return shows


def _navigation() -> list[dict[str, Any]]:
    """At most ten entries for anybody, in the order of their work; the rest under "Advanced", which is folded."""
    rest = {model: icon for models in GROUPS.values() for model, icon in models.items()}
    return [
        {"items": sorted(_pages(is_advanced=False), key=_place)},
        {
            "title": "Advanced",
            "separator": True,
            "collapsible": True,
            "items": [*_pages(is_advanced=True), *(_noun(model, icon) for model, icon in rest.items())],
        },
    ]


def _pages(*, is_advanced: bool) -> list[dict[str, Any]]:
    return [
        {
            "title": page.title,
            "icon": page.icon,
            "link": address_later(f"admin:{page.name}"),
            "permission": _shows(page),
            **({"badge": page.badge} if page.badge else {}),
        }
        for page in PAGES
        if page.icon and page.is_advanced is is_advanced
    ]


def _noun(model: str, icon: str) -> dict[str, Any]:
    return {
        "title": title_of(model),
        "icon": icon,
        "link": address_later(f"admin:metering_{model.lower()}_changelist"),
        "permission": OPERATORS,
    }


def _place(entry: dict[str, Any]) -> int:
    return ORDER.index(entry["title"]) if entry["title"] in ORDER else len(ORDER)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LLM Service Gateway",
    "SITE_HEADER": "LLM Service Gateway",
    "SITE_SUBHEADER": "Console",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("admin_console/icon.svg")}
    ],
    "STYLES": [
        lambda _: static("admin_console/console.css"),
        lambda _: static("admin_console/forms.css"),
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
    "ACCOUNT": {"navigation": [{"title": "My profile", "link": address_later("admin:profile")}]},
    "SCRIPTS": [
        lambda _: static("admin_console/search.js"),
        lambda _: static("admin_console/name_choices.js"),
    ],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": _navigation(),
    },
}
