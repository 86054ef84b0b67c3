"""Every kind that is looked for, in the order in which a text is claimed: what one has found, no later one has."""

from metering.content.detectors.address import IPV4, IPV6, MAC
from metering.content.detectors.card import CARD
from metering.content.detectors.detector import Detector
from metering.content.detectors.email import EMAIL
from metering.content.detectors.iban import IBAN
from metering.content.detectors.key import KEY
from metering.content.detectors.phone import PHONE

DETECTORS: tuple[Detector, ...] = (KEY, EMAIL, IBAN, CARD, MAC, IPV4, IPV6, PHONE)
NAMES = {detector.kind: detector.name for detector in DETECTORS}
