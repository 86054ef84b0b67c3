"""GET /metrics of a worker that shares no folder with a gateway: what its jobs have counted, by METRICS_TOKEN."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from gateway_project import env
from gateway_project.telemetry.exchange import Exchange, gather_earlier
from gateway_project.telemetry.metrics import EVERYTHING
from gateway_project.telemetry.token import holds_token
from launcher.errors import LauncherError
from launcher.listening import Address

READ_TIMEOUT_S = 5
"""For a request; one is answered at a time."""


@contextlib.contextmanager
def served_metrics(folder: Path, at: Address) -> Iterator[None]:
    """Serve what is published in the folder, in a thread, until the block ends. Raises LauncherError."""
    tokens = env.names("METRICS_TOKEN", [])
    if not tokens:
        raise LauncherError("--metrics needs METRICS_TOKEN, which guards the page.")
    gather_earlier(EVERYTHING, folder)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Exchange(EVERYTHING, folder))

    class Handler(BaseHTTPRequestHandler):
        timeout = READ_TIMEOUT_S

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
            elif not holds_token(self.headers.get("authorization", ""), tokens):
                self.send_error(401)
            else:
                page = generate_latest(registry)
                self.send_response(200)
                self.send_header("content-type", CONTENT_TYPE_LATEST)
                self.send_header("content-length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nothing: Prometheus asks every few seconds."""

    with HTTPServer((at.host, at.port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="worker.metrics")
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
