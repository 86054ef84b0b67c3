"""Texts that travel in headers, checked before they are sent: what the HTTP client says of a bad one may quote it."""

from gateway_client.errors import ConfigurationError

TEAM = "x-team-id"


def token_text(token: str) -> str:
    """A token without the blanks and line ends that come along when it is copied or read from a file.

    Raises ConfigurationError, which does not show it.
    """
    text = token.strip()
    if not text:
        raise ConfigurationError("The token is empty.")
    if not _is_sendable(text):
        raise ConfigurationError(
            "The token has characters that no token has, such as a line end or an accent."
        )
    return text


def team_headers(team: str | None) -> dict[str, str]:
    """What says for which team a request is. Raises ConfigurationError for what can be no team's id or slug."""
    if not team:
        return {}
    if not _is_sendable(team):
        raise ConfigurationError(f"{team!r} is no team's id or slug.", param="team")
    return {TEAM: team}


def _is_sendable(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
