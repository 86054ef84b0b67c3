"""Who makes the calls, how often, and of which models."""

from dataclasses import dataclass
from random import Random
from typing import Any

from metering.labels import LABELS
from metering.models import ATIToken
from tests.support.busy.catalog import MODELS

WEIGHT_OF_TENANT = {"alder": 12, "birch": 2, "cedar": 6}
WEIGHT_OF_APPLICATION = 4
"""A token of no person calls as often as four people."""
MODEL_WEIGHTS = {
    "claude-sonnet-4.5": 22,
    "claude-opus-4.1": 3,
    "gpt-5": 18,
    "gpt-5-mini": 22,
    "gemini-2.5-pro": 11,
    "deepseek-chat": 24,
}
TASKS = {"LLM0_CHAT": 60, "LLM2_DRAFT": 25, "LLM1_PRIOR_ART": 10, "LLM3_DIAGRAM": 5}
AGENTS = ("claim-chart", "office-action", None, None, None)
PROJECTS = ("apollo", "orion", "gemini")
CONVERSATIONS = (
    "Office action 3, drafting",
    "Claim chart, family 22",
    "Prior art, rotor blade",
    "Brief, appendix C",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    token: ATIToken
    weight: int

    def labels(self, dice: Random) -> dict[str, Any]:
        """Everything that says to whom and what one call belongs, by column, as far as there are such labels."""
        model = dice.choices(list(MODEL_WEIGHTS), list(MODEL_WEIGHTS.values()))[0]
        vendor, model_class, _, _ = MODELS[model]
        slug = self.token.tenant.slug
        labels = {
            "team_id": self.token.team_id,
            "user_id": self.token.user_id,
            "token_id": self.token.pk,
            "task": dice.choices(list(TASKS), list(TASKS.values()))[0],
            "request_id": f"req_{dice.getrandbits(64):016x}",
            "request_model": model,
            "model_class": model_class,
            "provider_name": vendor,
            "agent_id": dice.choice(AGENTS),
            "microdao_id": f"{slug}-dao" if dice.random() < 0.3 else None,
            "channel_id": dice.choice(("web", "mail", None)),
            "conversation_id": f"{slug}: {dice.choice(CONVERSATIONS)}" if dice.random() < 0.4 else None,
            "tags": [f"project={dice.choice(PROJECTS)}"] if dice.random() < 0.6 else [],
        }
        return {name: value for name, value in labels.items() if name in LABELS}


def callers() -> list[Caller]:
    """Every token, with how often it calls."""
    return [
        Caller(
            token=token,
            weight=WEIGHT_OF_TENANT[token.tenant.slug] * (1 if token.user_id else WEIGHT_OF_APPLICATION),
        )
        for token in ATIToken.objects.select_related("tenant").order_by("name")
    ]
