"""Every noun has its pages, each page answers, and none of them asks another host for anything."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client

from admin_console.history import HistoryAdmin
from admin_console.site import console as site
from admin_console.theme import GROUPS
from metering.models import ATIToken, ExternalIdentity, ModelPrice
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

pytestmark = pytest.mark.usefixtures("everything")
NO_RECORDS = {
    "UsageRollup",
    "RolledUnit",
    "RolledZone",
    "RollupProgress",
    "SavedView",
    "Notification",
    "Episode",
    "ServedHour",
}
"""What is made of other rows or counted, what is a person's own, and what notices tell of."""
MODELS = [model for model in apps.get_app_config("metering").get_models() if model.__name__ not in NO_RECORDS]
HISTORY = [model for model in MODELS if isinstance(site._registry.get(model), HistoryAdmin)]
NOT_ADDED = {ExternalIdentity, *HISTORY}
VIEW_ONLY = {ATIToken, ModelPrice, *NOT_ADDED}
EXTERNAL = re.compile(
    rb"""(?:src|href|action)=["'](?:https?:)?//[^"']*|url\(["']?(?:https?:)?//[^)]*|@import[^;]*"""
)

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
each_history = pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)


def test_every_model_of_metering_is_registered() -> None:
    assert {model.__name__ for model in MODELS} == {model.__name__ for model in site._registry}


def test_every_model_is_in_the_sidebar_once() -> None:
    named = [model for group in GROUPS.values() for model in group]
    assert sorted(named) == sorted(model.__name__ for model in MODELS)


def test_the_history_is_what_the_ledger_the_audit_trail_and_signing_in_write() -> None:
    assert {model.__name__ for model in HISTORY} == {
        "UsageMeter", "UsageReservation", "UsageLog",
        "LedgerEntry", "LedgerPeriod", "ClosingBalance", "AuditEvent", "LoginSession", "KeptAnswer", "CallContent",
        "PolicyDecision", "DecisionRequest", "QuotaAlert", "VendorAlert", "Notice", "AlertDelivery", "WebhookEndpoint",
        "PasswordReset", "DeviceLogin",
        "Invitation",
        "OpeningEntry", "MeterRecount", "LimitWatch", "PlanUse",
        "TaskJob", "TaskJobEvent", "TaskJobAttempt", "TaskDraft",
        "Statement", "BillingProfile", "ExportPosition", "ReconciledDay",
        "BudgetOverride", "QuotaRequest",
    }  # fmt: skip


@each_model
def test_the_list_answers(console: Client, url: Url, model: type[Model]) -> None:
    response = console.get(url(model))
    assert response.status_code == 200
    assert str(rows.first_of(model).pk).encode() in response.content
    assert not EXTERNAL.findall(response.content)


@each_model
def test_the_add_page_answers_unless_the_noun_is_history(
    console: Client, url: Url, model: type[Model]
) -> None:
    response = console.get(url(model, "add"))
    assert response.status_code == (403 if model in NOT_ADDED else 200)
    assert not EXTERNAL.findall(response.content)


@each_model
def test_the_change_page_answers(console: Client, url: Url, model: type[Model]) -> None:
    response = console.get(url(model, "change", rows.first_of(model).pk))
    assert response.status_code == 200
    assert (b'name="_save"' in response.content) is (model not in VIEW_ONLY)
    assert not EXTERNAL.findall(response.content)


@each_model
def test_the_delete_page_answers_or_refuses(console: Client, url: Url, model: type[Model]) -> None:
    response = console.get(url(model, "delete", rows.first_of(model).pk))
    assert response.status_code in ({403} if model in HISTORY else {200, 403})


@each_model
def test_searching_for_nonsense_answers(console: Client, url: Url, model: type[Model]) -> None:
    for term in ("nothing", "9" * 30, "0190163d-8694-739b-aea5-966c26f8ad91", "'; --", "%"):
        assert console.get(url(model), {"q": term}).status_code == 200


@each_model
def test_every_filter_answers(console: Client, url: Url, model: type[Model]) -> None:
    for parameter, value in (
        ("when", "1d"),
        ("tenant", "alder"),
        ("tenant", "nobody"),
        ("state", "1"),
        ("p", "1"),
    ):
        response = console.get(url(model), {parameter: value})
        assert response.status_code in {200, 302}


@each_history
@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_history_is_not_written_by_post_either(
    console: Client, url: Url, model: type[Model], page: str
) -> None:
    row = rows.first_of(model)
    before = model._default_manager.values().get(pk=row.pk)
    address = url(model, page, *([] if page == "add" else [row.pk]))
    assert console.post(address, {"post": "yes", "used": 1, "_save": "Save"}).status_code == 403
    assert model._default_manager.values().get(pk=row.pk) == before


@each_history
def test_history_has_no_bulk_action(console: Client, url: Url, model: type[Model]) -> None:
    row = rows.first_of(model)
    console.post(url(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert model._default_manager.filter(pk=row.pk).exists()


def test_the_overview_and_the_login_page_need_no_other_host(console: Client) -> None:
    for address in ("/admin/", "/admin/password_change/"):
        response = console.get(address)
        assert response.status_code == 200
        assert not EXTERNAL.findall(response.content)
    console.logout()
    response = console.get("/admin/login/")
    assert response.status_code == 200
    assert not EXTERNAL.findall(response.content)


def test_what_the_pages_load_is_here_and_loads_nothing_from_elsewhere(console: Client) -> None:
    page = console.get("/admin/").content.decode()
    assets = set(re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", page))
    assert assets
    for asset in assets:
        response = console.get(asset)
        assert response.status_code == 200, asset
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if asset.endswith(".css"):
            assert not re.findall(rb"url\(\s*[\"']?(?:https?:)?//", body), asset


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))
