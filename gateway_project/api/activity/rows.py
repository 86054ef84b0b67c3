"""Lines and stories as the OpenAPI document shows them."""

from rest_framework import serializers

from gateway_project.api.policy.fields import StepOut
from metering.activity.status import Status

STATUSES = [status.value for status in Status]


class LineOut(serializers.Serializer[object]):
    """A call with all its attempts, or the refusals of one rule, principal and minute."""

    id = serializers.UUIDField(help_text="The call's reservation, or the decision that refused it.")
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=STATUSES)
    tenant = serializers.SlugField(allow_null=True)
    team = serializers.CharField(allow_null=True)
    user = serializers.EmailField(allow_null=True)
    token = serializers.CharField(allow_null=True, help_text="Its prefix.")
    task = serializers.CharField()
    model = serializers.CharField()
    asked_for = serializers.CharField(
        allow_null=True, help_text="The alias or class, where that was no model."
    )
    provider = serializers.CharField(allow_null=True)
    attempts = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(help_text="As charged, with corrections.")
    held_usd = serializers.CharField(help_text="Of a call in flight.")
    took_ms = serializers.IntegerField(allow_null=True)
    agent = serializers.CharField(allow_null=True)
    conversation = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    request_id = serializers.CharField(help_text="Of refusals: the first one's.")
    times = serializers.IntegerField(help_text="How often it was refused in that minute.")
    last_at = serializers.DateTimeField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)


class ActivityPage(serializers.Serializer[object]):
    """Newest first. `narrowed_to` says which label `q` named."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    narrowed_to = serializers.CharField(allow_null=True)
    results = LineOut(many=True)


class BarOut(serializers.Serializer[object]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    calls = serializers.DictField(child=serializers.IntegerField(), help_text="By status.")


class HistogramOut(serializers.Serializer[object]):
    """The log's lines, counted: each call once, each refusal as often as it happened."""

    step_s = serializers.IntegerField()
    of_sums = serializers.BooleanField(
        help_text="There were too many calls to count one by one: `failed` counts attempts."
    )
    in_flight = serializers.IntegerField()
    cost_usd = serializers.CharField()
    held_usd = serializers.CharField()
    bars = BarOut(many=True)


class AttemptOut(serializers.Serializer[object]):
    attempt_id = serializers.UUIDField()
    attempt = serializers.IntegerField()
    model = serializers.CharField()
    response_model = serializers.CharField()
    provider = serializers.CharField()
    outcome = serializers.CharField()
    started_at = serializers.DateTimeField()
    latency_ms = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField()
    estimated = serializers.BooleanField()
    estimate_reason = serializers.CharField(allow_null=True)


class ChargeOut(serializers.Serializer[object]):
    """What an ending, a late truth or a correction charged."""

    kind = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    cost_usd = serializers.CharField()
    reason = serializers.CharField(allow_null=True)


class MeterOut(serializers.Serializer[object]):
    """A counter that the call counts on. Cost is decimal US dollars as text, all else a number."""

    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    dimension = serializers.CharField()
    unit = serializers.CharField()
    window = serializers.CharField()
    window_start = serializers.DateTimeField()
    held = serializers.JSONField()
    charged = serializers.JSONField()
    before = serializers.JSONField(allow_null=True, help_text="Null: it cannot be reckoned quickly.")
    after = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True, help_text="As the window's last call met it.")


class RaisedAlertOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    threshold = serializers.IntegerField()
    level = serializers.CharField()
    raised_at = serializers.DateTimeField()
    subject_type = serializers.CharField()
    dimension = serializers.CharField()
    window = serializers.CharField()


class NotedOut(serializers.Serializer[object]):
    """What policy noted of the call's request."""

    id = serializers.UUIDField()
    verdict = serializers.CharField()
    rule = serializers.CharField()
    message = serializers.CharField()


class BoundOut(serializers.Serializer[object]):
    """The most that the call could use."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField()


class StoryOut(LineOut):
    """A line with all that is known of it. Of a call: from `state` to `decisions`; of a refusal: the rest."""

    state = serializers.CharField(allow_null=True, required=False)
    held_until = serializers.DateTimeField(allow_null=True, required=False)
    bound = BoundOut(allow_null=True, required=False)
    ended_at = serializers.DateTimeField(allow_null=True, required=False)
    attempts_made = AttemptOut(many=True, required=False)
    entries = ChargeOut(many=True, required=False)
    meters = MeterOut(many=True, required=False)
    alerts = RaisedAlertOut(many=True, required=False)
    decisions = NotedOut(many=True, required=False)
    rule_id = serializers.UUIDField(allow_null=True, required=False)
    mode = serializers.CharField(required=False)
    trace = StepOut(many=True, required=False)
