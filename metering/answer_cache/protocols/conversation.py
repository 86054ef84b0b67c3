"""What holds for the requests of every protocol in which models talk."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from metering.admission.forms.chat import RequestForm
from metering.admission.forms.kinds import kind_of
from metering.answer_cache.protocols.protocol import CachedProtocol
from metering.answer_cache.reasons import (
    AUDIO,
    CHOICES,
    CONTENT,
    EFFECTS,
    LIVE,
    SAMPLED,
    STATE,
    STORED,
    TOOL_RESULTS,
)
from metering.ports import Body

Part = Mapping[str, Any]
MCP = "mcp"
"""How the types of tools begin that are other people's servers, which the vendor calls."""


class CachedConversation(CachedProtocol):
    """The reasons in their order; each protocol says where it finds them."""

    form: ClassVar[RequestForm]

    def why_not(self, body: Body, *, any_: bool) -> str:
        """What is read at a glance comes first: agents' requests are long, and most of them say no temperature."""
        if self.is_stored(body):
            return STORED
        if not any_ and not _is_zero(body.get("temperature")):
            return SAMPLED
        return self.why_never(body) or ("" if any_ else self.why_for_any(body))

    def why_never(self, body: Body) -> str:
        """The reason why a request is not even for `any`; empty: there is none."""
        if self.refers_to_state(body):
            return STATE
        if self.has_sound(body):
            return AUDIO
        return EFFECTS if any(kind_of(tool).startswith(MCP) for tool in self.tools_of(body)) else ""

    def why_for_any(self, body: Body) -> str:
        """The reason why a request that is not sampled is for `any` only; empty: there is none."""
        if self.form.choices_of(body) != 1:
            return CHOICES
        if self.has_tool_results(body):
            return TOOL_RESULTS
        if self.names_unknown(body) or not all(map(self.is_callers, self.tools_of(body))):
            return LIVE
        return "" if all(map(self.is_fixed, self.parts_of(body))) else CONTENT

    def names_unknown(self, body: Body) -> bool:
        """Whether there is a field that the gateway does not know."""
        allowed = self.form.allowed
        return any(name not in allowed for name, value in body.items() if value is not None)

    @abstractmethod
    def is_stored(self, body: Body) -> bool:
        """Whether the vendor is asked to store the answer."""

    @abstractmethod
    def refers_to_state(self, body: Body) -> bool:
        """Whether it refers to what the vendor keeps, other than files."""

    @abstractmethod
    def has_sound(self, body: Body) -> bool:
        """Whether there is sound in it, or to be in the answer."""

    @abstractmethod
    def has_tool_results(self, body: Body) -> bool:
        """Whether it holds what tools said."""

    @abstractmethod
    def tools_of(self, body: Body) -> Iterable[Any]:
        """The tools that it offers."""

    @abstractmethod
    def is_callers(self, tool: Any) -> bool:
        """Whether the caller runs a tool."""

    @abstractmethod
    def parts_of(self, body: Body) -> Iterable[Part]:
        """What its messages are made of."""

    @abstractmethod
    def is_fixed(self, part: Part) -> bool:
        """Whether a part says all of it itself."""


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0
