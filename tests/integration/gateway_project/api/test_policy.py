"""Policy over the API: mine, or as an administrator anyone's in reach; nothing of what others use."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now
from redis import Redis

from metering.models import PolicyDecision, PolicyRule, User
from providers.routing.board import Entry
from providers.routing.place import Kind, Place, tag_of
from providers.routing.shared_form import encode, written_entry
from providers.routing.sharing import CIRCUITS
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    ModelFactory,
    PriceFactory,
    ProviderFactory,
    RuleFactory,
    alder,
    make_plan,
    make_token,
    reference_data,
)
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin
from tests.served import serve_model

pytestmark = pytest.mark.django_db
ASK = "policy/explain?task=LLM0_CHAT&model=sandbox-small&input_tokens=50"


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    reference_data()
    serve_model()


def test_a_member_learns_what_would_become_of_a_request() -> None:
    member = person()
    rule = RuleFactory(scope="user", scope_id=str(member.pk), key="max_tokens_in", value=10)
    answer = call("GET", ASK, who=member).json()
    assert (answer["verdict"], answer["code"], answer["rule"]) == (
        "denied", "input_too_large", "user max_tokens_in",
    )  # fmt: skip
    assert (answer["plan"], answer["user_id"]) == ("PRO", str(member.pk))
    assert [(step["source_id"], step["outcome"]) for step in answer["trace"]] == [(str(rule.pk), "in force")]


@pytest.mark.parametrize(
    ("rule", "asked", "status", "reason", "says"),
    [
        (None, "", None, None, "Nobody asks for the cache"),
        (None, "&cache=use&temperature=0", "miss", None, "within the last 300 s"),
        (600, "&temperature=0", "miss", None, "needs no room in any budget"),
        (600, "&temperature=0&cache=refresh;ttl=60", "refresh", None, "kept for 60 s"),
        (600, "", "bypass", "sampled", "temperature is not 0"),
        (600, "&temperature=0&choices=2", "bypass", "choices", "several answers"),
        (600, "&temperature=0&tool_results=true", "bypass", "tool_results", "results of tools"),
        (0, "&cache=use", "off", None, "switched off by a rule"),
        (600, "&cache=off", "off", None, "switched off by the header"),
    ],
)
def test_a_request_is_explained_with_what_the_cache_would_do(
    rule: int | None, asked: str, status: str | None, reason: str | None, says: str
) -> None:
    if rule is not None:
        RuleFactory(key="cache_ttl_s", value=rule)
    answer = call("GET", ASK + asked, who=person()).json()
    assert (answer["cache"]["status"], answer["cache"]["reason"]) == (status, reason)
    assert says in answer["cache"]["message"]
    steps = [(step["rule"], step["outcome"]) for step in answer["trace"]]
    assert steps == ([] if rule is None else [("cache_ttl_s", "in force")])


@pytest.fixture
def shared_board() -> Iterator[Redis]:
    """Where processes tell each other of circuits and rests."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(CIRCUITS)
        yield redis
        redis.delete(CIRCUITS)


def stands(redis: Redis, kind: Kind, provider: str, *, key: str = "", for_s: float = 30.0) -> None:
    """A process has told that something stands against the model `of-PROVIDER` with a key."""
    seconds, _ = redis.time()
    entry = Entry(since_s=seconds, until_s=seconds + for_s, status=429)
    place = Place(kind, provider, "", f"of-{provider}", tag_of(key))
    redis.hset(CIRCUITS, encode(place), written_entry(entry, lambda moment_s: round(moment_s * 1_000)))


def two_vendors(**first: Any) -> None:
    """The alias `either` of two models, of which `of-first` is the cheaper one."""
    for name, price, facts in (("first", 1, first), ("second", 2, {})):
        provider = ProviderFactory(
            name=name, kind="openai_compatible", base_url="http://127.0.0.1:9/v1", **facts
        )
        model = ModelFactory(name=f"of-{name}", provider=provider, aliases=["either"])
        PriceFactory(model=model, input=price, output=price)


EITHER = "policy/explain?task=LLM0_CHAT&model=either&input_tokens=50"


@pytest.mark.parametrize("kind", Kind)
def test_a_model_whose_vendor_fails_or_whose_key_rests_is_explained_to_come_last(
    shared_board: Redis, kind: Kind
) -> None:
    two_vendors()
    answer = call("GET", EITHER, who=person()).json()
    assert (answer["model"], answer["fallbacks"]) == ("of-first", ["of-second"])
    stands(shared_board, kind, "first")
    answer = call("GET", EITHER, who=person()).json()
    assert (answer["model"], answer["fallbacks"]) == ("of-second", ["of-first"])
    assert "Asked last: of-first, its calls fail, or its keys rest, for " in answer["message"]


