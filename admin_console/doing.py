"""What every page does around a verb: say in a sentence what was done, or why it was not."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.who import Viewer, ceiling_of_user
from metering.errors import MeteringError


def signed(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    """Who acts, when, and how far: what verbs about credentials and people take."""
    return {"actor": actor_of(request), "now": now(), "ceiling": ceiling_of_user(viewer.user)}


def is_done(request: HttpRequest, verb: Callable[[], str]) -> bool:
    """Runs a verb, which returns the sentence that says what it did; its refusal is told in its own words."""
    try:
        messages.success(request, verb())
    except MeteringError as error:
        messages.error(request, error.message)
        return False
    return True


def is_accepted(form: BaseForm, verb: Callable[[], Any]) -> bool:
    """The same for a form that is shown again: a refusal stands at the field that is at fault."""
    try:
        verb()
    except MeteringError as error:
        sentence = error.message.removeprefix(f"{error.param}: ")
        field = form.fields.get(error.param or "")
        form.add_error(None if field is None or field.widget.is_hidden else error.param, sentence)
        return False
    return True
