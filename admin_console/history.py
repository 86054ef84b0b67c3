"""Pages of the history: rows that only the ledger writes. Nothing can be added, changed or deleted here.

The tables may hold millions of rows, so a list reads an index from its newest end, counts up to a bound,
sorts by nothing else, and a filter that finds no index is stopped by the database after a few seconds.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ORDER_VAR
from django.db import OperationalError, connection, transaction
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from psycopg.errors import QueryCanceled
from unfold.decorators import display
from unfold.views import ChangeList

from admin_console.base import ConsoleAdmin, PreparedChangeList
from admin_console.list_totals import Formatter, Totals, totals_of
from admin_console.paginator import BoundedPaginator
from admin_console.row_words import readable
from admin_console.wording import usd_exact
from metering.ids import MAX_DERIVED
from metering.models import Tenant
from metering.text import normal

LIST_TIMEOUT_MS = 5_000
HIDDEN = frozenset({"body_digest", "end_digest", "idempotency_digest"})


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


class BoundedChangeList(PreparedChangeList):
    totals: Totals | None = None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows = super().get_queryset(request, exclude_parameters)
        if not self.params.get(ORDER_VAR):
            return rows
        # Another order than the index has is among the newest rows alone, which bounds what is sorted.
        usual = self.model_admin.get_ordering(request) or self.lookup_opts.ordering or ("-pk",)
        newest = rows.order_by(*usual).values("pk")[: BoundedPaginator.count_bound]
        ordering = rows.query.order_by
        return self.apply_select_related(self.root_queryset.filter(pk__in=newest)).order_by(*ordering)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.model_admin.totals:
            self.totals = totals_of(self.queryset, self.model_admin.totals, counted=self.paginator)
        # The page's head would offer to show all of them; the foot says how many are counted.
        self.full_result_count = self.result_count


class HistoryAdmin(ConsoleAdmin):
    """Read-only. `text_columns` are compared for equality when the search is for no known id."""

    actions = None
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a count for every choice of every filter
    paginator = BoundedPaginator
    list_per_page = 100
    list_max_show_all = 0
    list_after_template = "admin_console/list_totals.html"
    totals: Mapping[str, tuple[str, Formatter]] = {}
    """What the list adds up, by column."""
    text_columns: tuple[str, ...] = ()
    hidden: frozenset[str] = HIDDEN
    family_column = ""
    """The column of derived ids: a search for one finds all rows of its reservation."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Every column but the hidden ones; amounts of money in dollars instead of nano-USD."""
        names = [field.name for field in self.opts.concrete_fields if field.name not in self.hidden]
        shown = ["cost" if name == "cost_nano_usd" else name for name in names]
        return ["tenant", *(name for name in shown if name != "tenant_id")] if "tenant_id" in names else shown

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [(None, {"fields": self.get_readonly_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        shown = [readable(self.model, name, in_list=False) for name in self.get_fields(request, obj)]
        return [column for column in shown if column is not None]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        if not any(field.name == "tenant_id" for field in self.opts.concrete_fields):
            return queryset
        slug = Tenant.objects.filter(pk=OuterRef("tenant_id")).values("slug")[:1]
        return queryset.annotate(tenant_slug=Subquery(slug))

    @display(description="Tenant")
    def tenant(self, row: Any) -> str:
        name = row.tenant_slug or ("that is gone" if row.tenant_id else "-")
        return format_html('<span class="whitespace-nowrap">{}</span>', name)

    @display(description="Cost", ordering="cost_nano_usd")
    def cost(self, row: Any) -> str:
        return usd_exact(row.cost_nano_usd)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By id through the primary key; by equality of the text columns when no row has that id."""
        term = normal(search_term.strip())
        if not term or not self.search_fields:
            return queryset, False
        by_id = queryset.filter(self.by_id(term))
        if not self.text_columns or by_id.exists():
            return by_id, False
        any_column = Q()
        for column in self.text_columns:
            any_column |= Q(**{column: term})
        return queryset.filter(any_column), False

    def by_id(self, term: str) -> Q:
        identifier = uuid_of(term)
        if identifier is None:
            return Q(pk__in=[])
        if not self.family_column:
            return Q(pk=identifier)
        # Rows derived from a reservation differ from its id in the last 16 bits only.
        low, high = identifier.int & ~MAX_DERIVED, identifier.int | MAX_DERIVED
        return Q(**{f"{self.family_column}__range": (UUID(int=low), UUID(int=high))})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL statement_timeout = {LIST_TIMEOUT_MS:d}")
                response = super().changelist_view(request, extra_context)
                # Rendered here, because querysets in the template must meet the timeout too.
                return response.render() if hasattr(response, "render") else response
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled) or not request.GET:
                raise
            sentence = "This search would read too many rows. Narrow it, for example by tenant and time."
            self.message_user(request, sentence, messages.WARNING)
            return HttpResponseRedirect(request.path)