def test_what_stands_against_the_only_model_is_told_and_refuses_nothing(shared_board: Redis) -> None:
    two_vendors()
    stands(shared_board, Kind.CIRCUIT, "first", for_s=-1.0)
    answer = call("GET", EITHER.replace("either", "of-first"), who=person()).json()
    assert (answer["verdict"], answer["model"]) == ("allowed", "of-first")
    assert "its calls have failed, and one call tries" in answer["message"]


def test_nothing_stands_against_a_model_with_a_key_that_is_free(
    shared_board: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRST_API_KEY", "one, two")
    two_vendors(api_key_env="FIRST_API_KEY")
    stands(shared_board, Kind.REST, "first", key="one")
    assert call("GET", EITHER, who=person()).json()["model"] == "of-first"
    stands(shared_board, Kind.REST, "first", key="two")
    assert call("GET", EITHER, who=person()).json()["model"] == "of-second"


def test_of_another_time_nobody_knows_which_vendors_fail(shared_board: Redis) -> None:
    two_vendors()
    stands(shared_board, Kind.CIRCUIT, "first")
    answer = call("GET", f"{EITHER}&at=2030-01-01T12:00:00Z", who=person()).json()
    assert answer["model"] == "of-first"


def test_a_header_that_says_nothing_known_is_explained_as_the_400_that_it_would_be() -> None:
    assert code_of(call("GET", f"{ASK}&cache=perhaps", who=person())) == (400, "invalid_request")


@pytest.mark.parametrize("dimension", ["api_calls", "files", "steps"])
def test_a_task_is_explained_with_what_it_uses_besides_tokens(dimension: str) -> None:
    BudgetFactory(tenant=alder(), dimension=dimension, window="month", amount=4)
    ask, who = f"policy/explain?task=LLM1_PRIOR_ART&model=sandbox-small&{dimension}", make_token().secret
    assert call("GET", f"{ask}=4", who=who).json()["verdict"] == "allowed"
    answer = call("GET", f"{ask}=5", who=who).json()
    assert (answer["verdict"], answer["code"], answer["rule"]) == (
        "denied", "budget_exceeded", f"tenant {dimension}/month",
    )  # fmt: skip


def test_a_task_is_explained_with_the_operations_that_it_may_have_at_once_by_default() -> None:
    ask = "policy/explain?task=LLM2_DRAFT&model=sandbox-small"
    steps = call("GET", ask, who=make_token().secret).json()["trace"]
    assert [(step["rule"], step["value"]) for step in steps] == [("default max_concurrent", 2)]


def test_an_ati_token_may_ask_about_itself() -> None:
    assert call("GET", ASK, who=make_token().secret).json()["verdict"] == "allowed"


def test_a_member_may_not_ask_about_others_and_an_admin_may() -> None:
    member, admin = person(), person(User.Role.TENANT_ADMIN)
    RuleFactory(scope="user", scope_id=str(member.pk), key="max_tokens_in", value=10)
    about = f"{ASK}&user={member.email}"
    assert code_of(call("GET", about, who=member)) == (403, "not_permitted")
    assert call("GET", about, who=admin).json()["verdict"] == "denied"
    assert call("GET", ASK, who=admin).json()["verdict"] == "allowed"


def test_a_suspended_tenants_requests_are_explained_to_the_operator() -> None:
    make_token()
    type(alder()).objects.update(status="SUSPENDED")
    answer = call("GET", f"{ASK}&tenant=alder", who=super_admin()).json()
    assert (answer["verdict"], answer["code"]) == ("denied", "tenant_suspended")


def test_what_all_tenants_together_used_is_for_the_operator_only() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    budget = BudgetFactory(scope="global", per="global", dimension="requests", amount=5)
    MeterFactory(budget=budget, used=4_321, tenant_id=None, subject_id="")
    mine = call("GET", ASK, who=admin)
    assert mine.json()["verdict"] == "denied"
    assert b"4321" not in mine.content
    assert b"4321" in call("GET", f"{ASK}&tenant=alder", who=super_admin()).content


def test_one_request_under_another_plan() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    make_plan("SMALL", classes=("PRO_M",))
    body: dict[str, Any] = {"request": {"task": "LLM0_CHAT", "model": "sandbox-small"}}
    assert call("POST", "policy/simulate", body, who=admin).json()["decision"]["verdict"] == "allowed"
    small = call("POST", "policy/simulate", {**body, "plan": "SMALL"}, who=admin).json()["decision"]
    assert (small["verdict"], small["code"], small["rule"]) == ("denied", "model_not_allowed", "plan SMALL")


def test_one_request_with_another_rule_of_which_nothing_stays() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    body: dict[str, Any] = {
        "request": {"task": "LLM0_CHAT", "model": "sandbox-small", "input_tokens": 50},
        "rule": {"key": "max_tokens_in", "value": 5},
    }
    decision = call("POST", "policy/simulate", body, who=admin).json()["decision"]
    assert (decision["code"], decision["rule"]) == ("input_too_large", "tenant max_tokens_in")
    assert not PolicyRule.objects.exists()


def test_a_period_with_another_rule() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    AttemptFactory(token_id=admin.signup_token_id, input_tokens=50)
    body: dict[str, Any] = {
        "period": {"since": (now() - timedelta(hours=1)).isoformat()},
        "rule": {"key": "max_tokens_in", "value": 5},
    }
    answer = call("POST", "policy/simulate", body, who=admin).json()["replay"]
    assert (answer["calls"], answer["denied"]) == (1, 1)
    assert call("POST", "policy/simulate", {**body, "rule": None}, who=admin).json()["replay"]["denied"] == 0


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"rule": {"key": "max_tokens_in", "value": "many"}}, "a whole number of tokens"),
        ({"rule": {"key": "max_tokens_in", "value": 5, "when": {"hours": "9-17"}}}, "such as 09:00-17:00"),
        ({"rule": {"key": "max_tokens_in", "value": 5, "task": "POEMS"}}, "the tasks are"),
        (
            {"rule": {"key": "max_tokens_in", "value": 5}, "catalog": {"plans": {}}},
            "either a rule or a catalog",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_not_tried(facts: dict[str, Any], sentence: str) -> None:
    body = {"request": {"task": "LLM0_CHAT"}, **facts}
    response = call("POST", "policy/simulate", body, who=person(User.Role.TENANT_ADMIN))
    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]


