"""`python -I installed_client.py URL TOKEN MODEL`: whether the installed client works, where nothing else of ours is.

Run by `script/bench client` in environments that contain the client's wheel alone. Prints one line of JSON.
"""

import asyncio
import importlib.util
import json
import sys

import gateway_client
from gateway_client import AsyncGatewayClient, GatewayClient, Settings

OURS = ("metering", "providers", "adapters", "gateway_project", "admin_console", "launcher", "django")


async def ask(settings: Settings) -> str:
    async with AsyncGatewayClient(settings) as client:
        return (await client.chat("hello", max_tokens=5)).content


def main() -> None:
    url, token, model = sys.argv[1:]
    settings = Settings(base_url=url, api_key=token, model=model)
    for name in gateway_client.__all__:
        getattr(gateway_client, name)
    with GatewayClient(settings) as client:
        client.wait_until_ready(10)
        whole = client.chat("hello", max_tokens=5)
        streamed = "".join(chunk.delta for chunk in client.stream_chat("hello", max_tokens=5))
        facts = {
            "of_the_gateway": [name for name in OURS if importlib.util.find_spec(name)],
            "chat": bool(whole.content and whole.usage.cost),
            "stream": bool(streamed),
            "async": bool(asyncio.run(ask(settings))),
            "models": client.models().find(model) is not None,
            "tokens": client.count_tokens("Hello, world!"),
        }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
