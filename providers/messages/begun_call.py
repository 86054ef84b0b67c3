"""A tool call that has begun, as far as it tells which pieces of a stream are its own."""

from providers.messages.whole_object import WholeObject


class BegunCall:
    """Some vendors number no call, and some give all calls of an answer one number: the number alone tells nothing."""

    def __init__(self, given_id: str) -> None:
        self.given_id = given_id
        """As its vendor has it; empty: it gave none."""
        self.name = ""
        self._object = WholeObject()

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a JSON object, which nothing can follow."""
        return self._object.is_whole

    def note(self, name: str, arguments: str) -> None:
        """Take in a piece of it."""
        self.name = self.name or name
        if arguments:
            self._object.add(arguments)

    def is_followed_by(self, id: str, name: str) -> bool:
        """Whether a piece under its number begins another call. Each call begins with its name; an id alone tells
        nothing, since older servers of vLLM make a new one for each piece.
        """
        if not name:
            return False
        if id and self.given_id:
            return id != self.given_id
        return bool(self.name and self.is_whole)