def test_more_diagrams_than_one_request_may_ask_for_are_denied_by_name() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    RuleFactory(key="diagram_files_per_req", value=2)
    asked = {"tenant": "alder", "request": {"task": "LLM3_DIAGRAM", "files": 2}}
    decision = call("POST", "policy/simulate", asked, who=admin).json()["decision"]
    assert decision["verdict"] == "allowed", decision
    asked["request"] = {"task": "LLM3_DIAGRAM", "files": 3}
    decision = call("POST", "policy/simulate", asked, who=admin).json()["decision"]
    assert (decision["code"], decision["rule"]) == ("invalid_request", "tenant diagram_files_per_req")


def test_another_catalog_is_for_the_operator() -> None:
    admin, operator = person(User.Role.TENANT_ADMIN), super_admin()
    body: dict[str, Any] = {
        "tenant": "alder",
        "request": {"task": "LLM0_CHAT", "model": "sandbox-small", "input_tokens": 50},
        "catalog": {
            "plans": {
                "PRO": {
                    "tasks": {"LLM0_CHAT": {"classes": ["BASE_S"]}},
                    "rules": [{"key": "max_tokens_in", "value": 5}],
                }
            }
        },
    }
    assert code_of(call("POST", "policy/simulate", body, who=admin)) == (403, "not_permitted")
    decision = call("POST", "policy/simulate", body, who=operator).json()["decision"]
    assert (decision["code"], decision["rule"]) == ("input_too_large", "plan max_tokens_in")
    body["catalog"] = {"plans": {"PRO": {"rules": [{"key": "max_tokens_in", "value": "many"}]}}}
    refused = call("POST", "policy/simulate", body, who=operator)
    assert refused.status_code == 400
    assert "a whole number of tokens" in refused.content.decode()


def test_members_read_their_own_limits_with_who_sets_them() -> None:
    member = person(User.Role.MEMBER)
    RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=4_096)
    RuleFactory(key="max_tokens_out", value=8_000)
    BudgetFactory(scope="plan", scope_id="PRO", per="user", dimension="cost", amount=15_000_000_000)
    found = {limit["key"]: limit for limit in call("GET", "policy/effective", who=member).json()}
    out, cost = found["max_tokens_out"], found["cost/day"]
    assert (out["value"], out["set_by"], out["unit"], out["tasks"]) == (8_000, "alder", "tokens", [])
    assert [(each["value"], each["set_by"]) for each in out["in_place_of"]] == [(4_096, "plan PRO")]
    assert (cost["value"], cost["set_by"], cost["counted_for"]) == ("15", "plan PRO", "user")


