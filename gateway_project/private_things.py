"""Whether anything beside the gateway's own detectors looks for private things in what is kept of calls."""

import logging

from django.conf import settings

from metering.content.presidio import presidio_finder
from metering.content.redact import Finder

logger = logging.getLogger(__name__)


def private_things_finder() -> Finder | None:
    """Presidio for the language that CONTENT_PRESIDIO_LANGUAGE names; None: nothing. Raises ImportError without it:
    an operator who wants names redacted must not get a gateway that keeps them.
    """
    language: str = settings.CONTENT_PRESIDIO_LANGUAGE
    if not language:
        return None
    logger.info("content.presidio", extra={"language": language})
    return presidio_finder(language)
