"""The sandbox's answer to a plain question: sentences that are true of it, chosen by hash, and the question itself."""

import re
from collections.abc import Iterator
from itertools import chain, cycle, islice

LABEL = "[sandbox]"
QUOTED_WORDS = 12
QUOTED_CHARACTERS = 80
SENTENCES = range(2, 5)
"""How many follow the first one, unless a directive says how long the answer is."""
_DIRECTIVE = re.compile(r"sandbox:\S+")
_OPENINGS = (
    'You asked: "{}".',
    'Thank you for the question "{}".',
    'This is about "{}", then.',
    'An answer to "{}" could begin like this.',
)
_BODY = (
    "A real model would go into the matter here; I am the sandbox, and no model was asked.",
    "What I write is made from your request alone, so the same request always gets the same answer.",
    "The gateway still treats it like any other answer: its tokens are counted, priced and settled.",
    "That is enough to try an application, a budget or a limit without spending money.",
    "Nothing leaves this machine for it, and no vendor's key is needed.",
    "Name another model in the request when you want to hear what a vendor says.",
)


def reply(question: str, seed: int, words: int | None) -> list[str]:
    """The words of an answer to the question: whole sentences, or exactly so many words."""
    body = chain(_BODY[seed % len(_BODY) :], _BODY[: seed % len(_BODY)])
    opening = _opening(question, seed)
    if words is None:
        said: Iterator[str] = islice(body, SENTENCES[seed // len(_BODY) % len(SENTENCES)])
        return f"{LABEL} {opening} {' '.join(said)}".split()
    endless = chain([LABEL], opening.split(), (word for sentence in cycle(body) for word in sentence.split()))
    return list(islice(endless, words))


def _opening(question: str, seed: int) -> str:
    """The question's first words; lone surrogates, which cannot be sent, are question marks."""
    start = question[: QUOTED_CHARACTERS * 10].encode("utf-8", "replace").decode()
    words = _DIRECTIVE.sub("", start).replace('"', "'").split()
    quoted = " ".join(words[:QUOTED_WORDS])[:QUOTED_CHARACTERS].rstrip(" .")
    return (
        _OPENINGS[seed % len(_OPENINGS)].format(quoted) if quoted else "Hello, what would you like to know?"
    )
