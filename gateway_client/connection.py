"""Whom a provider talks to, and how: all that tells one provider from another, as a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway_client.call_log import CallLog, LoggedReader
from gateway_client.calls import Opened, first_answer
from gateway_client.errors import GatewayError
from gateway_client.header_texts import team_headers
from gateway_client.models import ModelList, listing
from gateway_client.rate_gate import RateGate
from gateway_client.retries import USUAL, RetryPolicy
from gateway_client.session import TokenSource
from gateway_client.steps import Flow
from gateway_client.strange_answers import understood
from gateway_client.surface import Surface
from gateway_client.values import ChatRequest, ChatResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One gateway, or in direct mode one vendor."""

    mode: str
    """As the log calls it."""
    base_url: str
    prefix: str
    """Where chat completions begin, below the address."""
    source: TokenSource
    surface: Surface
    model: str = ""
    """Asked for where a call names none. Empty: the plan's default."""
    fallbacks: tuple[str, ...] = ()
    """Models that are tried in turn after one that failed."""
    temperature: float | None = None
    max_tokens: int | None = None
    team: str | None = None
    timeout_s: float | None = None
    """How long an answer, or the next piece of a stream, may take to come. None: ten minutes."""
    policy: RetryPolicy = USUAL
    gate: RateGate = field(default_factory=RateGate)
    """Shared by all that use the connection."""

    @property
    def headers(self) -> Mapping[str, str]:
        """On every request."""
        return team_headers(self.team)

    def chat(self, request: ChatRequest, model: str | None) -> Flow[ChatResponse]:
        """A whole answer, and its line in the log."""
        log = self._log(model)
        try:
            opened = yield from first_answer(
                lambda name: self.surface.whole(request, name),
                models=self._models(model),
                policy=self.policy,
                gate=self.gate,
            )
            with understood():
                response = self.surface.response(opened.reply, request)
        except GatewayError as error:
            log.failed(error)
            raise
        log.completed(response)
        return response

    def stream(self, request: ChatRequest, model: str | None) -> tuple[Flow[Opened], LoggedReader]:
        """What opens a stream, and what reads it."""
        flow = first_answer(
            lambda name: self.surface.streamed(request, name),
            models=self._models(model),
            policy=self.policy,
            gate=self.gate,
            check=self.surface.check,
        )
        return flow, LoggedReader(self.surface.reader(request), self._log(model))

    def models(self, *, safe_mode: bool) -> Flow[ModelList]:
        return listing(self.prefix, self.policy, safe_mode=safe_mode)

    def _models(self, model: str | None) -> Sequence[str]:
        return (self.model if model is None else model, *self.fallbacks)

    def _log(self, model: str | None) -> CallLog:
        return CallLog(mode=self.mode, team=self.team, model=self.model if model is None else model)
