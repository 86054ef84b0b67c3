"""The one way from a caller to rows: nobody reaches rows of another tenant, and those look as if they never were.

Every view begins with `in_reach(Noun.objects.all(), request)` or `tenant_in_reach(...)`, never with a bare queryset.
"""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from gateway_project.api.authentication import caller_of
from gateway_project.api.query import query_text
from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_tenant
from metering.models import Tenant, User

M = TypeVar("M", bound=Model)


def in_reach(rows: QuerySet[M], request: Request, *, path: str = "tenant_id") -> QuerySet[M]:
    """Those rows that the caller's tenant owns; all of them for a super admin, or one tenant's by `?tenant=slug`.

    `path` leads from a row to its tenant's id. Raises NotFound for an unknown tenant.
    """
    caller = caller_of(request)
    if caller.role != User.Role.SUPER_ADMIN:
        return rows.filter(**{path: _own(request).pk})
    slug = query_text(request, "tenant", max_length=63)
    return rows.filter(**{path: find_tenant(slug).pk}) if slug else rows


def row_in_reach(rows: QuerySet[M], request: Request, key: UUID | str, *, path: str = "tenant_id") -> M:
    """One row by primary key. Raises NotFound for one that is missing or another tenant's, in the same words."""
    row = in_reach(rows, request, path=path).filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no {rows.model._meta.verbose_name} {key}.")
    return row


def tenant_in_reach(request: Request, slug: str | None = None) -> Tenant:
    """The tenant that a request is about: the caller's own, or for a super admin the one that is named.

    Raises InvalidRequest where a super admin names none, NotFound for one that is unknown or not the caller's.
    """
    if caller_of(request).role != User.Role.SUPER_ADMIN:
        own = _own(request)
        if slug not in (None, "", own.slug, str(own.pk)):
            raise NotFound(f"There is no tenant {slug!r}.", param="tenant")
        return own
    if not slug:
        raise InvalidRequest("Name the tenant by its slug.", param="tenant")
    return find_tenant(slug)


def _own(request: Request) -> Tenant:
    tenant = caller_of(request).tenant
    if tenant is None:  # the database allows this for super admins only
        raise NotFound("You belong to no tenant.")
    return tenant
