"""The one parser of the API's bodies."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from metering.strict_json import MemberTwice, read_json


class StrictJSONParser(BaseParser):
    """JSON in UTF-8. A member that occurs twice is refused: whichever counted, the other would be dropped."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises ParseError for what is no JSON, ValidationError for a member that occurs twice."""
        try:
            return read_json(stream.read().decode())
        except MemberTwice as error:
            sentence = str(error).removeprefix(error.path).lstrip()
            raise ValidationError({error.path: [f"{sentence}."]}) from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None
