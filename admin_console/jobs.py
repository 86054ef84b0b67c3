"""Jobs and drafts of the tasks. What is in them is sealed, and not shown."""

from django.contrib import admin

from admin_console.display import moment
from admin_console.filters import TenantSlug
from admin_console.history import HIDDEN, HistoryAdmin
from admin_console.site import console
from metering.models import TaskDraft, TaskJob, TaskJobAttempt, TaskJobEvent

SEALED = HIDDEN | {"content", "result", "error", "attempt", "key", "key_digest"}


@admin.register(TaskJob, site=console)
class TaskJobAdmin(HistoryAdmin):
    list_display = (
        "id",
        "tenant",
        "task",
        "status",
        "progress",
        "runs",
        moment("created_at"),
        moment("ended_at"),
    )
    list_filter = (TenantSlug, "status", "task")
    search_fields = ("id",)
    search_help_text = "Job id"
    hidden = SEALED


@admin.register(TaskJobEvent, site=console)
class TaskJobEventAdmin(HistoryAdmin):
    list_display = ("id", "job", "number")
    list_select_related = ("job",)
    search_fields = ("job_id",)
    search_help_text = "Job id"
    hidden = SEALED


@admin.register(TaskJobAttempt, site=console)
class TaskJobAttemptAdmin(HistoryAdmin):
    list_display = ("id", "job", "reservation_id", "number")
    list_select_related = ("job",)
    search_fields = ("reservation_id",)
    search_help_text = "Reservation id"
    hidden = SEALED


@admin.register(TaskDraft, site=console)
class TaskDraftAdmin(HistoryAdmin):
    list_display = ("id", "tenant", moment("changed_at"), moment("expires_at"))
    list_filter = (TenantSlug,)
    search_fields = ("id",)
    search_help_text = "Draft id"
    hidden = SEALED
