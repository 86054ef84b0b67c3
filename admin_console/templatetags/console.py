"""The console's words in templates: `{% load console %}`, then `{{ nano|usd }}`, `{{ moment|when:zone }}`.

`usd` in lists, `usd_exact` on a call's page, `count`, `part|share:whole`, `now|change:before`, `moment|when:zone` (the
one way to write a moment; `zone` is in every page), `date|day`, `seconds|duration`.
"""

from django import template

from admin_console import wording

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
