"""Rules set by hand: checked as everywhere, idempotent, in the audit trail."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from metering.models import AuditEvent, PolicyRule
from tests.factories import UserFactory, alder, make_plan, reference_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    reference_data()


def set_rule(*arguments: str) -> Any:
    output = io.StringIO()
    call_command("set_rule", *arguments, "--json", stdout=output)
    return json.loads(output.getvalue())


def test_the_same_rule_again_changes_its_value_and_says_so_in_the_audit_trail() -> None:
    alder()
    first = set_rule(
        "--tenant", "alder", "--task", "LLM2_DRAFT", "--key", "max_tokens_out", "--value", "4000"
    )
    again = set_rule(
        "--tenant", "alder", "--task", "LLM2_DRAFT", "--key", "max_tokens_out", "--value", "8000"
    )
    assert (first["created"], again["created"], again["rule"]) == (True, False, first["rule"])
    assert PolicyRule.objects.get().value == 8000
    change = AuditEvent.objects.filter(action="rule.set").latest("id").facts
    assert (change["before"]["value"], change["after"]["value"]) == (4000, 8000)


def test_another_condition_is_another_rule() -> None:
    make_plan("PRO")
    rule = ("--plan", "PRO", "--key", "requests_per_minute", "--value", "5")
    set_rule(*rule)
    set_rule(*rule, "--when", '{"days": ["sat", "sun"], "hours": "22:00-06:00"}', "--mode", "warn")
    assert PolicyRule.objects.filter(scope="plan", scope_id="PRO").count() == 2


def test_a_tag_is_named_by_its_key_and_value_and_a_conversation_as_calls_name_it() -> None:
    alder()
    set_rule("--tenant", "alder", "--conversation", "talk-7", "--key", "max_tokens_out", "--value", "9")
    assert PolicyRule.objects.values_list("scope", "scope_id").get() == ("conversation", "talk-7")
    set_rule("--tenant", "alder", "--tag", " project=apollo", "--key", "max_class", "--value", "BASE_S")
    rule = PolicyRule.objects.get(scope="tag")
    assert (rule.scope, rule.scope_id, rule.tenant) == ("tag", "project=apollo", alder())


def test_required_tags_are_keys_with_commas_between() -> None:
    made = set_rule("--key", "required_tags", "--value", "project, cost-centre")
    assert made["value"] == "cost-centre,project"
    with pytest.raises(CommandError, match="1 to 10 keys of tags, such as project,cost-centre"):
        set_rule("--key", "required_tags", "--value", "project=apollo")


def test_a_user_is_named_by_address() -> None:
    user = UserFactory()
    made = set_rule("--tenant", "alder", "--user", user.email, "--key", "max_class", "--value", "BASE_S")
    assert (made["scope"], made["scope_id"], made["value"]) == ("user", str(user.pk), "BASE_S")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--key", "max_tokens_out", "--value", "many"), "a whole number of tokens from 1"),
        (("--key", "max_token_out", "--value", "5"), "the keys are"),
        (("--key", "max_tokens_out", "--value", "5", "--when", '{"hours": "9-17"}'), "such as 09:00-17:00"),
        (("--key", "max_tokens_out", "--value", "5", "--when", "always"), "--when must be JSON"),
        (("--key", "max_tokens_out", "--value", "5", "--when", "[]"), "a JSON object"),
        (("--key", "max_tokens_out", "--value", "5", "--mode", "loud"), "one of observe, warn, enforce"),
        (("--key", "max_tokens_out", "--value", "5", "--enforce-percent", "101"), "from 0 to 100"),
        (
            ("--key", "max_tokens_out", "--value", "5", "--tenant", "alder", "--agent", "helper"),
            "for which the keys are requests_per_minute, tokens_per_minute",
        ),
        (("--key", "max_tokens_out", "--value", "5", "--plan", "X", "--tenant", "y"), "name nobody else"),
        (("--key", "max_tokens_out", "--value", "5", "--value", "6"), "--value is given twice"),
        (
            ("--key", "max_tokens_out", "--value", "5", "--when", '{"days": ["mon"], "days": ["sat"]}'),
            "days occurs twice, as members 1 and 2",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(arguments: tuple[str, ...], sentence: str) -> None:
    alder()
    with pytest.raises(CommandError, match=sentence):
        set_rule(*arguments)
    assert not PolicyRule.objects.exists()
