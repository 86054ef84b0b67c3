"""A Celery worker publishes what its jobs have counted, every second and at its end, from a thread of its own."""

import logging
import threading
from pathlib import Path

from gateway_project.telemetry.exchange import Exchange
from gateway_project.telemetry.metrics import EVERYTHING

PUBLISH_S = 1.0
logger = logging.getLogger(__name__)


class PublishingThread:
    """Publishes into the folder until it is stopped."""

    def __init__(self, folder: Path) -> None:
        self._exchange = Exchange(EVERYTHING, folder)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry.publish", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish a last time, and end."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        told = False
        while True:
            last = self._stopped.wait(PUBLISH_S)
            try:
                self._exchange.publish()
                told = False
            except OSError as error:
                if not told:
                    logger.warning("telemetry.not_published", extra={"error": type(error).__name__})
                told = True
            if last:
                return
