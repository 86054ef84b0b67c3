"""What the checker takes: its inputs' sizes and kinds."""

from collections.abc import Sequence
from typing import Final

from metering.errors import InvalidRequest

MAX_CLAIMS: Final = 500
MAX_CLAIM_CHARS: Final = 200_000
"""Of all claims together."""
MAX_DESCRIPTION_BYTES: Final = 2 * 1024 * 1024
MAX_ABSTRACT_CHARS: Final = 20_000
MAX_DRAWINGS: Final = 500
MAX_DRAWING_CHARS: Final = 200_000
"""Of all drawings' texts together."""
MAX_FINDINGS: Final = 2_000
JURISDICTIONS: Final = ("US", "EP")


def check_inputs(
    claims: str | Sequence[str], description: str, abstract: str, drawings: Sequence[str], jurisdiction: str
) -> None:
    """Refuse what is too large or of no use. Raises InvalidRequest."""
    if jurisdiction not in JURISDICTIONS:
        raise InvalidRequest("jurisdiction must be US or EP.", param="jurisdiction")
    _check_texts(claims, MAX_CLAIMS, MAX_CLAIM_CHARS, "claims")
    _check_texts(drawings, MAX_DRAWINGS, MAX_DRAWING_CHARS, "drawings")
    if len(description) > MAX_DESCRIPTION_BYTES or len(description.encode(errors="replace")) > (
        MAX_DESCRIPTION_BYTES
    ):
        raise InvalidRequest(
            f"description must be at most {MAX_DESCRIPTION_BYTES:,} bytes.", param="description"
        )
    if len(abstract) > MAX_ABSTRACT_CHARS:
        raise InvalidRequest(f"abstract must be at most {MAX_ABSTRACT_CHARS:,} characters.", param="abstract")


def _check_texts(texts: str | Sequence[str], most: int, most_chars: int, param: str) -> None:
    if isinstance(texts, str):
        texts = [texts]
    elif len(texts) > most:
        raise InvalidRequest(f"{param} must be at most {most:,}; there are {len(texts):,}.", param=param)
    chars = sum(len(text) for text in texts)
    if chars > most_chars:
        raise InvalidRequest(
            f"{param} must have at most {most_chars:,} characters together; there are {chars:,}.", param=param
        )
