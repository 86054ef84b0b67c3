"""What the HTTP client and the SDK raise, as the client's own errors."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from gateway_client.errors import ConfigurationError, GatewayError, GatewayUnavailableError
from gateway_client.failures import error_from, failure_of

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raises GatewayError in place of what a request to `address` raises."""
    try:
        yield
    except httpx2.InvalidURL as error:
        raise ConfigurationError(f"{address} is no address: {error}") from error
    except httpx2.RequestError as error:
        raise _unreachable(address, error) from error
    except _sdk_errors() as error:
        raise _of_the_sdk(address, error) from error


def _sdk_errors() -> tuple[type[Exception], ...]:
    """Asked only when something was raised: the SDK is loaded by then, or it was not the SDK."""
    sdk = sys.modules.get("openai")
    return (sdk.OpenAIError,) if sdk is not None else ()


def _of_the_sdk(address: str, error: Any) -> GatewayError:
    import openai

    if isinstance(error, openai.APIStatusError):
        return failure_of(error.status_code, error.response.headers, error.response.content)
    if isinstance(error, openai.APIConnectionError):
        return _unreachable(address, error.__cause__ or error)
    if isinstance(error, openai.APIError):  # an event of a stream
        return error_from(error.body if isinstance(error.body, dict) else {"message": error.message})
    return GatewayError(str(error))


def _unreachable(address: str, cause: BaseException) -> GatewayUnavailableError:
    sent = not isinstance(cause, NEVER_SENT)
    what = "broke the connection off" if sent else "cannot be reached"
    return GatewayUnavailableError(
        f"{address} {what} ({str(cause) or type(cause).__name__}).",
        code="connection_lost" if sent else "unreachable",
    )
