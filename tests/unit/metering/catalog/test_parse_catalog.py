from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.catalog.document import CatalogDocument, Vocabulary
from metering.catalog.parse_catalog import parse_catalog
from metering.errors import CatalogInvalid
from metering.policy.read_conditions import check_conditions

CLASSES = ("BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED")
VOCABULARY = Vocabulary(
    providers=frozenset({"sandbox"}),
    classes=CLASSES,
    features=frozenset({"CHAT", "DRAFTING"}),
    feature_of_task={"LLM0_CHAT": "CHAT", "LLM2_DRAFT": "DRAFTING"},
    model_names=frozenset({"older"}),
    model_of_alias={"taken": "older"},
)
MODEL = "{provider: sandbox, class: BASE_S, context_tokens: 1000, max_output_tokens: 100"


def accept_any_rule(key: str, value: object, task: str | None, scope: str) -> None:
    pass


def parse(text: str, check_rule=accept_any_rule, **environment: str) -> CatalogDocument:
    return parse_catalog(
        text=dedent(text),
        vocabulary=VOCABULARY,
        environment=environment,
        check_rule=check_rule,
        check_when=check_conditions,
    )


def problems(text: str, check_rule=accept_any_rule, **environment: str) -> list[str]:
    with pytest.raises(CatalogInvalid) as refused:
        parse(text, check_rule, **environment)
    return refused.value.problems


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    found = problems(
        """\
        providers:
          openai: {kind: openai_compatibel, base_url: "https://api.openai.com/v1"}
        models:
          gpt:
            provider: opnai
            class: BASE_S
            context_tokens: many
            max_output_tokens: 100
            prise: {}
        plans:
          FREE:
            features: [CHAT, POETRY]
        """
    )
    assert found == [
        "line 2: providers.openai.kind: unknown value 'openai_compatibel'; did you mean 'openai_compatible'?",
        "line 5: models.gpt.provider: unknown value 'opnai'; did you mean 'openai'?",
        "line 7: models.gpt.context_tokens: expected a whole number from 1 to 2,147,483,647, not 'many'",
        "line 9: models.gpt: unknown key 'prise'; did you mean 'price'?",
        "line 12: plans.FREE.features: unknown value 'POETRY'; known: CHAT, DRAFTING",
    ]


