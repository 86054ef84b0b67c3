"""The list of plans: who is on each, and its limits in short; and a plan's copy under another code."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.parts import Cell, Column, Empty, Row, Table, sort_key, sorted_rows
from admin_console.plan.holders import Held, held_plans
from admin_console.plan.limits import MONEY, limits_of
from admin_console.who import Viewer
from metering.catalog.change_plan import Document, add_plan, plan_documents
from metering.errors import MeteringError

COLUMNS = (
    Column(key="name", title="Plan", sorts=True),
    Column(key="tenants", title="Tenants", is_number=True, sorts=True),
    Column(key="tokens", title="Live tokens", is_number=True, sorts=True),
    Column(key="limits", title="Money", hides="mid"),
    Column(key="rest", title="Other limits", hides="lo"),
    Column(key="features", title="Features", is_number=True, sorts=True, hides="mid"),
)
IN_SHORT = 3


class NewPlanForm(forms.Form):
    code = forms.RegexField(
        regex=r"^[A-Za-z0-9_-]{1,32}\Z",
        max_length=32,
        label="Code",
        help_text="What tokens and files call it, such as PRO.",
        error_messages={"invalid": "A code has letters, digits, “-” and “_”, at most 32."},
    )
    name = forms.CharField(max_length=100, label="Name")


def plans(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    moment = now()
    documents, held = plan_documents(now=moment), held_plans(now=moment)
    rows = [(code, document, held.get(code, Held())) for code, document in documents.items()]
    text = request.GET.get("q", "").strip().lower()
    rows = [row for row in rows if text in f"{row[0]} {row[1]['name']}".lower()]
    key = sort_key(request.GET, COLUMNS, default="name")
    rows = sorted_rows(
        rows,
        key,
        {
            "name": lambda row: row[1]["name"].lower(),
            "tenants": lambda row: row[2].tenants,
            "tokens": lambda row: row[2].tokens,
            "features": lambda row: len(row[1]["features"]),
        },
    )
    table = Table.of(
        request.GET,
        caption="Plans",
        columns=COLUMNS,
        rows=[_row(*row) for row in rows],
        total=_total(rows) if rows else (),
        default="name",
        empty=Empty(
            title="No plan is called so." if text else "There is no plan yet.",
            text="A plan says which features, models and limits a token brings.",
            button="Add a plan",
            url=reverse("admin:plan_new"),
        ),
    )
    choices = [(code, document["name"]) for code, document in documents.items()]
    return render(request, "admin_console/plans.html", {**page, "table": table, "plans": choices, "q": text})


def compare(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """`?plan=A&beside=B`: both side by side, what differs first."""
    first, beside = request.GET.get("plan", ""), request.GET.get("beside", "")
    if first not in plan_documents(now=now()):
        raise Http404
    return redirect(f"{reverse('admin:plan', args=(first,))}?beside={beside}&differs=1")


def new(request: HttpRequest, viewer: Viewer, page: dict[str, Any], code: str = "") -> HttpResponse:
    """A new plan; with a code a copy of that one."""
    documents = plan_documents(now=now())
    if code and code not in documents:
        raise Http404
    source: Document = documents[code] if code else {"features": [], "tasks": {}, "rules": [], "budgets": []}
    form = NewPlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        document = {**source, "name": given["name"]}
        try:
            add_plan(code=given["code"], document=document, actor=actor_of(request), now=now())
        except MeteringError as error:
            form.add_error(error.param if error.param in form.fields else None, error.message)
        else:
            messages.success(request, f"{given['name']} is there. Nobody has it yet.")
            return redirect("admin:plan", code=given["code"])
    title = f"Copy of {source['name']}" if code else "A new plan"
    return render(request, "admin_console/plan_new.html", {**page, "form": form, "title": title, "of": code})


def _row(code: str, document: Document, held: Held) -> Row:
    is_active = document.get("active", True)
    limits = list(limits_of(document).values())
    money = [f"{limit.label}: {limit.shown}" for limit in limits if limit.group == MONEY]
    rest = [f"{limit.label}: {limit.shown}" for limit in limits if limit.group != MONEY]
    return Row(
        cells=(
            Cell(
                text=document["name"],
                url=reverse("admin:plan", args=(code,)),
                small=code,
                tag="" if is_active else "off",
                tone="" if is_active else "warn",
            ),
            Cell(text=f"{held.tenants:,}"),
            Cell(text=f"{held.tokens:,}"),
            Cell(text=_short(money)),
            Cell(text=_short(rest)),
            Cell(text=str(len(document["features"]))),
        )
    )


def _short(texts: list[str]) -> str:
    more = f"; {len(texts) - IN_SHORT} more" if len(texts) > IN_SHORT else ""
    return "; ".join(texts[:IN_SHORT]) + more if texts else "no limit"


def _total(rows: list[tuple[str, Document, Held]]) -> tuple[Cell, ...]:
    tenants, tokens = sum(row[2].tenants for row in rows), sum(row[2].tokens for row in rows)
    return (
        Cell(text=f"{len(rows)} plans"),
        Cell(text=f"{tenants:,}"),
        Cell(text=f"{tokens:,}"),
        Cell(),
        Cell(),
        Cell(),
    )
