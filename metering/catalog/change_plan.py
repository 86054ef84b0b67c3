"""One plan as a document, and the verb that makes it what a document says, if nobody has changed it meanwhile."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from metering.catalog.changes import Change
from metering.catalog.dump_catalog import as_yaml, dump_catalog
from metering.catalog.load_catalog import LOCK, load_catalog
from metering.errors import CatalogInvalid, InvalidRequest, NotFound
from metering.models import Plan
from metering.text import normal

Document = dict[str, Any]
"""A plan as a catalog file has it: name, features, tasks, rules and budgets."""


def plan_documents(*, now: datetime) -> Mapping[str, Document]:
    """Return every plan as a catalog file would have it, by its code."""
    plans: Any = dump_catalog(now=now)["plans"]
    found: Mapping[str, Document] = plans
    return found


def version_of(document: Document) -> str:
    """A short text that is another one as soon as anything of the plan is."""
    return hashlib.sha256(as_yaml(document).encode()).hexdigest()[:16]


def change_plan(*, code: str, document: Document, seen: str, actor: str, now: datetime) -> list[Change]:
    """What changed. The plan becomes what the document says, whole or not at all; what it does not list, it loses.

    Raises NotFound for an unknown plan, InvalidRequest if it is no longer the version that was `seen`, and
    CatalogInvalid with every problem of the document.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        before = plan_documents(now=now).get(code)
        if before is None:
            raise NotFound(f"There is no plan {code!r}.", param="plan")
        if version_of(before) != seen:
            raise InvalidRequest("Somebody else has changed this plan meanwhile. Look at it as it is now.")
        return _load(code, document, actor, now)


def add_plan(*, code: str, document: Document, actor: str, now: datetime) -> list[Change]:
    """A new plan with this content. Raises InvalidRequest if the code is taken, CatalogInvalid as `change_plan`."""
    with transaction.atomic():
        if Plan.objects.filter(code__iexact=normal(code)).exists():
            raise InvalidRequest(f"There is a plan {code} already.", param="code")
        return _load(code, document, actor, now)


def _load(code: str, document: Document, actor: str, now: datetime) -> list[Change]:
    try:
        return load_catalog(text=as_yaml({"plans": {code: document}}), actor=actor, now=now, environment={})
    except CatalogInvalid as error:  # lines are those of a text that nobody sees
        raise CatalogInvalid([problem.partition(": ")[2] for problem in error.problems]) from None
