"""`python crowd.py URL FOLDER MODEL`: threads and tasks of one process that all find a session expired at once.

Prints how many calls were answered. It is run as a program that knows nothing of the gateway's code.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway_client import (
    AsyncProxiedLLMProvider,
    CredentialStore,
    ProxiedLLMProvider,
    ProxyConfig,
    Session,
)

AT_ONCE = 4


def main() -> None:
    url, folder, model = sys.argv[1:]
    session = Session(url, store=CredentialStore(Path(folder), keyring=None))
    config = ProxyConfig(api_url=url, model=model, max_tokens=1)
    with ThreadPoolExecutor(AT_ONCE) as pool, ProxiedLLMProvider(config, session) as provider:
        session.active_context()  # each process holds the token that has expired
        print("ready", flush=True)
        sys.stdin.readline()
        asked = [pool.submit(provider.chat, "hello") for _ in range(AT_ONCE)]
        tasks = asyncio.run(_tasks(config, session))
        print(sum(bool(each.result().content) for each in asked) + tasks)


async def _tasks(config: ProxyConfig, session: Session) -> int:
    async with AsyncProxiedLLMProvider(config, session) as provider:
        answers = await asyncio.gather(*[provider.chat("hello") for _ in range(AT_ONCE)])
    return sum(bool(each.content) for each in answers)


if __name__ == "__main__":
    main()
