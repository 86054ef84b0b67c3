"""What changes are about, in people's words, and the rows behind each word."""

from types import MappingProxyType

OBJECTS = MappingProxyType(
    {
        "alert": ("QuotaAlert", "VendorAlert", "AlertDelivery", "Notice"),
        "budget": ("Budget", "BudgetOverride", "QuotaRequest"),
        "call": ("UsageReservation", "CallContent"),
        "channel": ("WebhookEndpoint",),
        "person": ("User", "PasswordReset", "Invitation"),
        "rule": ("PolicyRule",),
        "sign-in": ("LoginSession", "DeviceLogin"),
        "team": ("Team", "Membership"),
        "tenant": ("Tenant",),
        "token": ("ATIToken",),
        "vendor key": ("ProviderKey",),
    }
)
"""Word → the types of rows that it stands for. Everything else is the gateway's own and has its type's name."""
NOUNS = tuple(OBJECTS)
_WORD_OF = {kind: word for word, kinds in OBJECTS.items() for kind in kinds}


def noun_of(object_type: str) -> str:
    """The word for a type of row: `ModelPrice` is a model price."""
    if object_type in _WORD_OF:
        return _WORD_OF[object_type]
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in object_type)
    return spaced.replace("l l m ", "llm ").strip() or "gateway"
