"""The result of a tool call as chat messages, in which a tool can only say text.

So pictures and files of a result go to the user, behind the results of all calls that were made at once.
"""

from typing import Any

Part = dict[str, Any]
SHOWN_BELOW = "(The result is shown in the next message.)"
RESULT_OF = "The result of the tool call {id}:"


def said_by_tool(parts: list[Part]) -> str:
    """What stands in the tool's message."""
    texts = [str(part["text"]) for part in parts if part["type"] == "text"]
    return "\n".join(texts) or (SHOWN_BELOW if parts else "")


def shown_to_user(id: str, parts: list[Part]) -> list[Part]:
    """What the user's message has of this call's result: nothing, where all of it is text."""
    others = [part for part in parts if part["type"] != "text"]
    return [{"type": "text", "text": RESULT_OF.format(id=id)}, *others] if others else []
