"""How amounts look in lists: money in US dollars, meters as bars."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_console.subject_names import names_of
from admin_console.wording import count, usd_exact, when
from admin_console.words import dimension_word, scope_word, window_word
from metering.models import UsageMeter
from metering.thresholds import CRITICAL_PERCENT, WARNING_PERCENT
from metering.types import Dimension


def amount_of(dimension: str, amount: int | None, *, with_unit: bool = False) -> str:
    """An amount of a budget or a meter in the unit that people think in."""
    if dimension == Dimension.COST:
        return usd_exact(amount)
    return f"{count(amount)} {dimension_word(dimension)}" if with_unit else count(amount)


def moment(field: str) -> Callable[[Any], str]:
    """A list column of one moment, in UTC to the second, as every page writes moments."""

    @display(description=f"{field.replace('_', ' ').capitalize()} (UTC)", ordering=field)
    def column(row: Any) -> str:
        value = getattr(row, field)
        return (
            "-"
            if value is None
            else format_html('<span class="whitespace-nowrap">{}</span>', when(value, UTC))
        )

    return column


def usage_bar(used: int, held: int, limit: int | None) -> SafeString | str:
    """Used and held as parts of the limit."""
    if not limit:
        return "-"
    percent = 100 * (used + held) / limit
    colour = "bg-primary-600"
    if percent >= WARNING_PERCENT:
        colour = "bg-red-600" if percent >= CRITICAL_PERCENT else "bg-orange-500"
    return format_html(
        '<div class="flex gap-2 items-center w-32">'
        '<div class="bg-base-100 dark:bg-base-800 grow overflow-hidden rounded-default">'
        '<div class="h-1.5 {}" style="width: {}%"></div></div><span>{}%</span></div>',
        colour,
        f"{min(percent, 100):.0f}",
        f"{percent:.0f}",
    )


@display(description="Tokens in + out", ordering="input_tokens")
def tokens(row: Any) -> SafeString:
    """A list column of both directions."""
    text = f"{count(row.input_tokens)} + {count(row.output_tokens)}"
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def joined(parts: list[Any]) -> str:
    return ", ".join(str(part) for part in parts) or "-"


def links(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """Titles and addresses as a line of links."""
    return format_html_join(
        ", ",
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        ((url, title) for title, url in pairs),
    )


def change_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def meter_lines(meter_ids: list[int], amounts: list[int]) -> SafeString:
    """Amounts meter by meter, each in its own unit, as links to the meters."""
    meters = UsageMeter.objects.in_bulk(meter_ids)
    found = [(meters[key], amount) for key, amount in zip(meter_ids, amounts, strict=True) if key in meters]
    names = names_of((meter.subject_type, meter.subject_id) for meter, _ in found)
    return links(
        (f"{amount_of(meter.dimension, amount)} on {meter_words(meter, names)}", change_url(meter))
        for meter, amount in found
    )


def meter_words(meter: UsageMeter, names: Mapping[tuple[str, str], str]) -> str:
    """`tenant Alder, cost a month`"""
    name = names.get((meter.subject_type, meter.subject_id), "")
    subject = f"{scope_word(meter.subject_type)} {name}".strip()
    return f"{subject}, {dimension_word(meter.dimension)} {window_word(meter.window)}"
