"""LiteLLM's `config.yaml`: `model_list`, settings of its router, and what of the rest has a place here."""

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.litellm_groups import add_groups
from gateway_project.foreign_configs.litellm_model import read_deployment
from gateway_project.foreign_configs.litellm_settings import (
    GENERAL_REASONS,
    ROUTER_REASONS,
    SETTINGS_REASONS,
    SharedTraits,
    read_budget,
    read_shared_traits,
)
from gateway_project.foreign_configs.reader import ForeignReader

NAME = "LiteLLM's config.yaml"
KEYS = ("model_list", "router_settings", "litellm_settings", "general_settings")
ENVIRONMENT = "set these variables for the gateway itself; none of their values was read."


def read_litellm(root: ForeignReader, draft: Draft) -> None:
    """Everything that the file says and that there is a place for."""
    router, settings, general = (root.part(key) for key in KEYS[1:])
    shared: SharedTraits = {}
    if settings is not None:
        shared |= read_shared_traits(settings)
        read_budget(settings, draft)
    if router is not None:
        shared |= read_shared_traits(router)
    found = (read_deployment(row, draft, shared) for row in root.rows("model_list"))
    deployments = [each for each in found if each is not None]
    aliases = [alias for part in (router, settings) if part is not None for alias in _group_aliases(part)]
    add_groups(draft, deployments, aliases)
    for part, reasons in ((router, ROUTER_REASONS), (settings, SETTINGS_REASONS), (general, GENERAL_REASONS)):
        if part is not None:
            part.tell_rest(reasons)
    root.tell_rest({"environment_variables": ENVIRONMENT})


def _group_aliases(part: ForeignReader) -> list[tuple[ForeignReader, str, str]]:
    """Each alias with the group that it stands for, and where it is written."""
    aliases = part.part("model_group_alias")
    if aliases is None:
        return []
    found = []
    for alias in aliases.written_keys():
        is_mapping = aliases.holds_mapping(alias)
        target = _target(aliases, alias) if is_mapping else aliases.text(alias, max_length=128)
        found.append((aliases, alias, target))
    return found


def _target(aliases: ForeignReader, alias: str) -> str:
    part = aliases.part(alias)
    target = part.text("model", max_length=128) if part else ""
    if part is not None:
        part.tell_rest()
    return target
