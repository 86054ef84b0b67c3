"""The one parser of the API's bodies."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from metering.strict_json import MemberTwice, read_json

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Two of them, escaped so, make a character; one alone is no text."""


class StrictJSONParser(BaseParser):
    """JSON in UTF-8. A member that occurs twice is refused: whichever counted, the other would be dropped. So is half a
    character (`\\ud800`), which nobody could keep or send on.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises ParseError for what is no JSON, ValidationError for a member that occurs twice."""
        try:
            text = stream.read().decode()
            value = read_json(text)
            if _SURROGATE.search(text):
                json.dumps(value, ensure_ascii=False).encode()
            return value
        except MemberTwice as error:
            sentence = str(error).removeprefix(error.path).lstrip()
            raise ValidationError({error.path: [f"{sentence}."]}) from None
        except UnicodeEncodeError:
            raise ParseError(
                "A text in the body holds half of a surrogate pair, which is no character."
            ) from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None
