"""A notice as a mail: its own words, and where it leads."""

from django.template.loader import render_to_string

from metering.alerts.channel import Message
from metering.alerts.public_url import public_url
from metering.models import Notice


def notice_message(notice: Notice) -> Message:
    """The notice for people. Its link is left out where nobody has said where the console is (PUBLIC_URL)."""
    public = public_url()
    facts = {
        "subject": notice.subject,
        "text": notice.text,
        "link": f"{public}{notice.path}" if public and notice.path else "",
        "notice_id": notice.pk,
    }
    return Message(
        subject=notice.subject,
        text=render_to_string("metering/alerts/notice.txt", facts),
        html=render_to_string("metering/alerts/notice.html", facts),
    )
