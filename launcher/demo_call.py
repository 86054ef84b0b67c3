"""The demo's one real call over HTTP, as any application would make it."""

import subprocess
from dataclasses import dataclass

import httpx2

from launcher.demo_data import DemoAccess
from launcher.errors import LauncherError
from launcher.process import wait_until

MODEL = "sandbox-small"
QUESTION = "Say in one sentence what a token budget is good for."
READY_TIMEOUT_S = 60.0
CALL_TIMEOUT_S = 30.0


class Unauthorized(Exception):
    """The gateway does not know this token, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back, as far as the demo shows it."""

    answer: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: str


def wait_until_ready(base_url: str, gateway: "subprocess.Popen[bytes]") -> bool:
    """Whether the gateway came up; gives up early when its process ends."""

    def is_ready() -> bool:
        try:
            return httpx2.get(f"{base_url}/health/ready", timeout=5, trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    wait_until(lambda: gateway.poll() is not None or is_ready(), READY_TIMEOUT_S, every_s=0.1)
    return gateway.poll() is None and is_ready()


def complete(access: DemoAccess) -> Completion:
    response = httpx2.post(
        f"{access.base_url}/v1/chat/completions",
        headers={"authorization": f"Bearer {access.ati_token}"},
        json={"model": MODEL, "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 100},
        timeout=CALL_TIMEOUT_S,
        trust_env=False,  # a proxy for the outside world does not lead to this machine
    )
    if response.status_code == 401:
        raise Unauthorized
    if response.status_code != 200:
        raise LauncherError(f"The call was answered with {response.status_code}: {response.text[:300]}")
    body = response.json()
    return Completion(
        answer=body["choices"][0]["message"]["content"],
        model=body["model"],
        input_tokens=body["usage"]["prompt_tokens"],
        output_tokens=body["usage"]["completion_tokens"],
        cost_usd=response.headers.get("x-gateway-cost-usd", "unknown"),
    )
