"""What the documents ask of a gateway in service, by which the figures here are measured."""

from decimal import Decimal

ACCURACY = Decimal("0.999")
"""Of the cost that is metered."""
AVAILABILITY = Decimal("0.9995")
SAVINGS = Decimal("0.30")
"""Of what the same work would have cost otherwise."""
