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


def in_reach(rows: QuerySet[M], request: Request) -> QuerySet[M]:
    """Those rows that the caller's tenant owns; all of them for a super admin, or one tenant's by `?tenant=slug`.

    Raises what `tenant_or_all` raises.
    """
    tenant = tenant_or_all(request)
    return rows if tenant is None else rows.filter(tenant_id=tenant.pk)


def tenant_or_all(request: Request) -> Tenant | None:
    """The caller's own tenant, or for a super admin the one that `?tenant=` names; None: all of them.

    Whoever names a tenant gets that one's rows, never others: raises NotFound for one that is unknown or not the
    caller's, in the same words, and InvalidRequest for what can be no tenant's name.
    """
    named = None
    if "tenant" in request.query_params:
        named = query_text(request, "tenant", max_length=63)
        if not named:
            raise InvalidRequest("tenant: name a tenant by its slug, or leave it out.", param="tenant")
    return tenant_in_reach_or_all(request, named)


def tenant_in_reach_or_all(request: Request, slug: str | None) -> Tenant | None:
    """The same for a tenant that is named elsewhere, such as in a body; nobody named: None or empty."""
    if caller_of(request).role == User.Role.SUPER_ADMIN and not slug:
        return None
    return tenant_in_reach(request, slug)


def row_in_reach(rows: QuerySet[M], request: Request, key: UUID | str) -> M:
    """One row by primary key. Raises NotFound for one that is missing or another tenant's, in the same words."""
    row = in_reach(rows, request).filter(pk=key).first()
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
