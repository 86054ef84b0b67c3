"""The client of a gateway, over chat completions and the official SDK. Public: GatewayClient, AsyncGatewayClient."""

from collections.abc import Sequence

from gateway_client.connection import Connection
from gateway_client.credentials.store import CredentialStore
from gateway_client.gateway_provider import AsyncGatewayProvider, GatewayProvider
from gateway_client.openai_surface import OpenAISurface
from gateway_client.prompts import prompt_messages
from gateway_client.retries import USUAL, RetryPolicy
from gateway_client.session import FixedToken, Session, TokenSource
from gateway_client.settings import Settings, load_settings

PREFIX = "/v1"


def source_of(settings: Settings, store: CredentialStore | None = None) -> TokenSource:
    """The token that the settings name, or the session of who is signed in at their gateway.

    Raises ConfigurationError where no gateway is known.
    """
    base_url = settings.required_base_url()
    return FixedToken(settings.api_key) if settings.api_key else Session(base_url, store=store)


def connection_of(
    settings: Settings,
    source: TokenSource,
    *,
    fallbacks: Sequence[str],
    policy: RetryPolicy,
    timeout_s: float | None,
) -> Connection:
    """To the settings' gateway, by `/v1`."""
    return Connection(
        mode="gateway",
        base_url=settings.required_base_url(),
        prefix=PREFIX,
        source=source,
        surface=OpenAISurface(),
        model=settings.model,
        fallbacks=tuple(fallbacks),
        team=settings.team,
        policy=policy,
        timeout_s=timeout_s,
    )


class GatewayClient(GatewayProvider):
    """Chat, streams, tools, models, budgets: of the gateway that the settings name. Safe to use from several threads.

    What it does not do itself, `client.openai` does: it is the official SDK, signed in.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        fallbacks: Sequence[str] = (),
        policy: RetryPolicy = USUAL,
        timeout_s: float | None = None,
        source: TokenSource | None = None,
    ) -> None:
        """`settings`: by default those in force here (`load_settings`); `source`: a Session that is used already.

        `timeout_s`: how long an answer, or the next piece of a stream, may take to come; ten minutes by default.
        """
        self.settings = settings or load_settings()
        held = source or source_of(self.settings)
        super().__init__(
            connection_of(self.settings, held, fallbacks=fallbacks, policy=policy, timeout_s=timeout_s)
        )

    def generate_system_prompt(self, purpose: str, *, max_tokens: int | None = None) -> str:
        """A system prompt for an assistant that is for this, written by the model `LLM_MODEL_PROMPT_GEN`."""
        model = self.settings.model_prompt_gen or None
        return self.chat(prompt_messages(purpose), model=model, max_tokens=max_tokens).content.strip()


class AsyncGatewayClient(AsyncGatewayProvider):
    """The same on an event loop."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        fallbacks: Sequence[str] = (),
        policy: RetryPolicy = USUAL,
        timeout_s: float | None = None,
        source: TokenSource | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        held = source or source_of(self.settings)
        super().__init__(
            connection_of(self.settings, held, fallbacks=fallbacks, policy=policy, timeout_s=timeout_s)
        )

    async def generate_system_prompt(self, purpose: str, *, max_tokens: int | None = None) -> str:
        """As GatewayClient.generate_system_prompt."""
        model = self.settings.model_prompt_gen or None
        answer = await self.chat(prompt_messages(purpose), model=model, max_tokens=max_tokens)
        return answer.content.strip()
