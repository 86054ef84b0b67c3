"""Questions asked before a verb acts. Each opens on GET and acts on POST only."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from metering.identity.tokens.rotate_token import MAX_GRACE
from metering.models import Plan

GRACE_CHOICES = {
    "0": "none: the old secret ends now",
    "1": "1 hour",
    "24": "1 day",
    "168": "7 days",
    "720": "30 days",
}


def back_to(model: str, object_id: Any) -> HttpResponse:
    """Leave the dialog for the page it was opened on; a dialog is answered by htmx, which wants a header."""
    return HttpResponse(headers={"HX-Redirect": reverse(f"admin:metering_{model}_change", args=(object_id,))})


class AssignPlanDialog(BaseDialogForm):
    plan = forms.ModelChoiceField(
        queryset=Plan.objects.filter(is_active=True), widget=UnfoldAdminSelectWidget
    )


class RotateDialog(BaseDialogForm):
    grace = forms.ChoiceField(
        choices=list(GRACE_CHOICES.items()),
        initial="24",
        label="How long the old secret keeps working",
        widget=UnfoldAdminSelectWidget,
    )

    def clean_grace(self) -> timedelta:
        return min(timedelta(hours=int(self.cleaned_data["grace"])), MAX_GRACE)


class ConfirmDialog(BaseDialogForm):
    """No question but whether to go on."""
