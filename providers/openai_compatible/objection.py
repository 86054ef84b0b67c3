"""Which field of the gateway's own a vendor's refusal objects to, so that the call is sent again without it."""

import re

from providers.openai_compatible.error_body import NOT_TAKEN
from providers.openai_compatible.hints import LEARNT
from providers.port import ProviderError

TEACHES = frozenset({400, 422})
"""Statuses with which a vendor refuses a field."""
OF_A_VALUE = re.compile(
    r"too (?:large|big|high|many|small)|at (?:most|least)|(?:less|greater|smaller|larger|higher|lower|more) than"
    r"|exceed|maximum|minimum|out of range|between|must be (?:a |an )?(?:positive|integer|number)",
    re.IGNORECASE,
)
"""In a refusal that no other name would mend: the vendor might not read the other one, and so obey no limit."""
OF_A_NAME = re.compile(
    r"unsupported|not supported|unknown|unrecogni[sz]ed|unexpected|permitted|extra|deprecated|instead",
    re.IGNORECASE,
)

OF_ONE_VALUE = re.compile(r"\bvalues?\b|\bone of\b|\bshould be\b|\bmust be\b|\benum", re.IGNORECASE)
"""In a refusal of how hard to think, or the like, by a vendor that takes other words for it."""


def field_objected_to(error: ProviderError, added: list[str]) -> str | None:
    """The field of those that the gateway added which a refusal names, if it names one and does not mean its value."""
    if error.status not in TEACHES or error.code not in (None, NOT_TAKEN):
        return None
    if OF_A_VALUE.search(error.message) and not OF_A_NAME.search(error.message):
        return None
    texts = (error.param or "", error.message)
    return next(
        (name for text in texts for name in added if re.search(rf"(?<![a-z_]){name}(?![a-z_])", text)), None
    )


def is_lasting(error: ProviderError, field: str) -> bool:
    """Whether a refusal of this field is of every value. Otherwise the next call may have another one."""
    return field not in LEARNT or OF_ONE_VALUE.search(error.message) is None