def test_what_a_change_would_do_is_asked_before_it_is_made() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    AttemptFactory(token_id=admin.signup_token_id, input_tokens=50)
    body = {"rule": {"key": "max_tokens_in", "value": 5}}
    answer = call("POST", "policy/blast-radius", body, who=admin).json()
    assert (answer["tenant_names"], answer["calls"], answer["denied"]) == (["alder"], 1, 1)
    assert not PolicyRule.objects.exists()


@pytest.mark.parametrize(("said", "status"), [({"hard": True}, 200), ({"hard": True, "soft": True}, 400)])
def test_a_budget_within_the_question_may_be_called_hard(said: dict[str, bool], status: int) -> None:
    budget = {"dimension": "cost", "window": "day", "amount": "5", **said}
    asked = call("POST", "policy/blast-radius", {"budget": budget}, who=person(User.Role.TENANT_ADMIN))
    assert asked.status_code == status


def test_explanations_know_the_tags_of_a_call() -> None:
    admin = person(User.Role.TENANT_ADMIN)
    RuleFactory(key="required_tags", value="project")
    BudgetFactory(scope="tag", scope_id="project=apollo", amount=0)

    def code(tags: str) -> str | None:
        query = f"policy/explain?task=LLM0_CHAT&tags={tags}"
        found: str | None = call("GET", query, who=admin).json()["code"]
        return found

    assert [code(""), code("project%3Dgemini"), code("project%3Dapollo")] == [
        "tag_required",
        None,
        "budget_exceeded",
    ]
    bad = call("GET", "policy/explain?task=LLM0_CHAT&tags=project", who=admin)
    assert (code_of(bad), bad.json()["error"]["param"]) == ((400, "invalid_request"), "tags")


def test_a_limit_of_zero_for_the_gateway_asks_twice_and_is_for_the_operator() -> None:
    body = {"budget": {"dimension": "cost", "window": "day", "amount": "0"}}
    assert call("POST", "policy/blast-radius", body, who=super_admin()).json()["asks_twice"] is True
    assert (
        call("POST", "policy/blast-radius", body, who=person(User.Role.TENANT_ADMIN)).json()["asks_twice"]
        is False
    )
    plans = {"budget": {**body["budget"], "plan": "PRO"}}
    refused = call("POST", "policy/blast-radius", plans, who=person(User.Role.TENANT_ADMIN))
    assert code_of(refused) == (403, "not_permitted")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"request": {"task": "LLM0_CHAT"}, "period": {"since": "2026-01-01T00:00:00Z"}},
        {"request": {"task": "LLM9_POEMS"}},
        {"request": {"task": "LLM0_CHAT", "at": "9999-12-31T23:59:59Z"}},
        {"request": {"task": "LLM0_CHAT", "at": "0001-01-01T00:00:00Z"}},
        {"period": {"since": "0001-01-01T00:00:00Z", "until": "0001-01-03T00:00:00Z"}},
        {"period": {"since": "2025-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}},
        {"period": {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}},
        {"period": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, "plan": "NONE"},
    ],
)
def test_what_makes_no_sense_is_a_400(body: dict[str, Any]) -> None:
    assert call("POST", "policy/simulate", body, who=person(User.Role.TENANT_ADMIN)).status_code == 400


def test_decisions_can_be_read_by_verdict_and_summed_by_rule() -> None:
    admin, moment = person(User.Role.TENANT_ADMIN), now()
    for verdict, count in (("denied", 3), ("observed", 40)):
        PolicyDecision.objects.create(
            minute=moment, tenant_id=alder().pk, task="LLM0_CHAT", verdict=verdict, code="budget_exceeded",
            rule="tenant cost/month", mode="observe", count=count, first_at=moment, last_at=moment,
        )  # fmt: skip
    [row] = call("GET", "policy/decisions?verdict=denied", who=admin).json()["results"]
    assert (row["count"], row["trace"]) == (3, [])
    report = call("GET", "policy/decisions/report", who=admin).json()
    assert [(row["verdict"], row["calls"]) for row in report] == [("observed", 40), ("denied", 3)]
    assert code_of(call("GET", "policy/decisions?verdict=perhaps", who=admin)) == (400, "invalid_request")
