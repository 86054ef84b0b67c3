"""Where a model may be run. Without a word of the request the workspace's own setting decides, and a place costs more.

So the plain value is sent, as the plain service tier is, unless the trait `runs_anywhere` says otherwise: for whoever
has to stay in a place. A workspace that may be served in certain places alone refuses it, and is then asked without.
"""

from providers.anthropic.thinking import WITH_A_BUDGET, bare

PLACE = "inference_geo"
ANYWHERE = "global"


def takes_place(model: str) -> bool:
    """Whether it is one of the models that know the field: Claude from 4.6 on."""
    name = bare(model)
    return name.startswith("claude-") and not name.startswith((*WITH_A_BUDGET, "claude-2", "claude-instant"))
