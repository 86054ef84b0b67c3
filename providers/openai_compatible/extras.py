"""What an answer costs beside its tokens, in the vendor's words: calls of its tools, its own figure of the cost, and
what else than the service tier moves the price, and which models took part.

Over a stream each figure counts at its largest, as tokens do.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.openai_compatible.stated_cost import COST, TICKS, cost_of

MAX_CALLS = 1_000_000
MAX_PARTS = 1_000
TIER_LENGTH = 32
NO_CALLS: dict[str, int] = {}
"""Never changed."""
Part = tuple[str, Mapping[str, Any]]
"""The vendor's name of a model, and a usage object."""
PLAIN = "standard"
OTHER = "other"

_NAMES = {
    "web_search": "web_search web_search_requests web_search_calls web_search_call x_search x_search_calls search"
    " num_search_queries num_sources_used",
    "web_fetch": "web_fetch web_fetch_requests web_fetch_calls visit browse_page visit_website",
    "file_search": "file_search file_search_calls file_search_call document_search document_search_calls"
    " collections_search collections_search_calls attachment_search",
    "code_execution": "code_execution code_execution_requests code_execution_calls code_interpreter"
    " code_interpreter_calls code_interpreter_call python",
}
TOOLS = {name: own for own, names in _NAMES.items() for name in names.split()}
"""Vendors' names of their tools → ours."""
PAGE_ACTIONS = ("open_page", "find_in_page", "find")
COUNTS_IN = ("server_tool_use", "server_side_tool_usage", "server_side_tool_usage_details")
"""Objects of a usage object that say how often each tool was called."""
LISTED_IN = "server_side_tools_used"
"""A list with one name for each call."""
LISTED_PREFIX = "server_side_tool_"
CALLS_OF_ALL = "num_server_side_tools_used"
ALONE = ("num_search_queries", "num_sources_used")
"""Figures that stand in the usage object itself."""
PLAIN_SERVICE: dict[str, tuple[object, ...]] = {
    "speed": (None, "", "standard"),
    "inference_geo": (None, "", "not_available", "global"),
}
"""Field → the values that cost the listed price."""
SOUND, PICTURES = "audio", "image"
_READ_SOUND = {"audio_tokens": SOUND}
_MADE = {"audio_tokens": SOUND, "image_tokens": PICTURES}
KINDS = {
    "prompt_tokens_details": _READ_SOUND,
    "input_tokens_details": _READ_SOUND,
    "completion_tokens_details": _MADE,
    "output_tokens_details": _MADE,
}
"""Objects of a usage object → what tokens in them are of a kind that has a price of its own. Pictures that are read
cost what text does.
"""
SECONDS_OF_SOUND = "prompt_audio_seconds"
_READ = frozenset(
    {
        *COUNTS_IN,
        LISTED_IN,
        CALLS_OF_ALL,
        *ALONE,
        *PLAIN_SERVICE,
        COST,
        TICKS,
        SECONDS_OF_SOUND,
        "iterations",
        "usage_breakdown",
    }
)


