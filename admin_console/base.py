"""What every page of the console shares: it asks who may, keeps natural keys, and refuses in plain words."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import ForeignKey, ProtectedError, RestrictedError
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.auditing import AuditedAdmin
from admin_console.labels import label_of
from admin_console.row_words import prepare, readable, title_of_row
from admin_console.who import is_operator


class OperatorOnly:
    """The role decides what may be done, not Django's permission tables."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)


class LabelledChoices:
    """Foreign keys are chosen by names that people know."""

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, ModelChoiceField):
            field.label_from_instance = label_of  # type: ignore[method-assign,assignment]
            if db_field.related_model.__name__ in {"Team", "User"}:
                field.queryset = field.queryset.select_related("tenant")  # type: ignore[union-attr]
        return field


class PreparedChangeList(ChangeList):
    """Lets an admin name what its rows are about for the whole page at once."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        self.result_list = rows
        prepare(rows)
        self.model_admin.prepare(rows)


class Named:
    """A row that pages call by its name; everything else it is asked is the row's."""

    def __init__(self, row: Any, title: str) -> None:
        self._row, self._title = row, title

    def __str__(self) -> str:
        return self._title

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class ConsoleAdmin(OperatorOnly, LabelledChoices, AuditedAdmin, ModelAdmin):
    """An editable noun."""

    list_per_page = 50
    list_filter_submit = True
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        fields = tuple(super().get_readonly_fields(request, obj))
        key = self.opts.pk
        # A changed natural key would save a copy and leave the old row behind.
        return (*fields, key.name) if obj is not None and key.editable and not key.auto_created else fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """A read-only natural key stays in its place at the top."""
        fields = list(super().get_fields(request, obj))
        key = self.opts.pk.name
        return [key, *(name for name in fields if name != key)] if key in fields else fields

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Operators lack no permission; a row that may not go is protected, and the page says by what."""
        tree, counts, refused, protected = super().get_deleted_objects(objs, request)
        kept = [f"{noun}: part of the books, switch it off instead" for noun in sorted(map(str, refused))]
        return tree, counts, set(), protected or kept

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except (ProtectedError, RestrictedError) as refusal:
            return self._refused(request, refusal)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            # A bulk deletion and its audit events are committed together; Django's own action is not atomic.
            with transaction.atomic() if request.method == "POST" else nullcontext():
                return super().changelist_view(request, extra_context)
        except (ProtectedError, RestrictedError) as refusal:
            return self._refused(request, refusal)

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = [readable(self.model, name, in_list=True) for name in super().get_list_display(request)]
        return [column for column in shown if column is not None]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            title = self.title_of(row)
            context.update(original=Named(row, title), title=title, subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PreparedChangeList

    def prepare(self, rows: list[Any]) -> None:
        """Adds to the rows of a page what their columns need, in a bounded number of queries."""

    def title_of(self, row: Any) -> str:
        """What the page of a row is called."""
        return title_of_row(row)

    def row_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row that an action of this page is about."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def _refused(self, request: HttpRequest, refusal: ProtectedError | RestrictedError) -> HttpResponse:
        # The confirmation page names what protects a row; this is for what was added since it was shown.
        protectors = getattr(refusal, "protected_objects", ()) or getattr(refusal, "restricted_objects", ())
        nouns = sorted({str(row._meta.verbose_name_plural) for row in protectors})
        sentence = f"Not deleted: {', '.join(nouns) or 'other rows'} still refer to it."
        self.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class ConsoleInline(OperatorOnly, LabelledChoices, TabularInline):
    """Rows of another noun on their owner's page."""

    extra = 0
    show_change_link = False
    hide_title = True


class ReadOnlyInline(ConsoleInline):
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
