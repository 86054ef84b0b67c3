"""`python -m tests.vendors [--port N]`: the fake OpenAI-compatible vendor; its port is the first line it prints."""

import argparse
import asyncio
import contextlib

from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import start


async def main(port: int) -> None:
    runner = await start(FakeOpenAI(), port=port)
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(parser.parse_args().port))
