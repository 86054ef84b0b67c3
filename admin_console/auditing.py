"""Every change made in the console becomes an AuditEvent, in the transaction of the change.

Django's own LogEntry is kept beside it: it feeds the History button of each page.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.timezone import now

from admin_console.labels import label_of
from metering.audit import record_change
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.edit.set_row import identity_of


def actor_of(request: HttpRequest) -> str:
    """How verbs and the audit trail name the person at the console."""
    return request.user.get_username()


def record(request: HttpRequest, action: str, row: Model, facts: dict[str, Any] | None = None) -> None:
    record_change(
        action=action,
        actor=actor_of(request),
        target=row,
        tenant_id=row.pk if isinstance(row, Tenant) else getattr(row, "tenant_id", None),
        now=now(),
        facts=facts,
    )


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)


def _form_changes(form: BaseForm) -> dict[str, Any]:
    """Old and new value of each changed field; of passwords only that they changed."""
    changes: dict[str, Any] = {}
    for name in form.changed_data:
        if "password" in name:
            changes["password"] = "changed"
        else:
            changes[name] = [_plain(form[name].initial), _plain(form.cleaned_data.get(name))]
    return changes


def changes_of(form: BaseForm, formsets: Iterable[Any] | None, *, add: bool) -> dict[str, Any]:
    changes = _form_changes(form)
    facts: dict[str, Any] = {"changes": changes}
    if add:
        facts = {
            "values": {name: pair[1] if isinstance(pair, list) else pair for name, pair in changes.items()}
        }
    for formset in formsets or ():
        name = formset.model._meta.verbose_name_plural
        for verb, rows in (
            ("added", formset.new_objects),
            ("changed", [row for row, _ in formset.changed_objects]),
            ("deleted", formset.deleted_objects),
        ):
            if rows:
                facts.setdefault(verb, {}).setdefault(str(name), []).extend(str(row) for row in rows)
    return facts


def _whose(row: Model) -> dict[str, Any]:
    """Whom a limit is for, so that the trail can name it once the row is gone."""
    return identity_of(row) if isinstance(row, Budget | PolicyRule) else {}


class AuditedAdmin:
    """Mixed into every editable admin. Where all changes go through verbs, those audit: `verb_audits`."""

    verb_audits = False

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        # The only hook that sees both the form and its inlines, once everything has been saved.
        request.console_facts = changes_of(form, formsets, add=add)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "added", obj)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "changed", obj)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        for row in queryset:
            record(request, f"{row._meta.model_name}.deleted", row, {"name": label_of(row), **_whose(row)})
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def _audit(self, request: HttpRequest, verb: str, row: Model) -> None:
        if not self.verb_audits:
            facts = getattr(request, "console_facts", None) or {}
            record(request, f"{row._meta.model_name}.{verb}", row, {**_whose(row), **facts})
