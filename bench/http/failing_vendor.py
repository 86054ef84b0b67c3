"""`python -m bench.http.failing_vendor silent|flapping`: prints its port.

`silent` takes requests and never answers. `flapping` answers as the other vendor does for a second, then for a second
says 500, and so on.
"""

import asyncio
import sys

import uvloop

from bench.http.vendor import Vendor

PERIOD_S = 1.0
ERROR = b'{"error":{"message":"down for a second"}}'
FAILED = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    % (len(ERROR), ERROR)
)


class Silent(Vendor):
    def _answer(self, body: bytes) -> None:
        """Nothing is said."""


class Flapping(Vendor):
    def _answer(self, body: bytes) -> None:
        if int(self._loop.time() / PERIOD_S) % 2:
            self._transport.write(FAILED)
        else:
            super()._answer(body)


async def main(how: str) -> None:
    kind = {"silent": Silent, "flapping": Flapping}[how]
    server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1])))
