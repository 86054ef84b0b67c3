"""Recognise a foreign file by its top keys, and make our document of it."""

from collections.abc import Callable
from datetime import datetime

from yaml.nodes import MappingNode, Node, ScalarNode

from gateway_project.foreign_configs import litellm, proxy_mode, proxy_service
from gateway_project.foreign_configs.check_names import check_names
from gateway_project.foreign_configs.draft import Conversion, Draft
from gateway_project.foreign_configs.reader import ForeignReader, Notes
from metering.catalog.merged import merge_keys
from metering.catalog.read_models import KEYS as OUR_MODEL_KEYS
from metering.catalog.yaml_source import Problems, compose
from metering.errors import CatalogInvalid
from metering.text import normal

Read = Callable[[ForeignReader, Draft], None]
SERVICE_KEYS = frozenset({"providers", "models"})
OURS_ALONE = frozenset(OUR_MODEL_KEYS) - {
    *("provider", "physical_name", "label"),
    *("cost_per_1k_prompt", "cost_per_1k_completion"),
}
"""What only our models name. Each of them has to name some of it, so that no file of ours is taken for another's."""


def convert(text: str, *, at: datetime) -> Conversion | None:
    """Our document for a foreign file, with prices of the moment `at`; None for a file in our own form.

    Raises CatalogInvalid with every problem, each with its line in the foreign file.
    """
    root = compose(normal(text))
    merge_keys(root)
    found = _format(root)
    if found is None:
        return None
    name, read = found
    problems, notes = Problems(), Notes()
    draft = Draft(notes, at)
    read(ForeignReader(root, "", problems, notes), draft)
    check_names(draft)
    problems.raise_if_any()
    conversion = draft.conversion(name)
    if not conversion.document:
        raise CatalogInvalid([f"line 1: nothing in {name} can be taken over.", *conversion.notes])
    return conversion


def _format(root: Node) -> tuple[str, Read] | None:
    keys = _keys(root)
    if proxy_mode.KEY in keys:
        return proxy_mode.NAME, proxy_mode.read_proxy_mode
    if keys.keys() & set(litellm.KEYS):
        return litellm.NAME, litellm.read_litellm
    if keys.keys() & SERVICE_KEYS and _is_service(keys):
        return proxy_service.NAME, proxy_service.read_proxy_service
    return None


def _is_service(keys: dict[str, Node]) -> bool:
    """Whether `models` are the proxy service's, which name nothing that every model of ours has to name."""
    if not keys.keys() <= SERVICE_KEYS or "models" not in keys:
        return False
    models = [_keys(model) for model in _keys(keys["models"]).values()]
    return bool(models) and not any(OURS_ALONE & model.keys() for model in models)


def _keys(node: Node) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        return {}
    return {str(key.value).strip(): value for key, value in node.value if isinstance(key, ScalarNode)}
