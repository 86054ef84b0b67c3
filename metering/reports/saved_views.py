"""A person's saved views: kept under a name, replaced by another of the same name, a bounded number of them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest, NotFound
from metering.models import SavedView, User
from metering.models.saved_views import MAX_QUERY
from metering.text import normal

MOST = 20
MAX_NAME = 60


def save_view(*, user: User, name: str, query: str, actor: str, now: datetime) -> SavedView:
    """Keep the end of an address, without its question mark. Raises InvalidRequest."""
    name = normal(name)
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidRequest(f"Give the view a name of at most {MAX_NAME} characters.", param="name")
    if len(query) > MAX_QUERY or not query.isprintable():
        raise InvalidRequest("This page has too many filters to be kept.", param="query")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # so that two at once count each other
        others = SavedView.objects.filter(user=user).exclude(name=name)
        if others.count() >= MOST:
            raise InvalidRequest(f"You have {MOST} views; delete one first.", param="name")
        view, _ = SavedView.objects.update_or_create(user=user, name=name, defaults={"query": query})
        _record("saved_view.saved", view, user, actor, now)
    return view


def delete_view(*, user: User, view_id: UUID, actor: str, now: datetime) -> str:
    """Delete one of the person's own views, and return its name. Raises NotFound."""
    with transaction.atomic():
        view = SavedView.objects.filter(user=user, pk=view_id).first()
        if view is None:
            raise NotFound("There is no such view.")
        _record("saved_view.deleted", view, user, actor, now)
        view.delete()
    return view.name


def views_of(user: User) -> list[SavedView]:
    return list(SavedView.objects.filter(user=user)[:MOST])


def _record(action: str, view: SavedView, user: User, actor: str, now: datetime) -> None:
    record_change(
        action=action, actor=actor, target=view, now=now, tenant_id=user.tenant_id, facts={"name": view.name}
    )
