from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from metering.models import User
from tests.integration.admin_console import rows

Url = Callable[..., str]


@pytest.fixture
def operator(db: Any) -> User:
    return rows.super_admin()


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    """A browser in which a super admin is logged in."""
    client.force_login(operator)
    return client


@pytest.fixture
def url() -> Url:
    """The address of a model's page: `url(Tenant, "change", tenant.pk)`."""

    def address(model: type[Model], page: str = "changelist", *args: Any) -> str:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)

    return address
