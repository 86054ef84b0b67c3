"""The console's words in templates: `{% load console %}`, then `{{ nano|usd }}`, `{{ moment|when:zone }}`.

`usd` in lists, `usd_exact` on a call's page, `count`, `part|share:whole`, `now|change:before`, `moment|when:zone` (the
one way to write a moment; `zone` is in every page), `date|day`, `seconds|duration`. `{% bell %}` is the way to the
viewer's notifications, with the number of those that were not read.
"""

from typing import Any

from django import template

from admin_console import wording
from admin_console.who import viewer_of
from metering.alerts.read_notifications import MOST, unread_notifications

register = template.Library()
for filter_ in (
    wording.usd,
    wording.usd_exact,
    wording.count,
    wording.percent,
    wording.share,
    wording.change,
    wording.when,
    wording.day,
    wording.short_day,
    wording.duration,
):
    register.filter(filter_.__name__, filter_)


@register.inclusion_tag("admin_console/parts/bell.html", takes_context=True)
def bell(context: Any) -> dict[str, str | bool]:
    """Nothing for who has no business in the console."""
    request = context.get("request")
    viewer = viewer_of(request) if request is not None else None
    if viewer is None:
        return {"is_shown": False}
    count = unread_notifications(viewer.user)
    return {"is_shown": True, "unread": "99+" if count >= MOST else str(count or "")}
