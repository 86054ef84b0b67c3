"""The check that a row can take a text."""

from metering.errors import InvalidRequest


def check_text(text: str, name: str, limit: int) -> None:
    if len(text) > limit or "\0" in text or not (text.isascii() or _is_encodable(text)):
        raise InvalidRequest(f"{name} is at most {limit} characters of valid text without NUL.", param=name)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
