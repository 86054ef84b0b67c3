"""Where an endpoint finds what runs in this process."""

from starlette.requests import Request

from gateway_project.wiring import Runtime
from metering.errors import MeteringUnavailable
from metering.gateway import LLMGateway


def runtime_of(request: Request) -> Runtime:
    """The server's runtime. Raises MeteringUnavailable while it starts or stops."""
    runtime: Runtime | None = getattr(request.app.state, "runtime", None)
    if runtime is None:
        raise MeteringUnavailable("The gateway is starting or stopping.")
    return runtime


def gateway_of(request: Request) -> LLMGateway:
    """The server's gateway. Raises MeteringUnavailable while it starts or stops."""
    return runtime_of(request).gateway
