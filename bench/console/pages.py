"""Which pages are opened: those that add usage up, as people come to them."""

from datetime import datetime

from django.utils.timezone import now

from admin_console.pages import AUDIENCE_OF

EXPLORE = "/admin/explore/"
PAGES = {
    "explore 30 days by model": EXPLORE,
    "explore 30 days by user, then model": f"{EXPLORE}?group=user&subgroup=model",
    "explore 7 days by task, of one model": f"{EXPLORE}?range=7d&group=task&model=model-1",
    "explore today by hour": f"{EXPLORE}?range=today&group=provider",
    "explore 30 days by tag": f"{EXPLORE}?group=tag",
    "explore 7 days by conversation": f"{EXPLORE}?range=7d&group=conversation",
    "p95 latency of 30 days": f"{EXPLORE}?metric=latency&group=provider",
    **{
        name: f"/admin/{route}"
        for name, route in (("index", ""), ("activity", "activity/"), ("budgets", "budgets/"))
        if name in AUDIENCE_OF
    },
}


def at() -> datetime:
    return now()
