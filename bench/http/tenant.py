"""A tenant with everything that a call can meet: token, plan, policy rules, five budgets, rate limits."""

from pathlib import Path

from launcher.commands import run, run_json

TENANT = "bench"
PLAN = "BENCH"
PLAN_OF_LEAVERS = "LEAVES"
"""Under which no call outlives its caller."""
CATALOG = """
providers:
  mock: {{kind: openai_compatible, base_url: "{vendor_url}"}}
models:
  mock-fast: &model
    provider: mock
    class: BASE_S
    context_tokens: 128_000
    max_output_tokens: 16_384
    price: {{input: 0.15, output: 0.60, cached_input: 0.075}}
  mock-slow: *model
  mock-endless: *model
plans:
  LEAVES:
    name: Ends a call whose caller leaves
    features: [CHAT]
    tasks: {{LLM0_CHAT: {{classes: [BASE_S], default_class: BASE_S}}}}
    rules: [{{key: on_disconnect, value: cancel}}]
  BENCH:
    name: Bench
    features: [CHAT]
    tasks: {{LLM0_CHAT: {{classes: [BASE_S], default_class: BASE_S}}}}
    rules:
      - {{key: max_tokens_in, value: 64_000}}
      - {{key: max_tokens_out, value: 8_192}}
      - {{key: requests_per_minute, value: 100_000_000}}
      - {{key: tokens_per_minute, value: 100_000_000_000}}
    budgets:
      - {{dimension: requests, window: day, amount: 1_000_000_000}}
      - {{dimension: tokens, window: month, amount: 1_000_000_000_000}}
"""
BUDGETS = (
    ("--tenant", TENANT, "--dimension", "cost", "--window", "month", "--amount", "1000000"),
    ("--tenant", TENANT, "--dimension", "cost", "--window", "day", "--amount", "1000000"),
    ("--provider", "mock", "--dimension", "cost", "--window", "hour", "--amount", "1000000"),
)
"""With the plan's two, five: all hard, none ever reached."""


def prepare_tenant(folder: Path, vendor_url: str) -> str:
    """The tenant's token."""
    import django

    django.setup()
    catalog = folder / "bench-catalog.yaml"
    catalog.write_text(CATALOG.format(vendor_url=vendor_url))
    run("load_catalog", str(catalog))
    run_json("create_tenant", "--slug", TENANT, "--name", "Bench")
    for budget in BUDGETS:
        run_json("set_budget", *budget)
    return token_on(PLAN)


def token_on(plan: str) -> str:
    """A new token of the tenant."""
    answer = run_json("issue_token", "--tenant", TENANT, "--plan", plan, "--name", "bench")
    return str(answer["token"])
