"""`manage.py add_vendor NAME [--base-url URL]`"""

import os
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils.timezone import now

from gateway_project.dotenv import read_dotenv
from gateway_project.vendor_catalogs.add_vendor import AddedVendor, add_vendor, curl_line
from gateway_project.vendor_catalogs.known import known_vendors
from metering.base_url import base_url_problem
from metering.errors import InvalidRequest
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Enter a vendor with its models and prices from the shipped catalogs, after asking it, in a way that costs "
        f"nothing, whether it accepts the key in the environment. Known: {', '.join(known_vendors())}."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="Such as openai, anthropic, gemini, grok or ollama.")
        parser.add_argument("--base-url", help="Where it is reached, if not at the vendor's own address.")

    def run(self, *, name: str, base_url: str | None, **_: Any) -> None:
        if base_url is not None and (problem := base_url_problem(base_url)):
            raise InvalidRequest(f"--base-url {problem}.", param="base-url")
        read_dotenv(settings.BASE_DIR / ".env")
        added = add_vendor(
            name=name,
            base_url=base_url and base_url.rstrip("/"),
            environment=os.environ,
            actor=self.actor,
            now=now(),
        )
        curl = curl_line(added.example, os.environ.get("GATEWAY_STATE_DIR", "")) if added.example else ""
        facts = {**asdict(added), "changes": [change.as_json() for change in added.changes], "curl": curl}
        self.show(facts, "\n".join(_lines(added, curl)))


def _lines(added: AddedVendor, curl: str) -> list[str]:
    changed = len(added.changes) + len({line.model for line in added.prices}) + len(added.imported)
    what = "entered" if changed else "there already; nothing was changed"
    key = f" It accepts the key in {added.key_variable}." if added.key_variable else ""
    lines = [f"{added.name} (provider {added.provider}) with {len(added.models)} models: {what}.{key}"]
    plans = ", ".join(f"{plan} {count}" for plan, count in added.plans.items() if count)
    if plans:
        lines.append(f"Plans that may use them for chats, and how many: {plans}.")
    else:
        lines.append("No plan may use them yet: load one, such as fixtures/demo/catalog.yaml.")
    if curl:
        lines.append(f"Call {added.example}:\n  {curl}")
    else:
        lines.append("It serves no model that is known here yet; `import_models` tells what it lists.")
    return lines
