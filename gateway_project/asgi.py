"""The server: wire protocols in front, Django behind, one runtime in the same event loop."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from django.conf import settings
from django.core.asgi import get_asgi_application
from starlette.applications import Starlette
from starlette.types import ASGIApp, Lifespan

from gateway_project.http.django_connections import close_after_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_project.settings")
django_application = get_asgi_application()
close_after_requests()

# These import models, so Django has to be set up before them.
from gateway_project import wiring  # noqa: E402
from gateway_project.collector import spare_what_lives_long  # noqa: E402
from gateway_project.front.behind_tls import BehindTls  # noqa: E402
from gateway_project.front.cors import Cors  # noqa: E402
from gateway_project.front.every_request import EveryRequest  # noqa: E402
from gateway_project.front.guard import Guard  # noqa: E402
from gateway_project.housekeeping import housekeeping  # noqa: E402
from gateway_project.http.django_gate import DjangoGate  # noqa: E402
from gateway_project.proxy.app import make_app  # noqa: E402
from gateway_project.telemetry.publish import published  # noqa: E402
from gateway_project.telemetry.tracing import spans  # noqa: E402
from gateway_project.vendor_readiness import waiting_for_vendors  # noqa: E402

logger = logging.getLogger(__name__)
DRAIN_S = 20.0
"""How long running calls may go on after the server was told to stop."""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Start the runtime, keep house while serving, drain at the end."""
    wiring.serve_sync_callers_from(asyncio.get_running_loop())
    app.state.runtime = runtime = await wiring.start(wiring.writer_apart, spool_folder=settings.SPOOL_DIR)
    try:
        async with (
            housekeeping(runtime.gateway.directory),
            published(runtime),
            waiting_for_vendors(runtime.vendors),
        ):
            spare_what_lives_long()
            yield
    finally:
        app.state.runtime = None
        await wiring.stop(DRAIN_S)
        wiring.serve_sync_callers_from(None)


def make_application(lifespan: Lifespan[Starlette]) -> ASGIApp:
    """Everything that this project serves."""
    front = make_app(DjangoGate(cast(ASGIApp, django_application)), lifespan)
    guard = Guard(front, max_requests=settings.MAX_CONCURRENT_REQUESTS)
    origins: list[str] = settings.CORS_ALLOWED_ORIGINS
    whole: ASGIApp = Cors(guard, origins=origins) if origins else guard
    public_url: str = settings.PUBLIC_URL
    if public_url.startswith("https://"):
        if not settings.TRUSTED_PROXIES:
            logger.warning("proxy.addresses_unknown", extra={"problem": "TRUSTED_PROXIES names no proxy"})
        whole = BehindTls(whole, public_url=public_url)
    tracing = spans()
    if tracing is not None:
        whole = tracing.of_requests(whole)
    return EveryRequest(whole)


application = make_application(lifespan)
