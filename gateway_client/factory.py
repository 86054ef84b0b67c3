"""Which provider is used here: the team's gateway, or a vendor with one's own key. Public: ProviderFactory, Team,
WorkspaceTeamDetector.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway_client.credentials.store import CredentialStore
from gateway_client.direct import AsyncDirectLLMProvider, DirectConfig, DirectLLMProvider, own_key
from gateway_client.errors import ConfigurationError
from gateway_client.provider import AsyncLLMProvider, LLMProvider
from gateway_client.proxied import AsyncProxiedLLMProvider, ProxiedLLMProvider, ProxyConfig
from gateway_client.session import FixedToken, Session, TokenSource
from gateway_client.settings import Settings, load_settings
from gateway_client.workspace import Llm, find_workspace

logger = logging.getLogger("gateway_client")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The team that a workspace belongs to."""

    team_id: str


class WorkspaceTeamDetector:
    """Finds the team of a folder in the `.llm-gateway.toml` in it or above it."""

    def detect_team(self, folder: Path) -> Team | None:
        """None: the folder belongs to no team."""
        workspace = find_workspace(folder)
        team_id = workspace.teams.team_id if workspace else None
        return Team(team_id=team_id) if team_id else None


@dataclass(frozen=True, slots=True)
class Choice:
    """What is used, with the sentence that says so."""

    config: ProxyConfig | DirectConfig
    source: TokenSource | None
    sentence: str


class ProviderFactory:
    """Teams mode where it is enabled, somebody is signed in and the folder belongs to a team; else direct mode."""

    @staticmethod
    def create(
        *,
        folder: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        store: CredentialStore | None = None,
        api_key: str | None = None,
    ) -> LLMProvider:
        """`api_key`: the own key of direct mode; by default the environment's. `provider.sentence` says what it is.

        Raises ConfigurationError where neither mode is possible.
        """
        choice = choose(folder or Path.cwd(), environ, store or CredentialStore(), api_key)
        provider: LLMProvider
        if isinstance(choice.config, ProxyConfig):
            provider = ProxiedLLMProvider(choice.config, choice.source)
        else:
            provider = DirectLLMProvider(choice.config)
        provider.sentence = choice.sentence
        return provider

    @staticmethod
    def create_async(
        *,
        folder: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        store: CredentialStore | None = None,
        api_key: str | None = None,
    ) -> AsyncLLMProvider:
        """The same for an event loop. Choosing may take a moment: a session that has expired is refreshed."""
        choice = choose(folder or Path.cwd(), environ, store or CredentialStore(), api_key)
        provider: AsyncLLMProvider
        if isinstance(choice.config, ProxyConfig):
            provider = AsyncProxiedLLMProvider(choice.config, choice.source)
        else:
            provider = AsyncDirectLLMProvider(choice.config)
        provider.sentence = choice.sentence
        return provider


def choose(
    folder: Path, environ: Mapping[str, str], store: CredentialStore, api_key: str | None = None
) -> Choice:
    """What is used in a folder, and why; it is logged. Raises ConfigurationError where neither mode is possible."""
    settings = load_settings(environ=environ, folder=folder, store=store)
    llm = settings.workspace.llm if settings.workspace else Llm()
    source, reason = _teams_mode(settings, store)
    if source is not None:
        url = settings.required_base_url()
        sentence = f"Using the proxied LLM provider (Teams mode): {url}, for the team {settings.team}."
        logger.info("%s", sentence)
        config = ProxyConfig(
            api_url=url,
            team_id=settings.team,
            model=settings.model,
            temperature=llm.temperature,
            max_tokens=llm.max_tokens,
        )
        return Choice(config, source, sentence)
    if llm.provider is None:
        raise ConfigurationError(
            f"{reason} For direct mode, name a provider in .llm-gateway.toml (deepseek, anthropic, openai, or a URL)."
        )
    sentence = f"Using the direct LLM provider (Local mode): {llm.provider}, with your own key. {reason}"
    logger.info("%s", sentence)
    key = api_key or own_key(llm.provider, environ)
    return Choice(
        DirectConfig(
            provider=llm.provider,
            api_key=key,
            model=settings.model,
            temperature=llm.temperature,
            max_tokens=llm.max_tokens,
        ),
        None,
        sentence,
    )


def _teams_mode(settings: Settings, store: CredentialStore) -> tuple[TokenSource | None, str]:
    """Where the bearer comes from; else None and why not."""
    workspace = settings.workspace
    if workspace is None or not workspace.teams.team_id:
        return None, "This folder belongs to no team."
    if not workspace.teams.enabled:
        return None, f"Teams mode is not enabled in {workspace.path}."
    if settings.base_url is None:
        return None, f"{workspace.path} names no gateway (api_url)."
    if settings.api_key:
        return FixedToken(settings.api_key), ""
    session = Session(settings.base_url, store=store)
    if not session.is_authenticated():
        return None, f"Nobody is signed in at {settings.base_url}."
    return session, ""
