"""Which gateway is asked, with what, and for which model. Public.

Each is looked for in this order: what the program says, the environment (`LLM_BASE_URL`, `LLM_API_KEY`,
`LLM_MODEL_CHAT`, `LLM_MODEL_PROMPT_GEN`, each also as the path `NAME_FILE`), the workspace's `.llm-gateway.toml`, the
gateway of the last sign-in.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway_client.credentials.credential import normal_url
from gateway_client.credentials.store import CredentialStore
from gateway_client.errors import ConfigurationError
from gateway_client.variables import variable
from gateway_client.workspace import Workspace, find_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force for one client."""

    base_url: str | None = None
    """The gateway's address, without `/v1`."""
    api_key: str | None = field(default=None, repr=False)
    """An ATI token that was set beside `base_url`; None: who is signed in there."""
    model: str = ""
    """Of chats. Empty: the plan's default."""
    model_prompt_gen: str = ""
    """Which model writes system prompts. Empty: `model`."""
    team: str | None = None
    """The id or slug of the team that calls are for."""
    workspace: Workspace | None = None

    def required_base_url(self) -> str:
        """Raises ConfigurationError where no gateway is known."""
        if not self.base_url:
            raise ConfigurationError(
                "No gateway is known. Set LLM_BASE_URL, or sign in with `llm-gateway login`."
            )
        return self.base_url


def load_settings(
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    model: str | None = None,
    team: str | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    store: CredentialStore | None = None,
) -> Settings:
    """The settings in force in a folder (by default the one that the program runs in).

    A key from the environment is sent to the address from the environment, never to one that a workspace's file names.
    Raises ConfigurationError for a file that cannot be read, of a workspace or of a variable.
    """
    workspace = _workspace_of(folder)
    teams, llm = (workspace.teams, workspace.llm) if workspace else (None, None)
    from_environment = variable(environ, "LLM_BASE_URL")
    from_workspace = teams.api_url if teams and teams.enabled else None
    chosen = base_url or from_environment or from_workspace
    if chosen is None and (signed_in := (store or CredentialStore()).default()):
        chosen = signed_in.base_url
    chosen = normal_url(chosen) if chosen else None
    if api_key is None and chosen is not None and from_environment and chosen == normal_url(from_environment):
        api_key = variable(environ, "LLM_API_KEY")
    chat = model or variable(environ, "LLM_MODEL_CHAT") or (llm.model if llm else None) or ""
    return Settings(
        base_url=chosen,
        api_key=api_key,
        model=chat,
        model_prompt_gen=variable(environ, "LLM_MODEL_PROMPT_GEN") or "",
        team=team or (teams.team_id if teams and teams.enabled else None),
        workspace=workspace,
    )


def _workspace_of(folder: Path | None) -> Workspace | None:
    try:
        return find_workspace(folder or Path.cwd())
    except FileNotFoundError:  # somebody has removed the folder that the program runs in
        return None
