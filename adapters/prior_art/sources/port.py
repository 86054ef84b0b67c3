"""What differs between search services, and how a search of one can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query
from adapters.prior_art.references import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """How one service is reached, and how patiently."""

    base_url: str
    api_key: str = field(default="", repr=False)
    page_size: int = 25
    pages: int = 2
    """Of each query, at most."""
    deadline_s: float = 30.0
    """For all queries of one task together, waiting included."""
    timeout_s: float = 10.0
    """For one request."""
    requests: int = 8
    """So many are sent in any `per_s` seconds, by all tasks of this process."""
    per_s: float = 1.0
    max_body_bytes: int = 4 * 1024 * 1024


class SearchRequest(Struct, frozen=True, kw_only=True):
    """A request as a service wants it. Whatever it is called, it only reads, so it may be sent again."""

    method: str
    path: str
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Page(Struct, kw_only=True):
    """A part of a service's list."""

    references: list[Reference]
    unreadable: int = 0
    """Records that were no documents: left out."""
    cursor: str = ""
    """Asks for the next part; empty: there is none."""


class Service(Protocol):
    """One kind of search service."""

    name: str
    """As callers and metering write it."""
    title: str
    """As people read it."""
    feature: str
    """Of the plan, without which nobody may search it."""
    is_ranked: bool
    """Whether its lists begin with what fits best."""
    has_classes: bool
    """Whether it can be searched by CPC class."""
    at_once: int
    """Requests that it wants at one time from one key."""
    no_match_status: int | None
    """The status that says: nothing was found."""
    least_wait_s: float
    """After a 429."""

    def request(self, config: SourceConfig, query: Query, scope: Scope, cursor: str) -> SearchRequest:
        """For one page; `cursor` is empty for the first."""
        ...

    def read(self, config: SourceConfig, cursor: str, answer: Mapping[str, Any]) -> Page:
        """The page in a JSON object of any content, which `cursor` asked for.

        An empty object is no match. Raises SearchFailed where the answer is no list at all.
        """
        ...


class SearchFailed(Exception):
    """A service gave no list. `reason` is a sentence for the caller and holds no address and no key."""

    def __init__(
        self, reason: str, *, is_retryable: bool = False, wait_s: float = 0.0, is_final: bool = False
    ) -> None:
        """`wait_s`: before it is asked again. `is_final`: other queries would fail too."""
        super().__init__(reason)
        self.reason = reason
        self.is_retryable = is_retryable
        self.wait_s = wait_s
        self.is_final = is_final
