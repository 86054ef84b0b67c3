from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from metering.models import User
from tests.factories import reference_data
from tests.integration.admin_console import rows

Url = Callable[..., str]


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A row of every noun, made once for a module whose tests take back what they change, and then gone again."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(transaction.atomic())
            stack.callback(transaction.set_rollback, True)
            reference_data()  # a test before this module may have emptied the database
            rows.everything()
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture
def operator(db: Any) -> User:
    return rows.super_admin()


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    """A browser in which a super admin is logged in."""
    client.force_login(operator)
    return client


def address(model: type[Model], page: str = "changelist", *args: Any) -> str:
    """Of a model's page: `address(Tenant, "change", tenant.pk)`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def url() -> Url:
    return address
