"""Why somebody was not signed in, in a sentence for the page that says so."""


class NotSignedIn(Exception):
    """`sentence` is for the person, `reason` for the log; neither holds a code or a token."""

    status = 400

    def __init__(self, sentence: str, *, reason: str) -> None:
        super().__init__(reason)
        self.sentence, self.reason = sentence, reason


class NotTrusted(NotSignedIn):
    """What the provider sent does not prove who somebody is."""

    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(
            "What your identity provider sent cannot be trusted. Begin again, or ask an operator.",
            reason=reason,
        )


class ProviderFailed(NotSignedIn):
    """The provider does not answer, or not as the protocol says. `answered`: with which status, if not 200."""

    status = 502

    def __init__(self, reason: str, *, answered: int = 0) -> None:
        super().__init__(
            "Your identity provider does not answer as it should. Try again in a moment.", reason=reason
        )
        self.answered = answered
