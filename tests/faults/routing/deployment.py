"""Two gateways as `script/server` starts them, over one PostgreSQL and Redis, in front of vendors that fail."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, NamedTuple

from launcher.process import free_port
from metering.ids import uuid7
from tests.faults.gateways import Gateways, forked_gateways
from tests.faults.production import Production, running_gateway
from tests.faults.routing.dead_vendor import DeadVendor, dead_vendor
from tests.faults.routing.moody_vendor import (
    FIRST_BYTE_S,
    MoodyAnthropic,
    MoodyGemini,
    MoodyOpenAI,
    at_random,
    flapping,
    well,
)
from tests.faults.waiting import METRICS_TOKEN
from tests.integration.providers.families import FAMILIES, Family
from tests.vendors.running import Running, running

MOODY = ("ash", "elm", "oak")
"""Three vendors behind one alias, each with a protocol of its own. They share the load, so close are their prices."""
PROTOCOLS = {"ash": FAMILIES["openai"], "elm": FAMILIES["anthropic"], "oak": FAMILIES["gemini"]}
"""The others speak OpenAI's."""
KEYS = {family.name: f"FAKE_{family.name.upper()}_API_KEY" for family in FAMILIES.values()}
"""The variables that hold the vendors' keys."""
FAILING = 0.4
"""The share of the calls that each of them fails."""
CENTI_USD = {"ash": (100, 200), "elm": (101, 202), "oak": (102, 204), "well": (500, 900)}
"""What a million tokens in and out cost."""
LEASE_S = 8
AMPLE_USD = "100000"
"""A budget that nobody uses up."""
CATALOG = """
providers: {{{providers}}}
models: {{{models}}}
plans: {{OPEN: {{name: Open, features: [CHAT], tasks: {{LLM0_CHAT: {{classes: [BASE_S], default_class: BASE_S}}}}}}}}
"""
_numbers = count(1)


class Candidate(NamedTuple):
    """A vendor's model, and the aliases that it serves."""

    vendor: str
    port: int
    aliases: tuple[str, ...]

    @property
    def family(self) -> Family:
        return protocol_of(self.vendor)


def protocol_of(vendor: str) -> Family:
    return PROTOCOLS.get(vendor, FAMILIES["openai"])


@dataclass(frozen=True, kw_only=True)
class Routed:
    """Everything that a call meets. Providers have a suffix of their own, because Redis remembers them."""

    gateways: list[Production]
    commands: Gateways
    database: str
    vendors: dict[str, Running[Any]]
    dead: DeadVendor
    environment: dict[str, str]
    log: IO[bytes]
    """What the gateways write."""
    suffix: str

    @property
    def urls(self) -> list[str]:
        return [gateway.url for gateway in self.gateways]

    def tenant(self, *, usd: str = AMPLE_USD) -> str:
        """A new tenant's token, with this budget."""
        slug = f"tenant-{next(_numbers)}"
        self.commands.manage("create_tenant", "--slug", slug, "--name", slug)
        self.commands.manage(
            "set_budget", "--tenant", slug, "--dimension", "cost", "--window", "month", "--amount", usd
        )
        return str(self.commands.manage("issue_token", "--tenant", slug, "--plan", "OPEN")["token"])

    def vendor_of(self, provider_name: str) -> str:
        """Whose provider it is."""
        return provider_name.removesuffix(self.suffix)

    @contextmanager
    def one_more(self) -> Iterator[Production]:
        """A gateway that the test may kill."""
        with running_gateway(self.database, self.environment, log=self.log) as gateway:
            yield gateway

    def complaints(self) -> list[str]:
        """What the gateways took for a fault of their own."""
        lines = Path(self.log.name).read_text().splitlines()
        return [line for line in lines if "Traceback" in line or '"level": "error"' in line]


@contextmanager
def running_routed(database: str, folder: Path) -> Iterator[Routed]:
    """With a catalog, without tenants."""
    environment = {
        **{KEYS[name]: str(family.fake().api_key) for name, family in FAMILIES.items()},
        "RESERVATION_LEASE_S": str(LEASE_S),
        "SWEEP_INTERVAL_S": "1",
        "RATE_LIMIT_TIMEOUT_S": "10",
        "METRICS_TOKEN": METRICS_TOKEN,
    }
    with ExitStack() as stopping:
        enter = stopping.enter_context
        vendors = {
            name: enter(running(kind(at_random(words, failing=FAILING), words=words)))
            for name, kind, words in zip(
                MOODY, (MoodyOpenAI, MoodyAnthropic, MoodyGemini), (6, 7, 8), strict=True
            )
        }
        vendors["flapping"] = enter(running(MoodyOpenAI(flapping(10), words=10)))
        vendors["well"] = enter(running(MoodyOpenAI(well, words=11)))
        dead, suffix = enter(dead_vendor()), f"-{uuid7().hex[-12:]}"
        catalog = folder / "catalog.yaml"
        catalog.write_text(_catalog(vendors, dead, suffix))
        commands = enter(forked_gateways(0, {"DATABASE_URL": database} | environment))
        commands.manage("load_catalog", str(catalog))
        log = enter((folder / "gateways.log").open("wb"))
        gateways = [enter(running_gateway(database, environment, log=log)) for _ in range(2)]
        yield Routed(
            gateways=gateways,
            commands=commands,
            database=database,
            vendors=vendors,
            dead=dead,
            environment=environment,
            log=log,
            suffix=suffix,
        )


def _catalog(vendors: dict[str, Running[Any]], dead: DeadVendor, suffix: str) -> str:
    candidates = [
        *[Candidate(name, vendors[name].port, ("moody",)) for name in MOODY],
        Candidate("flapping", vendors["flapping"].port, ("flapping-first",)),
        Candidate("dead", dead.port, ("dead-first",)),
        Candidate("closed", free_port(), ("closed-first",)),
        Candidate("well", vendors["well"].port, ("flapping-first", "dead-first", "closed-first")),
    ]
    return CATALOG.format(
        providers=", ".join(_provider(candidate, suffix) for candidate in candidates),
        models=", ".join(_model(candidate, suffix) for candidate in candidates),
    )


def _provider(candidate: Candidate, suffix: str) -> str:
    family = candidate.family
    kind = "openai_compatible" if family.name == "openai" else family.name
    url = f"http://127.0.0.1:{candidate.port}{family.path}"
    facts = f'kind: {kind}, base_url: "{url}", api_key: "${{{KEYS[family.name]}}}"'
    return f"{candidate.vendor}{suffix}: {{{facts}}}"


def _model(candidate: Candidate, suffix: str) -> str:
    tokens_in, tokens_out = CENTI_USD.get(candidate.vendor, (100, 200))
    facts = [
        f"provider: {candidate.vendor}{suffix}",
        f"physical_name: {candidate.family.model}, class: BASE_S",
        "context_tokens: 32000, max_output_tokens: 4096",
        f"price: {{input: {tokens_in / 100}, output: {tokens_out / 100}}}",
        f"aliases: [{', '.join(candidate.aliases)}]",
    ]
    if candidate.vendor in MOODY:
        facts.append(f"traits: {{first_byte_s: {FIRST_BYTE_S}}}")
    return f"model-{candidate.vendor}: {{{', '.join(facts)}}}"
