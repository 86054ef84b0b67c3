"""The closed registry of traits: what a vendor's endpoint takes, where it differs from other vendors.

A trait that is not here cannot be stored, so one that nothing reads cannot exist. What is known of each vendor is
`providers`' own; a provider's or a model's traits override it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from reprlib import repr as shortened

LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
AUTHORIZATIONS = ("bearer", "zhipu_jwt")
TOKENIZERS = ("o200k_base",)
MAX_PICTURES = 64
MAX_RETRIES = 10
MOST_PER_MINUTE = 1_000_000_000
LEAST_SECONDS, MOST_SECONDS = 0.05, 3600
_SERVICE_TIER = re.compile(r"[a-z_-]{0,32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One trait and its type."""

    name: str
    meaning: str
    expects: str
    """Reads on after "must be"."""
    fits: Callable[[object], bool]

    def problem(self, value: object) -> str | None:
        """What is wrong with a value, reading on after the trait's name; None: nothing."""
        return None if self.fits(value) else f"must be {self.expects}, not {shortened(value)}"


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_limit_names(value: object) -> bool:
    if not isinstance(value, list):
        return False
    known = all(isinstance(name, str) and name in LIMIT_NAMES for name in value)
    return known and 0 < len(value) == len(set(value))


def _is_service_tier(value: object) -> bool:
    return isinstance(value, str) and _SERVICE_TIER.fullmatch(value) is not None


def _is_authorization(value: object) -> bool:
    return isinstance(value, str) and value in AUTHORIZATIONS


def _is_tokenizer(value: object) -> bool:
    return isinstance(value, str) and value in TOKENIZERS


def _is_retries(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_RETRIES


def _is_per_minute(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PER_MINUTE


def _is_seconds(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and LEAST_SECONDS <= value <= MOST_SECONDS
    )


def _is_model_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_PICTURES and value.isprintable()


_TRAITS = (
    Trait(
        name="limit_names",
        meaning="the names of the output limit that it accepts, the preferred one first",
        expects=f"a list of one or both of {', '.join(LIMIT_NAMES)}, each once",
        fits=_is_limit_names,
    ),
    Trait(
        name="stream_options",
        meaning="whether it takes `stream_options`",
        expects="true or false",
        fits=_is_bool,
    ),
    Trait(
        name="responses",
        meaning="whether it has OpenAI's Responses at `/responses`; without, such requests are translated for it",
        expects="true or false",
        fits=_is_bool,
    ),
    Trait(
        name="service_tier",
        meaning="the name of its plain service tier, which is always sent; empty: none is sent",
        expects="text of at most 32 of a-z, '_' and '-'",
        fits=_is_service_tier,
    ),
    Trait(
        name="reasoning",
        meaning="whether it may think without showing it, so that a cut answer is charged its whole limit",
        expects="true or false",
        fits=_is_bool,
    ),
    Trait(
        name="takes_thoughts",
        meaning="whether it takes back what a model thought (`reasoning_content` and the like) with a conversation",
        expects="true or false",
        fits=_is_bool,
    ),
    Trait(
        name="runs_anywhere",
        meaning="whether Claude is asked with `inference_geo: global` where the caller names no place; without, the "
        "workspace's own place counts, and the model's price has to be that of the place",
        expects="true or false",
        fits=_is_bool,
    ),
    Trait(
        name="pictures",
        meaning="the model whose formula says what a picture costs; empty: an unknown family",
        expects=f"text of at most {MAX_PICTURES} printable characters",
        fits=_is_model_name,
    ),
    Trait(
        name="tokenizer",
        meaning="the tokenizer that the model is known to count with, so that its texts need not be held as bytes",
        expects=f"one of {', '.join(TOKENIZERS)}",
        fits=_is_tokenizer,
    ),
    Trait(
        name="authorization",
        meaning="how its key is sent: as it is, or, of a key `id.secret`, as a token that is signed with it",
        expects=f"one of {', '.join(AUTHORIZATIONS)}",
        fits=_is_authorization,
    ),
    Trait(
        name="retries",
        meaning="how often a call that failed for the moment is asked again, all models together",
        expects=f"a whole number from 0 to {MAX_RETRIES}",
        fits=_is_retries,
    ),
    Trait(
        name="first_byte_s",
        meaning="how long one attempt waits for the beginning of an answer",
        expects=f"a number of seconds from {LEAST_SECONDS} to {MOST_SECONDS}",
        fits=_is_seconds,
    ),
    Trait(
        name="total_s",
        meaning="how long a call may take, all attempts and pauses together",
        expects=f"a number of seconds from {LEAST_SECONDS} to {MOST_SECONDS}",
        fits=_is_seconds,
    ),
    Trait(
        name="requests_per_minute",
        meaning="how many requests a minute the vendor allows one key, of each model",
        expects=f"a whole number from 1 to {MOST_PER_MINUTE}",
        fits=_is_per_minute,
    ),
    Trait(
        name="tokens_per_minute",
        meaning="how many tokens a minute, input and output together, the vendor allows one key, of each model",
        expects=f"a whole number from 1 to {MOST_PER_MINUTE}",
        fits=_is_per_minute,
    ),
)
TRAITS: Mapping[str, Trait] = {trait.name: trait for trait in _TRAITS}


def trait_problem(name: str, value: object) -> str | None:
    """What is wrong with one trait, reading on after its name; None: nothing."""
    trait = TRAITS.get(name)
    return trait.problem(value) if trait else f"is no trait; known: {', '.join(TRAITS)}"


def traits_problem(traits: object) -> str | None:
    """The first thing that is wrong with the traits of a provider or a model; None: nothing."""
    if not isinstance(traits, dict):
        return 'traits must be a mapping of names to values, such as {"stream_options": false}'
    found = ((name, trait_problem(str(name), value)) for name, value in traits.items())
    return next((f"{shortened(name)} {problem}" for name, problem in found if problem), None)
