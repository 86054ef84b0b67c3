"""A gateway in a process of its own for a module's tests, and the people and folders that its client meets."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection
from django.utils.timezone import now

from gateway_client import (
    Credential,
    CredentialStore,
    GatewayClient,
    ProxiedLLMProvider,
    ProxyConfig,
    Session,
    Settings,
)
from metering.identity.sessions.open_session import open_session
from metering.models import Team, Tenant, UsageReservation, User
from tests.factories import BudgetFactory, TeamFactory, TenantFactory, UserFactory, make_token, reference_data
from tests.faults.gateways import Gateways, forked_gateways
from tests.served import empty_tables, serve_model, settled_ledger

MODEL = "sandbox-small"
_numbers = count(1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneGateway:
    """The gateway, whose database the test process shares."""

    gateways: Gateways
    folder: Path
    _writer: ThreadPoolExecutor

    def committed(self, make: Callable[[], T]) -> T:
        """Rows that the gateway sees at once: the test's own connection is within a transaction."""
        return self._writer.submit(make).result()

    @property
    def url(self) -> str:
        return self.gateways.urls[0]

    def restart(self) -> None:
        """In place of the process that has ended. Its address stays."""
        self.gateways.start(0)
        self.gateways.wait_until_ready()

    def sweep(self) -> None:
        """Ends what a killed process has left, as if its leases had run out."""
        left = UsageReservation.objects.filter(state=0)
        self.committed(lambda: left.update(lease_expires_at=now()))
        assert self.gateways.manage("sweep_reservations")["expired"]

    def store(self) -> CredentialStore:
        """One that nobody has signed in with."""
        return CredentialStore(self.folder / f"home-{next(_numbers)}", keyring=None)

    def person(self) -> "Person":
        """Somebody of a new tenant, in a team."""
        return self.committed(self._made_person)

    def _made_person(self) -> "Person":
        number = next(_numbers)
        tenant = TenantFactory(slug=f"cedar-{number}")
        token = make_token(tenant)
        user = UserFactory(tenant=tenant, email=f"ann-{number}@cedar.example", signup_token_id=token.id)
        team = TeamFactory(tenant=tenant, slug=f"red-{number}")
        user.teams.add(team)
        return Person(gateway=self, tenant=tenant, user=user, team=team, token=token.secret)

    def workspace(self, team: Team | None = None, *, more: str = "") -> Path:
        """A folder below one with a `.llm-gateway.toml`."""
        root = self.folder / f"workspace-{next(_numbers)}"
        (root / "src").mkdir(parents=True)
        teams = f'[teams]\napi_url = "{self.url}"\nteam_id = "{team.slug}"\n' if team else ""
        (root / ".llm-gateway.toml").write_text(teams + more)
        return root / "src"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a team."""

    gateway: OneGateway
    tenant: Tenant
    user: User
    team: Team
    token: str
    """The tenant's ATI token that the person's plan comes from."""

    def signed_in(
        self, moment: datetime | None = None, *, store: CredentialStore | None = None, **clock: Any
    ) -> Session:
        """Since a moment; by default just now."""
        moment = moment or now()
        pair = self.gateway.committed(lambda: open_session(user=self.user, now=moment))
        store = store or self.gateway.store()
        expires_at = moment.timestamp() + pair.expires_in
        store.save(
            Credential(
                base_url=self.gateway.url, access=pair.access, refresh=pair.refresh, expires_at=expires_at
            )
        )
        return Session(self.gateway.url, store=store, **clock)

    def budget(self, amount: int, *, of_user: bool = False) -> None:
        """A day's, in nano-USD; of the tenant or of the person alone."""
        facts = {"scope": "user", "scope_id": str(self.user.pk)} if of_user else {"scope": "tenant"}
        self.gateway.committed(
            lambda: BudgetFactory(tenant=self.tenant, dimension="cost", window="day", amount=amount, **facts)
        )

    def provider(self, session: Session, *, url: str | None = None) -> ProxiedLLMProvider:
        config = ProxyConfig(
            api_url=url or session.base_url, team_id=self.team.slug, model=MODEL, max_tokens=20
        )
        return ProxiedLLMProvider(config, session)

    def client(self, *, url: str | None = None, **facts: Any) -> GatewayClient:
        """With the tenant's token."""
        settings = Settings(base_url=url or self.gateway.url, api_key=self.token, model=MODEL)
        return GatewayClient(settings, **facts)


@contextmanager
def one_gateway(folder: Path) -> Iterator[OneGateway]:
    """With one model of the sandbox, and nobody in it; the books are clean afterwards."""
    try:
        with settled_ledger():
            reference_data()
            serve_model(MODEL, aliases=["chat-default"])
            with forked_gateways(1, {}) as gateways, ThreadPoolExecutor(1) as writer:
                gateways.start(0)
                gateways.wait_until_ready()
                yield OneGateway(gateways=gateways, folder=folder, _writer=writer)
                writer.submit(lambda: connection.close())
    finally:
        empty_tables()
