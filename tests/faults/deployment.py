"""Gateway processes in front of the fake vendor, tenants to ask them, and a look at the books against its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

from tests.faults.gateways import Gateways, forked_gateways
from tests.faults.rows import query
from tests.vendors.running import VendorProcess, vendor_process

KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
CATALOG = """
providers:
  fake: {{kind: openai_compatible, base_url: "{base_url}", api_key: "${{{key}}}"}}
models:
  small:
    provider: fake
    physical_name: fake-small
    class: BASE_S
    context_tokens: 32_000
    max_output_tokens: 4_096
    price: {{input: 1, output: 2}}
plans:
  OPEN: {{name: Open, {access}}}
  NARROW: {{name: Narrow, {access}, rules: [{{key: max_concurrent, value: {at_once}}}]}}
  RATED: {{name: Rated, {access}, rules: [{{key: requests_per_minute, value: 10_000_000}}]}}
  PATIENT:
    {{name: Patient, {access}, rules: [{{key: max_concurrent, value: 1}}, {{key: wait_for_room_s, value: 60}}]}}
  CANCEL: {{name: Cancel, {access}, rules: [{{key: on_disconnect, value: cancel}}]}}
"""
ACCESS = "features: [CHAT], tasks: {LLM0_CHAT: {classes: [BASE_S], default_class: BASE_S}}"
AT_ONCE = 20
"""Calls in flight on the plan NARROW."""
INPUT_NANO_USD, OUTPUT_NANO_USD = 1_000, 2_000
"""The price of one token."""
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Everything that a call meets."""

    gateways: Gateways
    vendor: VendorProcess
    database: str
    slugs: list[str] = field(default_factory=list)
    """Of its tenants, in the order in which they were made."""

    def tenant(self, plan: str = "OPEN", **budget: object) -> str:
        """A new tenant's token; with a budget of its own if `dimension`, `window` and `amount` are given."""
        slug = f"tenant-{next(_numbers)}"
        self.slugs.append(slug)
        self.gateways.manage("create_tenant", "--slug", slug, "--name", slug)
        if budget:
            options = [part for name, value in budget.items() for part in (f"--{name}", str(value))]
            self.gateways.manage("set_budget", "--tenant", slug, *options)
        return str(self.gateways.manage("issue_token", "--tenant", slug, "--plan", plan)["token"])

    def rows(self) -> dict[str, dict[str, Any]]:
        """The usage rows by attempt id."""
        names = ("id", "request_id", "outcome", "estimated", "input_tokens", "output_tokens", "cost_nano_usd")
        rows = query(self.database, f"SELECT {', '.join(names)} FROM metering_usagelog")
        return {str(row[0]): dict(zip(names, row, strict=True)) for row in rows}


@contextmanager
def running_deployment(
    database: str,
    folder: Path,
    *,
    places: int,
    environment: dict[str, str] | None = None,
    log: IO[str] | None = None,
) -> Iterator[Deployment]:
    """With a catalog, without tenants; every place has its process."""
    with vendor_process() as vendor:
        variables = {
            "DATABASE_URL": database,
            KEY_VARIABLE: vendor.api_key,
            "RATE_LIMIT_TIMEOUT_S": "10",
            "SPOOL_DIR": str(folder / "spool"),
        }
        with forked_gateways(places, variables | (environment or {}), log=log) as gateways:
            catalog = folder / "catalog.yaml"
            catalog.write_text(
                CATALOG.format(base_url=vendor.base_url, key=KEY_VARIABLE, access=ACCESS, at_once=AT_ONCE)
            )
            gateways.manage("load_catalog", str(catalog))
            for place in range(places):
                gateways.start(place)
            gateways.wait_until_ready()
            yield Deployment(gateways=gateways, vendor=vendor, database=database)


def billed(call: dict[str, Any]) -> dict[str, int]:
    """What the vendor bills for one call of its log, as a usage row says it."""
    tokens_in, tokens_out = call["usage"]["prompt_tokens"], call["usage"]["completion_tokens"]
    cost = tokens_in * INPUT_NANO_USD + tokens_out * OUTPUT_NANO_USD
    return {"input_tokens": tokens_in, "output_tokens": tokens_out, "cost_nano_usd": cost}
