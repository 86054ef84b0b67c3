"""What several routes about policy take and answer."""

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from rest_framework import serializers

from gateway_project.api.choice import Choice
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.moment import IN_ZONE, Moment, placed_for
from gateway_project.api.name import Name
from gateway_project.vendor_news import read_vendor_news
from metering.admission.demand import Asker, Demand, demand_of_counts
from metering.answer_cache.wish import HEADER
from metering.decisions.decision import Standing, Verdict
from metering.errors import InvalidRequest
from metering.models import Tenant
from metering.policy.source import PolicySource
from metering.rates.read_levels import LevelReader, read_levels
from metering.reservation.bounded_call import Measured
from metering.rules.read_conditions import YEARS
from metering.simulation.explain import VendorNews, no_news
from metering.simulation.explain_cache import ImaginedBody, explain_cache
from metering.tags import HEADER as TAGS
from metering.tags import MAX_TEXT, read_tags
from metering.types import MODES, Task

TAG = ["policy"]
MAX_TOKENS = 10_000_000


class RequestIn(StrictInput):
    """One request that nobody makes."""

    task = Choice(choices=[task.value for task in Task])
    model = Name(
        max_length=128,
        default="",
        allow_blank=True,
        help_text="A model, an alias or a class; none: the usual one.",
    )
    input_tokens = serializers.IntegerField(min_value=0, max_value=MAX_TOKENS, default=0)
    output_tokens = serializers.IntegerField(
        min_value=1,
        max_value=MAX_TOKENS,
        default=None,
        allow_null=True,
        help_text="As much as the model can.",
    )
    agent = Name(max_length=128, default=None, allow_null=True)
    conversation = Name(max_length=128, default=None, allow_null=True)
    tags = serializers.CharField(
        max_length=MAX_TEXT, default="", allow_blank=True, help_text=f"As the header {TAGS} has them."
    )
    api_calls = serializers.IntegerField(
        min_value=0, max_value=1_000, default=0, help_text="Search calls that a task makes."
    )
    files = serializers.IntegerField(
        min_value=0, max_value=1_000, default=0, help_text="Files that a task hands out."
    )
    steps = serializers.IntegerField(
        min_value=1, max_value=1_000, default=1, help_text="LLM calls that a task makes."
    )
    cache = serializers.CharField(
        max_length=100,
        default="",
        allow_blank=True,
        help_text=f"What the header {HEADER} says; none: nothing.",
    )
    temperature = serializers.FloatField(
        min_value=0, default=None, allow_null=True, help_text="For the cache. None: the vendor's own."
    )
    choices = serializers.IntegerField(
        min_value=1, max_value=128, default=1, help_text="For the cache: how many answers it asks for."
    )
    tool_results = serializers.BooleanField(
        default=False, help_text="For the cache: whether its messages contain results of tools."
    )
    at = Moment(default=None, allow_null=True, help_text=f"Now, if it is left out. {IN_ZONE}")


class WhoIn(StrictInput):
    """For administrators: about somebody else. Nobody named: about the caller."""

    tenant = serializers.CharField(max_length=63, default="", allow_blank=True, help_text="A slug.")
    team = serializers.CharField(max_length=64, default=None, allow_null=True, help_text="A slug or an id.")
    user = serializers.CharField(
        max_length=254, default=None, allow_null=True, help_text="An address or an id."
    )
    token = serializers.CharField(
        max_length=64, default=None, allow_null=True, help_text="A prefix or an id."
    )
    tenant_id = OtherName("tenant")
    team_id = OtherName("team")
    user_id = OtherName("user")
    token_id = OtherName("token")


