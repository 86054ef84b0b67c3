"""How the console looks: its groups of nouns, in the order of an operator's work. Settings import this module."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.module_loading import import_string

from admin_console.audience import Audience
from admin_console.pages import PAGES

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
        "PasswordReset": "lock_reset",
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
        "PolicyDecision": "gavel",
        "DecisionRequest": "manage_search",
    },
    "Usage": {
        "UsageMeter": "speed",
        "UsageReservation": "lock_clock",
        "UsageLog": "receipt_long",
        "KeptAnswer": "inbox",
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
        "AlertDelivery": "mail",
        "LimitWatch": "visibility",
    },
    "Books": {
        "LedgerEntry": "menu_book",
        "LedgerPeriod": "calendar_month",
        "ClosingBalance": "inventory",
        "OpeningEntry": "first_page",
        "MeterRecount": "calculate",
    },
    "Audit": {
        "AuditEvent": "history",
    },
}

TITLES = {
    "ATIToken": "ATI tokens",
    "AlertDelivery": "Deliveries",
    "ClosingBalance": "Closing balances",
    "DecisionRequest": "Requests decided on",
    "KeptAnswer": "Kept answers",
    "LLMModel": "LLM models",
    "LedgerEntry": "Ledger entries",
    "LedgerPeriod": "Periods",
    "LimitWatch": "Watched limits",
    "LoginSession": "Sign-ins",
    "MeterRecount": "Recounts due",
    "ModelClass": "Model classes",
    "ModelPrice": "Prices",
    "OpeningEntry": "Openings",
    "PasswordReset": "Password resets",
    "TaskDraft": "Drafts",
    "TaskJob": "Jobs",
    "TaskJobAttempt": "Attempts of jobs",
    "TaskJobEvent": "Events of jobs",
    "PlanFeature": "Plan features",
    "PlanLLMAccess": "LLM access",
    "PlanUse": "Plans in use",
    "PolicyDecision": "Decisions",
    "PolicyRule": "Rules",
    "ProviderKey": "Provider keys",
    "QuotaAlert": "Alerts",
    "UsageLog": "Usage log",
    "UsageMeter": "Meters",
    "UsageReservation": "Reservations",
    "AuditEvent": "Audit events",
    "VendorAlert": "Vendor alerts",
}


def title_of(model: str) -> str:
    return TITLES.get(model, f"{model}s")


def _only(audience: Audience) -> Callable[[HttpRequest], bool]:
    def may_see(request: HttpRequest) -> bool:
        viewer_of = import_string("admin_console.who.viewer_of")
        viewer = viewer_of(request)
        return viewer is not None and viewer.is_in(audience)

    return may_see


def _navigation() -> list[dict[str, Any]]:
    home = {"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")}
    pages = [
        {
            "title": page.title,
            "icon": page.icon,
            "link": reverse_lazy(f"admin:{page.name}"),
            "permission": _only(page.audience),
        }
        for page in PAGES
        if page.icon
    ]
    groups = [
        {
            "title": title,
            "separator": True,
            "collapsible": True,
            "items": [
                {
                    "title": title_of(model),
                    "icon": icon,
                    "link": reverse_lazy(f"admin:metering_{model.lower()}_changelist"),
                    "permission": OPERATORS,
                }
                for model, icon in models.items()
            ],
        }
        for title, models in GROUPS.items()
    ]
    return [{"items": [home, *pages]}, *groups]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LLM Service Gateway",
    "SITE_HEADER": "LLM Service Gateway",
    "SITE_SUBHEADER": "Console",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("admin_console/icon.svg")}
    ],
    "STYLES": [lambda _: static("admin_console/console.css")],
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
    "SIDEBAR": {"show_search": OPERATORS, "show_all_applications": False, "navigation": _navigation()},
}
