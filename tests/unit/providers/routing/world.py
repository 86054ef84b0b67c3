"""A router with a clock of the test's own, and calls that end as the test says."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from msgspec import Struct

from providers.port import Failure, ProviderError
from providers.routing.board import Board
from providers.routing.fault import Fault
from providers.routing.place import tag_of
from providers.routing.router import Router

ALDER, BIRCH = UUID(int=1), UUID(int=2)


class Clock:
    """Seconds that tests move."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Model(Struct, frozen=True, kw_only=True):
    """A candidate."""

    provider_name: str = "acme"
    physical_name: str = "small"
    key_of: UUID | None = None


def error(status: int | None = 500, failure: Failure = Failure.REFUSED, **facts: Any) -> ProviderError:
    return ProviderError("no", failure=failure, retryable=True, status=status, **facts)


UNREACHABLE = error(None, Failure.UNREACHABLE)
ACME, BOLT = Model(), Model(provider_name="bolt")


class World:
    """One process's router, and what an operator sees of it."""

    def __init__(self, clock: Clock | None = None, **settings: Any) -> None:
        self.clock = clock or Clock()
        self.seen: list[tuple[str, str]] = []
        self.router = Router(
            Board(self.clock),
            on_transition=lambda provider, state: self.seen.append((provider, state)),
            **settings,
        )

    def keys(self, model: Model, *secrets: str) -> Any:
        """The endpoint, with these keys."""
        tags = [tag_of(secret) for secret in secrets]
        return self.router.endpoint(model.provider_name, model.key_of, tags)

    def begin(self, model: Model = ACME, *, key: str = "", conversation: str | None = None) -> Any:
        sent_by = SimpleNamespace(sent=True, key=tag_of(key))
        return self.router.begin(
            model.provider_name, model.key_of, model.physical_name, sent_by, conversation
        )

    def ok(self, model: Model = ACME, *, took_s: float = 0.0, **facts: Any) -> None:
        watch = self.begin(model, **facts)
        self.clock.now_s += took_s
        watch.answered(20)

    def fails(
        self, model: Model = ACME, *, times: int = 1, by: ProviderError | None = None, **facts: Any
    ) -> Fault:
        for _ in range(times):
            watch = self.begin(model, **facts)
            watch._sent_by.sent = by is None or by.failure is not Failure.UNREACHABLE
            fault: Fault = watch.failed(by or error())
        return fault

    def order(
        self, *models: Model, costs: list[int] | None = None, conversation: str | None = None
    ) -> list[int]:
        return self.router.order(
            models, costs or list(range(1_000, 1_000 * len(models) + 1, 1_000)), conversation
        )

    def first(self, *models: Model, **facts: Any) -> Model:
        return models[self.order(*models, **facts)[0]]
