"""Metered LLM calls from Python, without HTTP: authenticate, call, stream, and meet a limit.

    .venv/bin/python docs/examples/library_use.py ati_...

Run it from the repository's root, on a database with a catalog and a token (docs/library.md says how).
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_project.settings")

import django

django.setup()

# These import models, so Django has to be set up before them.
from gateway_project import wiring  # noqa: E402
from metering.bridge import run_sync  # noqa: E402
from metering.calls.begin import CallRequest  # noqa: E402
from metering.errors import LimitExceeded, MeteringError  # noqa: E402
from metering.gateway import LLMGateway  # noqa: E402
from metering.ids import uuid7  # noqa: E402
from metering.money import usd_text  # noqa: E402
from metering.types import Task  # noqa: E402


def question(text: str, **fields: object) -> CallRequest:
    """A chat request; no model is named, so the plan's default class decides."""
    return CallRequest(
        task=Task.CHAT,
        input={"messages": [{"role": "user", "content": text}], "max_tokens": 60, **fields},
        request_id=str(uuid7()),
        conversation_id="library-example",
    )


def ask(gateway: LLMGateway, secret: str) -> None:
    """From sync code: one call, and what it cost."""
    caller = run_sync(gateway.authenticate(secret))
    result = run_sync(gateway.execute(caller, question("What is a claim?")))
    print(result.output.decode())
    print(f"{result.facts.model} cost ${usd_text(result.facts.cost_nano_usd)}")


async def listen(gateway: LLMGateway, secret: str) -> None:
    """From async code: a stream."""
    caller = await gateway.authenticate(secret)
    _, stream = await gateway.stream(caller, question("And a description?", stream=True))
    async for event in stream:
        print(event.decode())


def main(secret: str) -> int:
    gateway = wiring.gateway()
    try:
        ask(gateway, secret)
        run_sync(listen(gateway, secret))
    except LimitExceeded as error:
        print(f"{error.usage.budget}: {error.message}", file=sys.stderr)
        return 1
    except MeteringError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    finally:
        wiring.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
