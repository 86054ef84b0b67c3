"""A plan's page: everything that it allows, edited as one table, beside another plan, with its effect before saving."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.blast_radius import Preview, preview_of, wants_preview
from admin_console.plan.form import PlanForm
from admin_console.plan.holders import holders_table
from admin_console.plan.limits import GROUPS, Limit, limits_of, lines, ratio
from admin_console.who import Viewer
from metering.catalog.change_plan import Document, change_plan, plan_documents, version_of
from metering.errors import MeteringError
from metering.models import LLMModel
from metering.simulation.change import Change
from metering.types import Scope

TEMPLATE = "admin_console/plan.html"


def plan(request: HttpRequest, viewer: Viewer, page: dict[str, Any], code: str) -> HttpResponse:
    """`?beside=CODE` shows another plan next to it, `?differs=1` only what differs."""
    documents = plan_documents(now=now())
    if code not in documents:
        raise Http404
    document, beside = documents[code], request.GET.get("beside", "")
    other = documents.get(beside) if beside != code else None
    table = lines(*(each for each in (document, other) if each is not None))
    form = PlanForm(request.POST or None, before=document, lines=table)
    is_posted = request.method == "POST" and form.is_valid()
    preview: Preview | None = None
    if is_posted and not wants_preview(request):
        return _save(request, code, form)
    if is_posted:
        preview = _effect(code, form, page, request)
    shown = {
        "code": code,
        "form": form,
        "document": document,
        "beside": beside if other is not None else "",
        "other": other,
        "plans": [(each, plan["name"]) for each, plan in documents.items()],
        "only_differences": bool(request.GET.get("differs")) and other is not None,
        "groups": _groups(form, other),
        "access": list(_access(form, other)),
        "models": _models(),
        "features": list(_features(form, other)),
        "differences": form.differences() if is_posted else [],
        "preview": preview,
        "version": request.POST.get("seen") or version_of(document),
        "holders": holders_table(code, now=now()),
        "title": document["name"],
    }
    return render(request, TEMPLATE, {**page, **shown})


def _save(request: HttpRequest, code: str, form: PlanForm) -> HttpResponse:
    differences = form.differences()
    address = f"{reverse('admin:plan', args=(code,))}{'?' + request.GET.urlencode() if request.GET else ''}"
    try:
        change_plan(
            code=code,
            document=form.document(),
            seen=request.POST.get("seen", ""),
            actor=actor_of(request),
            now=now(),
        )
    except MeteringError as error:
        messages.error(request, error.message)
        return redirect(address)
    what = "; ".join(f"{each.what} {each.after}" for each in differences) or "nothing has changed"
    messages.success(request, f"{form.cleaned_data['name']}: {what}.")
    return redirect(address)


def _effect(code: str, form: PlanForm, page: dict[str, Any], request: HttpRequest) -> Preview | None:
    """What the changes would do together; None where they cannot be made."""
    moment, document = now(), form.document()
    change = Change(
        scope=Scope.PLAN,
        scope_id=code,
        apply=lambda: change_plan(
            code=code, document=document, seen=request.POST.get("seen", ""), actor="preview", now=moment
        ),
    )
    count = len(form.differences())
    title = f"What {'this change' if count == 1 else f'these {count} changes'} would do"
    try:
        return preview_of(change, title=title, now=moment, zone=page["zone"]) if count else None
    except MeteringError as error:
        form.add_error(None, error.message)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """A line with its field and the other plan's value."""

    field: BoundField
    limit: Limit
    note: str
    was: str
    other: str
    ratio: str
    differs: bool


def _groups(form: PlanForm, other: Document | None) -> list[tuple[str, list[TableLine]]]:
    others = limits_of(other) if other is not None else {}
    changed = set(form.changed_data) if form.is_bound else set()
    found: dict[str, list[TableLine]] = {group: [] for group in GROUPS}
    for line in form.lines:
        own, beside = form.limits.get(line.name, line), others.get(line.name)
        found[line.group].append(
            TableLine(
                field=form[line.name],
                limit=line,
                note=own.note,
                was=(own.shown or "no limit") if line.name in changed else "",
                other=(beside.shown if beside else "") or "no limit",
                ratio=ratio(own, beside) if other is not None else "",
                differs=other is not None and own.value != (beside.value if beside else None),
            )
        )
    return [(group, rows) for group, rows in found.items() if rows]


def _access(form: PlanForm, other: Document | None) -> Any:
    for task in form.tasks:
        chosen = form[f"classes-{task.code}"].value() or []
        beside = (other["tasks"].get(task.code, {}) if other is not None else {}).get("classes", [])
        cells = [(each.code, each.code in chosen, each.code in beside) for each in form.classes]
        yield {
            "task": task,
            "name": f"classes-{task.code}",
            "cells": cells,
            "default": form[f"default-{task.code}"],
            "differs": other is not None and set(chosen) != set(beside),
        }


def _features(form: PlanForm, other: Document | None) -> Any:
    chosen = form["features"].value() or []
    for feature in form.features:
        has = other is not None and feature.code in other["features"]
        yield feature, feature.code in chosen, has, other is not None and (feature.code in chosen) != has


def _models() -> dict[str, str]:
    """The active models of each class, by name."""
    found: dict[str, list[str]] = {}
    for name, model_class in LLMModel.objects.filter(is_active=True).values_list("name", "model_class_id"):
        found.setdefault(model_class, []).append(name)
    return {each: _some(names) for each, names in found.items()}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
