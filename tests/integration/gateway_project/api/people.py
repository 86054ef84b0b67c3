"""People who sign in, and calls in their name."""

from typing import Any

from django.test import Client
from django.utils.timezone import now

from metering.identity.sessions.open_session import open_session
from metering.models import ATIToken, Tenant, User
from tests.factories import UserFactory, alder, make_token

PASSWORD = "correct horse battery"


def person(
    role: User.Role = User.Role.MEMBER, tenant: Tenant | None = None, *, token: ATIToken | None = None
) -> User:
    """Somebody of Alder, or of another tenant, on a plan, with `PASSWORD`."""
    tenant = tenant or alder()
    token = token or ATIToken.objects.get(pk=make_token(tenant).id)
    user: User = UserFactory(tenant=tenant, role=role, signup_token=token)
    user.set_password(PASSWORD)
    user.save()
    return user


def super_admin() -> User:
    return User.objects.create_superuser("ops@example.com", PASSWORD)


def bearer(user: User) -> str:
    """An access token of a new session."""
    return open_session(user=user, now=now()).access


def call(method: str, path: str, body: Any = None, *, who: User | str = "", **headers: str) -> Any:
    """The answer to one request by a person, or with a bearer credential."""
    credential = bearer(who) if isinstance(who, User) else who
    if credential:
        headers["authorization"] = f"Bearer {credential}"
    return Client().generic(
        method,
        f"/api/{path}",
        "" if body is None else _json(body),
        "application/json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def code_of(response: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return response.status_code, response.json()["error"]["code"]


def _json(body: Any) -> str:
    import json

    return json.dumps(body)
