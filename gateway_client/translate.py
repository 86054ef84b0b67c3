"""What the HTTP client and the SDK raise, as the client's own errors."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from gateway_client.errors import ConfigurationError, GatewayError, GatewayUnavailableError
from gateway_client.failures import error_from, failure_of
from gateway_client.retries import CONNECTION_LOST, TIMED_OUT, UNREACHABLE

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raises GatewayError in place of what a request to `address` raises."""
    try:
        yield
    except httpx2.InvalidURL as error:
        raise _no_address(address, error) from error
    except UnicodeEncodeError as error:
        raise ConfigurationError(
            f"The request cannot be sent: it holds {error.object[error.start : error.end]!r}, which is half a character"
            " or stands in a header, where only ASCII may."
        ) from error
    except httpx2.RequestError as error:
        raise _of_the_http_client(address, error) from error
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
        return _of_the_http_client(address, error.__cause__ or error)
    if isinstance(error, openai.APIError):  # an event of a stream
        return error_from(error.body if isinstance(error.body, dict) else {"message": error.message})
    return GatewayError(str(error))


def _of_the_http_client(address: str, cause: BaseException) -> GatewayError:
    if isinstance(cause, httpx2.UnsupportedProtocol):
        return _no_address(address, cause)
    if isinstance(cause, httpx2.LocalProtocolError) and "header" in str(cause):
        return ConfigurationError(
            "The request cannot be sent: one of its headers has a character that none may have."
        )
    if isinstance(cause, NEVER_SENT):
        what, code = "cannot be reached", UNREACHABLE
    elif isinstance(cause, httpx2.TimeoutException):
        what, code = "has not answered in time", TIMED_OUT
    else:
        what, code = "broke the connection off", CONNECTION_LOST
    return GatewayUnavailableError(f"{address} {what} ({str(cause) or type(cause).__name__}).", code=code)


def _no_address(address: str, error: BaseException) -> ConfigurationError:
    return ConfigurationError(f"{address} is no address: {error}")