def test_what_an_entry_needs_and_lacks_is_named() -> None:
    assert problems("models:\n  empty:\n") == [
        "line 2: models.empty: needs 'class', one of: BASE_S, BASE_M, PRO_M, PRO_L, ADVANCED",
        "line 2: models.empty: needs 'context_tokens', a whole number",
        "line 2: models.empty: needs 'max_output_tokens', a whole number",
        "line 2: models.empty: needs 'provider', one of: sandbox",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty."),
        ("providers: [", "line 1: not valid YAML"),
        ("plans:\n\t- x", "line 2: not valid YAML"),
        ("a: 1\n---\nb: 2\n", "line 2: not valid YAML: but found another document."),
        ("[" * 5_000, "line 1: "),
        ("? [a]\n: b", "line 1: a key must be plain text"),
        ("- a\n- b", "line 1: expected a mapping of keys to values, not a list"),
        ("modles: {}", "line 1: unknown key 'modles'; did you mean 'models'?"),
        ("plans: {A: {}, A: {}}", "line 1: plans: 'A' occurs twice, first on line 1"),
        ("providers:\n  x: !!python/object:os.system {}", "line 2: providers.x: needs 'base_url'"),
    ],
)
def test_a_file_that_is_not_a_catalog_is_refused_with_a_line(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


@given(st.text(alphabet="ab:{}[]-,&*!|>'\"#%\n\t \0\ufeffplanskey0.9$", max_size=60))
def test_any_text_is_read_or_refused_with_lines(text: str) -> None:
    try:
        parse(text)
    except CatalogInvalid as refused:
        assert all(problem.startswith("line ") for problem in refused.problems)  # noqa: PT017


class TestProviders:
    def test_a_key_is_a_reference_and_only_its_name_is_kept(self) -> None:
        [provider] = parse(
            'providers: {o: {base_url: "https://x.test", api_key: "${MY_KEY}"}}', MY_KEY="sk-secret"
        ).providers
        assert provider.api_key_env == "MY_KEY"
        assert "sk-secret" not in repr(provider)

    def test_a_seeds_file_names_the_variable_itself(self) -> None:
        text = 'providers: {o: {base_url: "https://x.test", api_key_env: MY_KEY}}'
        assert parse(text).providers[0].api_key_env == "MY_KEY"
        assert parse(text).providers[0].kind == "openai_compatible"

    def test_the_variable_is_named_once_and_could_be_a_variable(self) -> None:
        fields = 'base_url: "https://x.test", api_key_env'
        assert "not both" in problems(f'providers: {{o: {{{fields}: A, api_key: "${{A}}"}}}}')[0]
        assert "name of an environment variable" in problems(f"providers: {{o: {{{fields}: sk-1}}}}")[0]

    def test_a_provider_s_name_can_stand_in_an_address(self) -> None:
        assert "letters, digits" in problems("providers: {a b: {kind: sandbox}}")[0]

    @pytest.mark.parametrize("key", ["sk-proj-123", "${KEY}x", "${KEY:-sk-proj-123}"])
    def test_a_key_itself_is_refused_and_not_repeated(self, key: str) -> None:
        found = problems(f'providers: {{o: {{base_url: "https://x.test", api_key: "{key}"}}}}')
        assert found == [
            "line 1: providers.o.api_key: must be a reference such as ${OPENAI_API_KEY}, never the key itself"
        ]

    def test_a_base_url_may_come_from_the_environment_with_a_default(self) -> None:
        text = 'providers: {o: {base_url: "${URL:-http://localhost:11434}/v1/"}}'
        assert parse(text).providers[0].base_url == "http://localhost:11434/v1"
        assert parse(text, URL="https://vllm.test").providers[0].base_url == "https://vllm.test/v1"

    def test_an_unset_variable_in_a_base_url_is_one_problem(self) -> None:
        assert problems('providers:\n  o:\n    base_url: "${URL}/v1"') == [
            "line 3: providers.o.base_url: the environment variable URL is not set"
        ]

    @pytest.mark.parametrize(
        "url", ["https://me:hunter2@x.test", "ftp://hunter2.test", "hunter2", "http://[hunter2"]
    )
    def test_an_odd_address_is_refused_and_not_repeated(self, url: str) -> None:
        [problem] = problems(f'providers: {{o: {{base_url: "{url}"}}}}')
        assert "hunter2" not in problem


class TestModels:
    def test_prices_keep_every_digit_and_default_to_the_input_price(self) -> None:
        [model] = parse(f"models: {{m: {MODEL}, price: {{input: 0.1, output: 2.000001}}}}}}").models
        assert model.price is not None
        assert (model.price.input, model.price.output) == (Decimal("0.1"), Decimal("2.000001"))
        assert model.price.cached_input == model.price.cache_write == Decimal("0.1")

    def test_prices_per_thousand_tokens_become_prices_per_million(self) -> None:
        text = f"models: {{m: {MODEL}, cost_per_1k_prompt: 0.01, cost_per_1k_completion: 0.0000003}}}}"
        price = parse(text).models[0].price
        assert price is not None
        assert (price.input, price.output) == (10, Decimal("0.0003"))

    def test_a_model_without_a_price_has_none_rather_than_zero(self) -> None:
        assert parse(f"models: {{m: {MODEL}}}}}").models[0].price is None

    @pytest.mark.parametrize(
        "price",
        [
            "{input: 1}",
            "{input: -1, output: 1}",
            "{input: NaN, output: 1}",
            "{input: Infinity, output: 1}",
            "{input: 0.0000001, output: 1}",
            "{input: 1e999999999, output: 1}",
            "{input: cheap, output: 1}",
            "[1, 2]",
        ],
    )
    def test_a_price_that_is_no_exact_amount_is_refused(self, price: str) -> None:
        assert problems(f"models: {{m: {MODEL}, price: {price}}}}}")

    def test_two_ways_to_say_the_price_are_one_too_many(self) -> None:
        [problem] = problems(
            f"models: {{m: {MODEL}, price: {{input: 1, output: 1}}, cost_per_1k_prompt: 1}}}}"
        )
        assert "not both" in problem

    def test_models_may_share_an_alias(self) -> None:
        models = parse(f"models: {{a: {MODEL}, aliases: [x]}}, b: {MODEL}, aliases: [x]}}}}").models
        assert [model.aliases for model in models] == [("x",), ("x",)]

    @pytest.mark.parametrize("alias", ["a", "older", "PRO_M"])
    def test_an_alias_may_not_be_the_name_of_a_model_or_a_class(self, alias: str) -> None:
        [problem] = problems(f"models: {{a: {MODEL}, aliases: [{alias}]}}}}")
        assert "already" in problem

    @pytest.mark.parametrize("name", ["taken", "PRO_M", "with space"])
    def test_a_name_may_not_be_an_alias_or_a_class_or_have_spaces(self, name: str) -> None:
        assert len(problems(f"models: {{{name}: {MODEL}}}}}")) == 1

    def test_the_output_fits_the_context(self) -> None:
        text = "models: {m: {provider: sandbox, class: BASE_S, context_tokens: 10, max_output_tokens: 11}}"
        assert problems(text) == ["line 1: models.m.max_output_tokens: is larger than context_tokens"]


class TestPlans:
    def test_a_plan_without_features_has_those_of_its_tasks(self) -> None:
        [plan] = parse("plans: {P: {tasks: {LLM2_DRAFT: {classes: [PRO_M]}}}}").plans
        assert plan.features == ("DRAFTING",)

    def test_a_plan_that_lists_no_feature_has_none(self) -> None:
        [plan] = parse("plans: {P: {features: [], tasks: {LLM2_DRAFT: {classes: [PRO_M]}}}}").plans
        assert plan.features == ()

    def test_classes_are_kept_from_cheap_to_dear_and_the_cheapest_is_the_default(self) -> None:
        [plan] = parse("plans: {P: {tasks: {LLM0_CHAT: {classes: [PRO_L, BASE_M]}}}}").plans
        assert plan.access[0].classes == ("BASE_M", "PRO_L")
        assert plan.access[0].default_class == "BASE_M"

    def test_the_default_class_is_one_of_the_classes(self) -> None:
        text = "plans: {P: {tasks: {LLM0_CHAT: {classes: [PRO_L], default_class: BASE_M}}}}"
        assert "unknown value 'BASE_M'" in problems(text)[0]

    def test_rules_are_checked_by_the_registry_and_values_keep_their_type(self) -> None:
        seen = []
        parse(
            """\
            plans:
              P:
                rules:
                  - {key: max_concurrent, value: 1_000, task: LLM0_CHAT}
                  - {key: log_content, value: off}
                  - {key: quoted, value: "5"}
                  - {key: x, value: true, when: {days: [mon], hours: 22:00-06:00, valid_until: 2026-12-31}}
            """,
            check_rule=lambda *rule: seen.append(rule),
        )
        assert seen == [
            ("max_concurrent", 1000, "LLM0_CHAT", "plan"),
            ("log_content", "off", None, "plan"),
            ("quoted", "5", None, "plan"),
            ("x", True, None, "plan"),
        ]

    def test_conditions_are_kept_as_they_are(self) -> None:
        text = (
            "plans: {P: {rules: [{key: x, value: 1, when: {hours: 22:00-06:00, valid_until: 2026-12-31}}]}}"
        )
        [rule] = parse(text).plans[0].rules
        assert rule.conditions == {"hours": "22:00-06:00", "valid_until": "2026-12-31"}

    def test_a_condition_that_cannot_be_read_is_a_problem_with_its_line(self) -> None:
        text = """\
            plans:
              P:
                rules:
                  - key: x
                    value: 1
                    when: {days: [mon, tues]}
            """
        assert problems(text) == [
            "line 6: plans.P.rules[1].when: when.days must be a list of mon, tue, wed, thu, fri, sat, sun, "
            "not ['mon', 'tues']"
        ]

    def test_a_rule_that_the_registry_refuses_is_a_problem_with_its_line(self) -> None:
        def refuse(key: str, value: object, task: str | None, scope: str) -> None:
            raise ValueError(f"{key} is wrong.")

        assert problems("plans:\n  P:\n    rules:\n      - {key: x, value: 1}", refuse) == [
            "line 4: plans.P.rules[1].value: x is wrong"
        ]

    def test_the_same_rule_twice_is_a_problem(self) -> None:
        text = "plans:\n  P:\n    rules:\n      - {key: x, value: 1}\n      - {key: x, value: 2}"
        assert problems(text)[0].startswith("line 5: plans.P.rules[2]: says again what line 4 says")

    def test_the_same_key_for_another_task_or_condition_is_another_rule(self) -> None:
        text = """\
            plans: {P: {rules: [{key: x, value: 1}, {key: x, value: 1, task: LLM0_CHAT},
                                {key: x, value: 1, when: {days: [mon]}}, {key: x, value: 1, mode: observe}]}}
            """
        assert len(parse(text).plans[0].rules) == 4

    @pytest.mark.parametrize(
        ("rule", "problem"),
        [
            ("{value: 1}", "needs 'key' and 'value'"),
            ("{key: x}", "needs 'key' and 'value'"),
            ("{key: x, value: 1, when: always}", "expected a mapping of conditions"),
            ("{key: x, value: 1, when: {a: &a [*a]}}", "contains itself"),
            ("{key: x, value: 1, task: LLM9}", "unknown value 'LLM9'"),
            ("{key: x, value: 1, mode: block}", "unknown value 'block'"),
            ("[key, x]", "expected a mapping of keys to values, not a list"),
        ],
    )
    def test_a_rule_that_cannot_be_read_is_a_problem(self, rule: str, problem: str) -> None:
        assert problem in problems(f"plans: {{P: {{rules: [{rule}]}}}}")[0]

    def test_a_task_without_classes_is_a_problem(self) -> None:
        [problem] = problems("plans: {P: {tasks: {LLM0_CHAT: {}}}}")
        assert problem.startswith("line 1: plans.P.tasks.LLM0_CHAT: needs 'classes'")

    @pytest.mark.parametrize("body", ["features: CHAT", "features: [[CHAT]]", "name: [a]", "tasks: []"])
    def test_a_value_of_the_wrong_shape_is_a_problem(self, body: str) -> None:
        assert len(problems(f"plans: {{P: {{{body}}}}}")) == 1

    def test_a_value_that_contains_itself_is_refused(self) -> None:
        assert "contains itself" in problems("plans: {P: {rules: [{key: x, value: &a [*a]}]}}")[0]


class TestBudgets:
    def budget(self, fields: str):
        return parse(f"plans: {{P: {{budgets: [{{{fields}}}]}}}}").plans[0].budgets[0]

    def problems(self, fields: str) -> list[str]:
        return problems(f"plans: {{P: {{budgets: [{{{fields}}}]}}}}")

    def test_cost_is_exact_to_the_nano_dollar(self) -> None:
        assert self.budget("dimension: cost, window: day, amount: 0.100000001").amount == 100_000_001

    def test_a_budget_is_hard_and_counts_the_tenant_unless_it_says_otherwise(self) -> None:
        plain = self.budget("dimension: requests, window: day, amount: 5")
        assert (plain.hard, plain.per, plain.task, plain.model_class) == (True, "tenant", None, None)
        other = self.budget(
            "dimension: steps, window: total, amount: 5, soft: true, per: agent, task: LLM2_DRAFT, class: PRO_M"
        )
        found = (other.hard, other.per, other.task, other.model_class)
        assert found == (False, "agent", "LLM2_DRAFT", "PRO_M")

    @pytest.mark.parametrize(
        "fields",
        [
            "dimension: requests, window: day, amount: 1.5",
            "dimension: requests, window: day, amount: -1",
            "dimension: requests, window: day, amount: 4611686018427387905",
            "dimension: requests, window: day",
            "dimension: cost, window: day, amount: 0.0000000001",
            "dimension: cost, window: day, amount: 99999999999999",
            "dimension: requests, window: day, amount: 1, per: provider",
            "dimension: requests, window: fortnight, amount: 1",
            "dimension: requests, window: day, amount: 1, thresholds: [0]",
            "dimension: requests, window: day, amount: 1, soft: maybe",
            "dimension: requests, window: day, amount: 1, class: PRO_XXL",
        ],
    )
    def test_what_makes_no_sense_is_refused(self, fields: str) -> None:
        assert len(self.problems(fields)) == 1

    def test_what_is_no_budget_says_what_it_is(self) -> None:
        assert "use the rule max_concurrent" in self.problems("dimension: concurrency, amount: 3")[0]
        assert "requests_per_minute" in self.problems("dimension: requests, window: minute, amount: 3")[0]

    def test_counting_the_same_twice_is_a_problem(self) -> None:
        budget = "{dimension: cost, window: day, amount: 1}"
        [problem] = problems(f"plans: {{P: {{budgets: [{budget}, {budget}]}}}}")
        assert "counts again what line 1 counts" in problem
        other = "{dimension: cost, window: day, amount: 1, class: PRO_M}"
        parse(f"plans: {{P: {{budgets: [{budget}, {other}]}}}}")


@pytest.mark.parametrize(
    "text",
    [
        'plans: {"a\\0b": {}}',
        'plans: {P: {name: "a\\0b"}}',
        'plans: {P: {rules: [{key: x, value: "a\\0b"}]}}',
        f'models: {{m: {MODEL}, aliases: ["a\\0b"]}}}}',
    ],
)
def test_characters_that_no_database_stores_are_refused(text: str) -> None:
    assert len(problems(text)) == 1
