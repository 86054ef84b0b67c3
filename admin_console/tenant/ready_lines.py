"""Lines that call the gateway with a token, as a page shows them."""

from django.http import HttpRequest

from metering.alerts.public_url import public_url
from metering.models import ATIToken
from metering.onboarding.ready_lines import ReadyLines, ready_lines


def lines_for(request: HttpRequest, token: ATIToken) -> ReadyLines:
    """With the gateway's own address (PUBLIC_URL), else the one at which this page was asked for."""
    return ready_lines(token, base_url=public_url() or request.build_absolute_uri("/").rstrip("/"))
