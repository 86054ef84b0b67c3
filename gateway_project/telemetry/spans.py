"""Spans of requests and of attempts at vendors, by OpenTelemetry's conventions for GenAI; never what was said.

A request's span is a child of the caller's, if it sends `traceparent`; an attempt's is a child of its request's.
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project import env
from gateway_project.http.paths import OPERATIONS, route_of
from gateway_project.telemetry.finish_reasons import finish_reasons
from metering.ports import AttemptFailed, Candidate, Usage, VendorAnswer, VendorCall, VendorChunk, Vendors
from metering.types import WireProtocol

SERVICE = "llm-gateway"
CLOSE_MS = 5_000
WELL_KNOWN = {"gemini": "gcp.gemini", "grok": "x_ai", "mistral": "mistral_ai"}
"""What the conventions call vendors that our shipped catalogs call otherwise."""
SETTINGS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
}
_propagator = TraceContextTextMapPropagator()


class Spans:
    """One process's spans. They wait in a bounded queue, and a thread sends them; what finds no room is dropped."""

    def __init__(self) -> None:
        name = env.text("OTEL_SERVICE_NAME", SERVICE)
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("llm-gateway")

    def flush(self) -> None:
        """Send what waits, within a few seconds."""
        self._provider.force_flush(CLOSE_MS)

    def of_requests(self, app: ASGIApp) -> ASGIApp:
        """The application, each of whose requests has a span."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] in OPERATIONS:
                await app(scope, receive, send)
                return
            headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
            route, method = route_of(scope["path"]), scope["method"]
            span = self._tracer.start_span(
                f"{method} {route}",
                context=_propagator.extract(headers),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method, "http.route": route},
            )

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            token = context.attach(trace.set_span_in_context(span))
            try:
                await app(scope, receive, noting)
            finally:
                context.detach(token)
                span.end()

        return traced

    def of_attempts(self, vendors: Vendors) -> Vendors:
        """The vendors, each attempt at which has a span."""
        return _TracedVendors(self._tracer, vendors)


class _TracedVendors:
    def __init__(self, tracer: trace.Tracer, vendors: Vendors) -> None:
        self._tracer, self._vendors = tracer, vendors

    def order(
        self, candidates: Sequence[Candidate], costs: Sequence[int], conversation: str | None
    ) -> Sequence[int]:
        return self._vendors.order(candidates, costs, conversation)

    async def count_input(self, call: VendorCall) -> int | None:
        return await self._vendors.count_input(call)

    async def complete(self, call: VendorCall) -> VendorAnswer:
        span = self._begin(call, stream=False)
        try:
            answer = await self._vendors.complete(call)
        except BaseException as error:
            _fail(span, error)
            raise
        else:
            _note_end(span, answer.model, answer.usage, finish_reasons(answer.body))
            return answer
        finally:
            span.end()

    async def stream(self, call: VendorCall) -> AsyncGenerator[VendorChunk, None]:
        span = self._begin(call, stream=True)
        reasons: tuple[str, ...] = ()
        model, usage = "", None
        try:
            async with aclosing(self._vendors.stream(call)) as chunks:
                async for chunk in chunks:
                    model, usage = chunk.model or model, chunk.usage or usage
                    reasons = finish_reasons(chunk.data) or reasons
                    yield chunk
        except BaseException as error:
            _fail(span, error)
            raise
        finally:
            _note_end(span, model, usage, reasons)
            span.end()

    def _begin(self, call: VendorCall, *, stream: bool) -> Span:
        operation = "embeddings" if call.protocol is WireProtocol.EMBEDDINGS else "chat"
        span = self._tracer.start_span(f"{operation} {call.model}", kind=SpanKind.CLIENT)
        span.set_attribute("gen_ai.operation.name", operation)
        span.set_attribute("gen_ai.provider.name", WELL_KNOWN.get(call.provider_name, call.provider_name))
        span.set_attribute("gen_ai.request.model", call.model)
        span.set_attribute("gen_ai.request.max_tokens", call.output_limit)
        span.set_attribute("gen_ai.request.stream", stream)
        span.set_attribute("llm_gateway.attempt_id", call.attempt_id)
        for name, attribute in SETTINGS.items():
            value = call.asked.get(name)
            if isinstance(value, int | float):
                span.set_attribute(attribute, value)
        return span


def _note_end(span: Span, model: str, usage: Usage | None, reasons: Sequence[str]) -> None:
    """What the vendor said of its answer, as far as it said it."""
    if model:
        span.set_attribute("gen_ai.response.model", model)
    if reasons:
        span.set_attribute("gen_ai.response.finish_reasons", reasons)
    if usage is None:
        return
    figures = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    }
    for name, figure in figures.items():
        if figure is not None:
            span.set_attribute(name, figure)


def _fail(span: Span, error: BaseException) -> None:
    """The kind of failure; never its words, in which a vendor may repeat what it was sent."""
    kind = type(error).__name__
    if isinstance(error, AttemptFailed):
        kind = str(error.status) if error.status is not None else error.outcome.value
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
