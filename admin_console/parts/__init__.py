"""The pieces that pages are built of. A view makes them, a template shows them:

    view:      parts = {"spent": Figure(label="Spent today", value=usd(nano), exact=usd_exact(nano), url=...)}
    template:  {% include "admin_console/parts/figure.html" with figure=spent %}

| piece | made by | template (`with NAME=…`) |
|---|---|---|
| figure card | `Figure(...)` | `figure.html` (figure), inside `<section class="figures">` |
| budget bar | `budget_bar(title=, used=, held=, limit=, amount=usd, forecast=, base=)` | `budget_bar.html` (bar) |
| stacked chart | `stacked_chart(title=, columns=, series=, amount=, average_before=)` | `stacked_chart.html` (chart) |
| table | `Table(columns=, rows=, total=, empty=)` | `table.html` (table) |
| filter bar | `FilterBar.of(request.GET, ranges=, selects=, labels=, search=)` | `filters.html` (filters) |
| empty state | `Empty(title=, text=, button=, url=)` | `empty.html` (empty) |
| blast radius | `Blast(title=, lines=, note=)` | `blast.html` (blast) |
| story | `Step(...)`, ... | `story.html` (story) |
| waterfall | `Waterfall.of(attempts, ...)` | `waterfall.html` (waterfall) |

A page extends `admin_console/page.html` and fills the blocks `actions` (buttons at the top right) and `page`:

    {% extends "admin_console/page.html" %}{% load console %}
    {% block page %}
        {% include "admin_console/parts/filters.html" with filters=filters %}
        <section class="card">
            <header><h2>Tenants</h2></header>
            {% include "admin_console/parts/table.html" with table=table %}
        </section>
    {% endblock %}

All texts in a piece are as people read them (`admin_console/wording.py`); pieces know nothing of money or zones.
Layout: `<div class="cols two">` or `cols wide-left` folds to one column; `class="lo"` hides a table's column below
1180 px, `mid` below 640 px; `<span class="tag ok|warn|bad|info">`; `<a class="btn main">`; `<ul class="todo">`.
"""

from admin_console.parts.budget_bar import BudgetBar, budget_bar
from admin_console.parts.chart import Chart, Day, Series, stacked_chart
from admin_console.parts.figure import Figure, Spark
from admin_console.parts.filters import Chip, Choice, FilterBar, Select
from admin_console.parts.notes import Blast, Empty
from admin_console.parts.query import with_query
from admin_console.parts.row_html import row_html
from admin_console.parts.search import has_all, matching, typed
from admin_console.parts.story import Attempt, Step, Waterfall
from admin_console.parts.table import Cell, Column, Row, Table, linked_columns, sort_key, sorted_rows

__all__ = [
    "Attempt",
    "Blast",
    "BudgetBar",
    "Cell",
    "Chart",
    "Chip",
    "Choice",
    "Column",
    "Day",
    "Empty",
    "Figure",
    "FilterBar",
    "Row",
    "Select",
    "Series",
    "Spark",
    "Step",
    "Table",
    "Waterfall",
    "budget_bar",
    "has_all",
    "linked_columns",
    "matching",
    "row_html",
    "sort_key",
    "sorted_rows",
    "stacked_chart",
    "typed",
    "with_query",
]
