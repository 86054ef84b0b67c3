"""Which form belongs to which protocol."""

from collections.abc import Mapping

from metering.admission.forms.chat import CHAT, RequestForm
from metering.admission.forms.embeddings import EMBEDDINGS
from metering.admission.forms.messages import MESSAGES
from metering.admission.forms.responses import RESPONSES
from metering.types import WireProtocol

FORMS: Mapping[WireProtocol, RequestForm] = {
    WireProtocol.CHAT: CHAT,
    WireProtocol.MESSAGES: MESSAGES,
    WireProtocol.RESPONSES: RESPONSES,
    WireProtocol.EMBEDDINGS: EMBEDDINGS,
}