class Extras:
    """Collects them of one answer."""

    __slots__ = ("_calls_of_all", "_counts", "_marks", "answered_by", "cost_nano_usd", "parts")

    def __init__(self) -> None:
        self.cost_nano_usd: int | None = None
        """What the vendor says that the call costs."""
        self.answered_by = ""
        """The model that gave the answer, where another one may have done so than was asked."""
        self.parts: list[Part] = []
        """The usage of each model that took part and is named."""
        self._counts: dict[str, int] = {}
        self._calls_of_all = 0
        self._marks: dict[str, None] = {}

    @property
    def tool_calls(self) -> dict[str, int]:
        """Calls by our names of the tools; `other` are those whose name is not known, or not said."""
        counts = self._counts
        if not counts and not self._calls_of_all:
            return NO_CALLS  # nearly always
        unnamed = self._calls_of_all - sum(counts.values())
        return {**counts, OTHER: counts.get(OTHER, 0) + unnamed} if unnamed > 0 else dict(counts)

    def tier(self, named: str) -> str:
        """The service tier, and what else than the listed price applies."""
        if not self._marks:
            return named
        return "+".join((named or PLAIN, *self._marks))[:TIER_LENGTH]

    def read(self, usage: Mapping[str, Any]) -> None:
        """One usage object, whatever else is in it."""
        for name, kinds in KINDS.items():
            if details := usage.get(name):
                self._mark_kinds(details, kinds)
        if _READ.isdisjoint(usage):
            return
        for name in COUNTS_IN:
            if isinstance(counts := usage.get(name), Mapping):
                self.count(counts.items())
        self.count((name, usage[name]) for name in ALONE if name in usage)
        listed = usage.get(LISTED_IN)
        if isinstance(listed, list):
            self.count_each(str(each).lower().removeprefix(LISTED_PREFIX) for each in listed[:MAX_CALLS])
        self._calls_of_all = max(self._calls_of_all, _calls(usage.get(CALLS_OF_ALL)))
        for name, plain in PLAIN_SERVICE.items():
            if (value := usage.get(name)) not in plain and isinstance(value, str) and value.isprintable():
                self.mark(value)
        if _calls(usage.get(SECONDS_OF_SOUND)):
            self.mark(SOUND)
        parts = list(_parts_in(usage))
        if len(parts) >= len(self.parts):
            self.parts = parts  # over a stream the list grows
        self.cost(cost_of(usage))

    def _mark_kinds(self, details: object, kinds: Mapping[str, str]) -> None:
        if isinstance(details, Mapping):
            for name, kind in kinds.items():
                if _calls(details.get(name)):
                    self.mark(kind)

    def count(self, calls: Iterable[tuple[str, object]]) -> None:
        """How often each tool was called, by the vendor's names."""
        counts: dict[str, int] = {}
        for name, value in calls:
            if number := _calls(value):
                own = TOOLS.get(name, OTHER)
                counts[own] = counts.get(own, 0) + number
        for own, number in counts.items():
            self._counts[own] = max(number, self._counts.get(own, 0))

    def count_each(self, names: Iterable[str]) -> None:
        """The same from a list with one name for each call."""
        counts: dict[str, int] = {}
        for name in names:
            counts[name] = counts.get(name, 0) + 1
        self.count(counts.items())

    def said(self, message: Mapping[str, Any]) -> None:
        """What a message says of tools: Groq lists those that it ran, others cite the pages that they have read."""
        if executed := message.get("executed_tools"):
            self.count_each(_kinds(_items(executed)))
        cited = message.get("annotations")
        if cited and "url_citation" in _kinds(_items(cited)):
            self.count([("web_search", 1)])

    def output(self, items: object) -> None:
        """The items of a Responses answer, of which some are calls of tools."""
        calls = [item for item in _items(items)[:MAX_CALLS] if not _reads_a_page(item)]
        self.count_each(kind for kind in _kinds(calls) if kind in TOOLS)

    def mark(self, what: str) -> None:
        """Note that something moves the price."""
        self._marks[what.lower()] = None

    def cost(self, nano_usd: int | None) -> None:
        """Note what the vendor says that it costs."""
        if nano_usd is not None:
            self.cost_nano_usd = max(nano_usd, self.cost_nano_usd or 0)


def _calls(value: object) -> int:
    """A number of calls; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return 0
    return int(min(value, MAX_CALLS))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _kinds(items: list[Any]) -> list[str]:
    return [str(item.get("type")) for item in items[:MAX_CALLS] if isinstance(item, Mapping)]


def _reads_a_page(item: object) -> bool:
    """Whether a call of a search opened a page that was found, or looked for something in it: that has no fee."""
    action = item.get("action") if isinstance(item, Mapping) else None
    return isinstance(action, Mapping) and action.get("type") in PAGE_ACTIONS


def _parts_in(usage: Mapping[str, Any]) -> Iterator[Part]:
    """The models that have usage of their own: Groq's compound systems list all of theirs (a list that cannot be read
    is of one without a name), Anthropic its advisors and those that it fell back to.
    """
    breakdown = usage.get("usage_breakdown")
    models = _items(breakdown.get("models")) if isinstance(breakdown, Mapping) else []
    for each in models[:MAX_PARTS] or ([{}] if breakdown else []):
        own = each.get("usage") if isinstance(each, Mapping) else None
        yield _model_of(each), own if isinstance(own, Mapping) else {}
    for each in _items(usage.get("iterations"))[:MAX_PARTS]:
        if isinstance(each, Mapping) and each.get("type") in ("advisor_message", "fallback_message"):
            yield _model_of(each), each


def _model_of(part: object) -> str:
    model = part.get("model") if isinstance(part, Mapping) else None
    return model if isinstance(model, str) else ""
