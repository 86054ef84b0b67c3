"""Refusals tell what would be valid, or what to do now."""

from typing import Any

import pytest

from metering.catalog.served import PlanAccess, check_task, choose_models, load_models
from metering.errors import ModelNotAllowed, TaskNotAllowed
from metering.models import Tenant, User
from tests.factories import TeamFactory, make_token
from tests.integration.gateway_project.api.people import call, person, super_admin
from tests.served import serve_model

pytestmark = pytest.mark.django_db


def refusal(method: str, path: str, body: Any = None, **facts: Any) -> tuple[str | None, str]:
    """The field at fault and the sentence."""
    error = call(method, path, body, **facts).json()["error"]
    return error["param"], error["message"]


class TestAWordThatIsNoneOfAFew:
    @pytest.mark.parametrize(
        ("route", "body", "param", "sentence"),
        [
            ("catalog/budgets", {"dimension": "costs", "window": "day", "amount": "1"}, "dimension", "cost,"),
            (
                "catalog/budgets",
                {"dimension": "cost", "window": "minute", "amount": "1"},
                "window",
                "hour, day",
            ),
            (
                "catalog/rules",
                {"key": "max_tokens_out", "value": 1, "mode": "loose"},
                "mode",
                "observe, warn",
            ),
            ("users", {"email": "x@example.com", "role": "BOSS"}, "role", "MEMBER, TENANT_ADMIN"),
            ("policy/simulate", {"request": {"task": "POEMS"}}, "request.task", "LLM0_CHAT"),
            ("jobs", {"task": "chat", "input": {}}, "task", "diagrams, drafting, prior-art"),
            ("claims/check", {"claims": "1. A pump.", "jurisdiction": "JP"}, "jurisdiction", "US, EP"),
            ("diagrams/render", {"language": "dot", "source": "x"}, "language", "mermaid, plantuml"),
            ("webhooks", {"kind": "irc", "url": "https://example.com"}, "kind", "slack"),
            (
                "webhooks",
                {"kind": "slack", "name": "x", "url": "https://example.com", "events": ["rain"]},
                "events.0",
                "none of",
            ),
        ],
    )
    def test_in_a_body(self, route: str, body: dict[str, Any], param: str, sentence: str) -> None:
        found, message = refusal("POST", route, body, who=super_admin())
        assert found == param
        assert sentence in message

    @pytest.mark.parametrize(("query", "sentence"), [("by=hour", "day"), ("prices=later", "then, now")])
    def test_in_a_query(self, query: str, sentence: str) -> None:
        assert sentence in refusal("GET", f"usage?{query}", who=person())[1]

    def test_however_long_it_is(self) -> None:
        assert len(refusal("GET", f"usage?by={'x' * 5_000}", who=person())[1]) < 400


class TestWhatIsTaken:
    def test_by_a_team_of_the_tenant(self) -> None:
        team = TeamFactory()
        body = {"slug": team.slug, "name": "Another"}
        assert refusal("POST", "teams", body, who=person(User.Role.TENANT_ADMIN)) == (
            "slug",
            "slug: There is already a team with this slug.",
        )

    def test_by_a_user(self) -> None:
        admin = person(User.Role.TENANT_ADMIN)
        assert refusal("POST", "users", {"email": admin.email}, who=admin) == (
            "email",
            "email: There is already a user with this email.",
        )


class TestTeams:
    def test_that_the_tenant_does_not_have(self) -> None:
        found = refusal("GET", "auth/me", who=person(), x_team_id="research")
        assert found == ("team", "Your tenant has no team 'research'.")

    def test_of_which_one_is_no_member(self) -> None:
        team = TeamFactory()
        found = refusal("GET", "auth/me", who=person(), x_team_id=team.slug)
        assert found[1].startswith(f"You are not a member of the team {team.slug!r}. Name one of yours")

    def test_that_are_not_the_tokens_own(self) -> None:
        own, other = TeamFactory(), TeamFactory()
        found = refusal("GET", "auth/me", who=make_token(team=own).secret, x_team_id=other.slug)
        assert found[1] == "This token works for one team, and it is another one; name no team."


class TestCredentials:
    def test_from_another_network_tell_which_address_it_is(self) -> None:
        token = make_token(allowed_networks=["192.0.2.0/24"])
        message = refusal("GET", "auth/me", who=token.secret)[1]
        assert "(127.0.0.1). Ask an administrator to allow it." in message

    def test_of_a_suspended_tenant_tell_whom_to_ask(self) -> None:
        token = make_token()
        Tenant.objects.update(status="SUSPENDED")
        message = refusal("GET", "auth/me", who=token.secret)[1]
        assert message == "The tenant 'alder' is suspended. Ask the gateway's operator."

    def test_narrowed_to_other_models_tell_which(self) -> None:
        serve_model("small")
        access = PlanAccess(
            plan="PRO", task="LLM0_CHAT", classes=frozenset({"BASE_S"}), default_class="BASE_S"
        )
        others = frozenset({f"model-{number:02d}" for number in range(12)})
        with pytest.raises(ModelNotAllowed, match=r"'small'; it allows model-00, .* and 2 more\."):
            choose_models(load_models(), access, "small", narrowed_to=others)

    def test_narrowed_to_other_tasks_tell_which(self) -> None:
        with pytest.raises(TaskNotAllowed, match="LLM0_CHAT; it allows LLM2_DRAFT"):
            check_task("LLM0_CHAT", narrowed_to=frozenset({"LLM2_DRAFT"}))


def test_a_problem_of_the_catalog_has_its_path_and_no_line_of_a_text_that_nobody_sent() -> None:
    body = {"plans": {"A": {"rules": [{"key": "max_tokens_out", "value": "many"}]}}}
    message = refusal("PUT", "catalog", body, who=super_admin())[1]
    assert message.startswith("plans.A.rules[1].value: max_tokens_out must be a whole number of tokens")
