"""Lines that call the gateway with a token, with the gateway's address and a model that the plan contains."""

from dataclasses import dataclass

from metering.models import ATIToken, LLMModel, PlanLLMAccess
from metering.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyLines:
    """The secret itself is not in them: they read it from ATI_TOKEN."""

    curl: str
    python: str


def ready_lines(token: ATIToken, *, base_url: str) -> ReadyLines:
    """Return the lines for a gateway at `base_url`: scheme, host and port."""
    base, model = f"{base_url}/v1", _model_of(token)
    return ReadyLines(
        curl=f"""curl {base}/chat/completions \\
  -H "Authorization: Bearer $ATI_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "{model}", "messages": [
       {{"role": "user", "content": "Hello"}}]}}'""",
        python=f"""import os
from openai import OpenAI

client = OpenAI(
    base_url="{base}",
    api_key=os.environ["ATI_TOKEN"],
)
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)""",
    )


def _model_of(token: ATIToken) -> str:
    """One that serves the plan's usual class of chat; where there is none, the class."""
    if token.allowed_models:
        return str(token.allowed_models[0])
    access = PlanLLMAccess.objects.filter(plan=token.plan_tier_id, task=Task.CHAT.value)
    usual = access.values_list("default_class_id", flat=True).first()
    if usual is None:
        return "MODEL"
    served = LLMModel.objects.filter(model_class=usual, is_active=True, provider__is_active=True).order_by(
        "name"
    )
    return served.values_list("name", flat=True).first() or str(usual)
