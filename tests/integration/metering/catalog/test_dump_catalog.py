import json
from pathlib import Path

from django.utils.timezone import now

from metering.catalog.dump_catalog import as_yaml, dump_catalog
from metering.models import Budget, LLMModel, Plan, PolicyRule, Provider
from tests.factories import BudgetFactory, RuleFactory

DEMO = Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml"
EVERYTHING = """
providers:
  sandbox: {kind: sandbox}
  local: {base_url: "http://localhost:11434/v1", vendor: ollama, active: false}
  vendor: {base_url: "https://vendor.test/v1", api_key: "${VENDOR_API_KEY}"}
  retired: {kind: anthropic, active: false}
  odd:
    base_url: "https://odd.test/v1"
    vendor: other
    traits: {limit_names: [max_tokens], stream_options: false, service_tier: "off", reasoning: true, pictures: ""}
models:
  unpriced: {provider: local, class: BASE_S, context_tokens: 10, max_output_tokens: 5, active: false}
  priced:
    provider: vendor
    physical_name: "off"
    label: "Priced: a \u201cmodel\u201d"
    class: ADVANCED
    aliases: [b, a]
    capabilities: [vision]
    traits: {pictures: "1e5", limit_names: [max_completion_tokens, max_tokens]}
    context_tokens: 10
    max_output_tokens: 5
    price: {input: 0.000001, output: 100, cached_input: 0, cache_write: 12.5}
plans:
  FULL:
    name: "22:00"
    active: false
    features: [DRAFTING]
    tasks: {LLM0_CHAT: {classes: [PRO_L, BASE_S], default_class: PRO_L}}
    rules:
      - {key: on_disconnect, value: drain}
      - {key: max_concurrent, value: 2, enforce_percent: 10}
      - {key: max_tokens_out, value: 5, task: LLM0_CHAT, mode: observe, priority: 7,
         when: {hours: "22:00-06:00", days: [sat], usage: {budget: cost/month, from_percent: 80}}}
      - {key: required_tags, value: [project, cost-centre]}
    budgets:
      - {dimension: files, window: week, amount: 3, per: tag}
      - {dimension: cost, window: month, amount: 0.000000001, per: user, soft: true, thresholds: [50],
         on_expiry: release}
      - {dimension: tokens, window: total, amount: 4611686018427387904, task: LLM0_CHAT, mode: warn}
      - {dimension: tokens, window: total, amount: 7, task: LLM0_CHAT, class: PRO_L}
      - {dimension: steps, window: day, amount: 5, enforce_percent: 25}
"""


def dumped() -> str:
    return as_yaml(dump_catalog(now=now()))


def forget_everything() -> None:
    for noun in (Plan, LLMModel, Provider, Budget, PolicyRule):
        noun.objects.all().delete()


def test_a_dump_loaded_into_an_empty_gateway_dumps_as_the_same_text(load) -> None:
    for text in (DEMO.read_text(), EVERYTHING):
        forget_everything()
        load(text)
        first = dumped()
        assert load(first) == []
        forget_everything()
        assert dumped() != first
        load(first)
        assert dumped() == first


def test_every_optional_key_survives(load) -> None:
    load(EVERYTHING)
    text = dumped()
    for fragment in (
        "api_key: '${VENDOR_API_KEY}'",
        "active: false",
        "vendor: ollama",
        "limit_names: [max_completion_tokens, max_tokens]",
        "      pictures: ''\n      reasoning: true\n      limit_names: [max_tokens]\n      service_tier: 'off'\n"
        "      stream_options: false\n",
        "physical_name: 'off'",
        "price: {input: 0.000001, output: 100, cached_input: 0, cache_write: 12.5}",
        "name: '22:00'",
        "features: [DRAFTING]",
        "{key: on_disconnect, value: drain}",
        "value: 'cost-centre,project'}",
        "amount: 3, per: tag}",
        "mode: observe\n      priority: 7",
        "amount: 0.000000001\n      per: user\n      soft: true\n      on_expiry: release\n      thresholds: [50]",
        "amount: 4611686018427387904, task: LLM0_CHAT, mode: warn}",
    ):
        assert fragment in text


def test_what_has_no_vendor_and_no_traits_is_dumped_without(load) -> None:
    load(DEMO.read_text())
    assert "vendor:" not in dumped()
    assert "traits:" not in dumped()


def test_the_json_of_a_dump_is_a_catalog_too(load) -> None:
    load(EVERYTHING)
    text = dumped()
    assert load(json.dumps(dump_catalog(now=now()), default=str)) == []
    assert dumped() == text


def test_what_is_a_tenant_s_own_or_inactive_is_not_dumped(load) -> None:
    load("plans: {PRO: {}}")
    before = dumped()
    BudgetFactory()
    RuleFactory()
    BudgetFactory(scope="plan", scope_id="PRO", is_active=False)
    RuleFactory(scope="plan", scope_id="PRO", is_active=False)
    assert dumped() == before
