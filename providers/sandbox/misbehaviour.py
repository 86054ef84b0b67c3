"""The sandbox is slow, fails and breaks off, as its directives say."""

import asyncio

from msgspec.structs import replace

from providers.port import EstimateReason, Failure, ProviderCall, ProviderError, Usage
from providers.sandbox.directives import Directives

RETRYABLE_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504})


async def misbehave(call: ProviderCall, asked: Directives, usage: Usage) -> None:
    """Before the first byte of an answer that would use so much."""
    call.progress.sent = True
    if asked.timeout or asked.slow_s > call.timeout_s:
        await asyncio.sleep(call.timeout_s if not asked.timeout else 0)
        raise ProviderError(
            "The sandbox timed out, as asked.",
            failure=Failure.TIMEOUT,
            retryable=True,
            usage=unanswered(call, usage),
        )
    if asked.slow_s:
        await asyncio.sleep(asked.slow_s)
    if asked.error is not None:
        raise ProviderError(
            f"The sandbox answered {asked.error}, as asked.",
            failure=Failure.REFUSED,
            retryable=asked.error in RETRYABLE_STATUS,
            status=asked.error,
        )


def cut(usage: Usage) -> ProviderError:
    return ProviderError(
        "The sandbox cut its answer off, as asked.", failure=Failure.CUT, retryable=True, usage=usage
    )


def charged(usage: Usage, asked: Directives) -> Usage:
    """What it reports; its own count, marked, where it was asked to report none."""
    return replace(usage, estimate_reason=EstimateReason.MISSING) if asked.no_usage else usage


def unanswered(call: ProviderCall, usage: Usage) -> Usage:
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=call.output_limit,
        estimate_reason=EstimateReason.UNANSWERED,
    )


def came(usage: Usage, chunks: int) -> Usage:
    """Of a stream that is cut after so many chunks, some of which hold no token."""
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=min(chunks, usage.output_tokens or 0),
        estimate_reason=EstimateReason.CUT,
    )