class StepOut(serializers.Serializer[Any]):
    """One rule, budget or rate that applies. Amounts of cost are nano-USD."""

    rule = serializers.CharField()
    value = serializers.JSONField()
    source = serializers.CharField()  # type: ignore[assignment] # a field of the answer, not of the class
    source_id = serializers.UUIDField(allow_null=True)
    outcome = serializers.ChoiceField(choices=[standing.value for standing in Standing])
    key = serializers.CharField(help_text="Of the rule that sets a rate, or a limit on calls at once.")
    window = serializers.CharField(help_text="Of a budget or rate.")
    used = serializers.IntegerField(
        allow_null=True,
        help_text="Of a rate: what has not been refilled. Null: not known, or not yours to know.",
    )
    held = serializers.IntegerField(allow_null=True)
    requested = serializers.IntegerField(allow_null=True)
    left = serializers.IntegerField(allow_null=True, help_text="What a further call may take.")
    override = serializers.IntegerField(default=0, help_text="How much of a budget's value overrides add.")


class CacheOut(serializers.Serializer[Any]):
    """What the answer cache would do. Whether it has the answer just now is not looked for."""

    status = serializers.CharField(
        allow_null=True,
        help_text="`miss` (it is looked up), `refresh`, `bypass` or `off`; null: nobody asks for the cache.",
    )
    reason = serializers.CharField(allow_null=True)
    ttl_s = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()


class DecisionOut(serializers.Serializer[Any]):
    """Whether the call may be made, which rule decides, and what every other one says."""

    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    at = serializers.DateTimeField()
    tenant_id = serializers.UUIDField()
    plan = serializers.CharField()
    team_id = serializers.UUIDField(allow_null=True)
    user_id = serializers.UUIDField(allow_null=True)
    token_id = serializers.UUIDField(allow_null=True)
    task = serializers.CharField()
    model = serializers.CharField()
    fallbacks = serializers.ListField(
        child=serializers.CharField(),
        help_text="The models that are tried should that one fail, in this order.",
    )
    mode = serializers.ChoiceField(choices=MODES)
    code = serializers.CharField(allow_null=True)
    message = serializers.CharField()
    rule = serializers.CharField(allow_null=True)
    rule_id = serializers.UUIDField(allow_null=True)
    cache = CacheOut()
    trace = StepOut(many=True)


def demand_of(asker: Asker, given: dict[str, Any], now: datetime) -> Demand[Measured]:
    """The request as admission takes it, sent at that time."""
    return demand_of_counts(
        asker,
        task=given["task"],
        model=given["model"],
        input_tokens=given["input_tokens"],
        output_tokens=given["output_tokens"],
        agent_id=given["agent"],
        tags=read_tags(given["tags"], "tags"),
        conversation_id=given["conversation"],
        now=now,
        **{name: given[name] for name in ("api_calls", "files", "steps")},
    )


def cache_facts(source: PolicySource, asker: Asker, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the cache would do with the request."""
    imagined = ImaginedBody(
        header=given["cache"],
        temperature=given["temperature"],
        choices=given["choices"],
        tool_results=given["tool_results"],
    )
    return explain_cache(
        source=source,
        asker=asker,
        task=given["task"],
        tags=read_tags(given["tags"], "tags"),
        conversation_id=given["conversation"],
        now=now,
        imagined=imagined,
    )


def levels_at(given: dict[str, Any]) -> LevelReader:
    """What rate limits have left, if it is about now."""
    return partial(read_levels, settings.REDIS_URL) if given["at"] is None else lambda limits: {}


def vendor_news_at(given: dict[str, Any]) -> VendorNews:
    """Which models the router asks last, if it is about now."""
    return partial(read_vendor_news, settings.REDIS_URL) if given["at"] is None else no_news


def moment_of(given: dict[str, Any], tenant: Tenant, now: datetime) -> datetime:
    """The time that is asked about. Raises InvalidRequest for one that no calendar can reckon with."""
    placed_for(tenant, given, "at")
    at: datetime | None = given["at"]
    if at is not None and at.year not in YEARS:
        raise InvalidRequest(f"at must be from {YEARS[0]} to {YEARS[-1]}.", param="at")
    return at or now
