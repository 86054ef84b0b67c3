"""What a server says of itself under /metrics."""

import re
import urllib.request

METRICS_TOKEN = "METRICS_TOKEN"
"""The variable that holds what opens the page."""
TASKS = re.compile(r"^gateway_tasks ([\d.]+)$", re.MULTILINE)


def tasks_of(port: int, token: str) -> int:
    """How many tasks its event loop has. Raises RuntimeError if it does not say."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found = TASKS.search(answer.read().decode())
    if found is None:
        raise RuntimeError("the gateway does not say how many tasks it has")
    return int(float(found[1]))
