"""The rows of usage reports as the OpenAPI document shows them."""

from rest_framework import serializers

from metering.usage.lines import COUNTED


class UsageOut(serializers.Serializer[object]):
    """One group. Besides these, a field with the grouping's own name: `day`, `model`, `user` and so on."""

    name = serializers.CharField(
        allow_null=True, help_text="A user's address, a team's slug, a token's prefix."
    )
    tenant = serializers.SlugField(required=False)
    requests = serializers.IntegerField()
    attempts = serializers.IntegerField()
    corrections = serializers.IntegerField(help_text="Made by hand; they are part of the sums.")
    estimated = serializers.IntegerField(
        help_text="Attempts whose figures are not simply those that the vendor reported."
    )
    provisional = serializers.IntegerField(
        help_text="Attempts whose truth is not known yet: charged as held."
    )
    partly_priced = serializers.IntegerField(
        help_text="Attempts of which the vendor charges for something that the price does not know."
    )
    own_key = serializers.IntegerField(
        help_text="Attempts with the tenant's own key, whom the vendor bills: they cost nothing here."
    )
    cached = serializers.IntegerField(
        help_text="Attempts that asked no vendor, as the answer was kept: they are no requests and cost nothing."
    )
    locals().update({name: serializers.IntegerField() for name in COUNTED})
    cost_nano_usd = serializers.IntegerField(help_text="At the prices asked for.")
    cost_usd = serializers.CharField()
    saved_nano_usd = serializers.IntegerField(
        help_text="What the answers of the cached attempts had cost before markups."
    )
    saved_usd = serializers.CharField()
    charged_nano_usd = serializers.IntegerField(help_text="What budgets were charged.")
    charged_usd = serializers.CharField()
    difference_usd = serializers.CharField(help_text="Cost less charge.")
    unpriced = serializers.IntegerField(help_text="Attempts that keep their charge whatever the prices.")


class UsagePage(serializers.Serializer[object]):
    by = serializers.CharField()
    prices = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    zone = serializers.CharField(help_text="Whose days they are.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = UsageOut(many=True)


class BudgetStatusOut(serializers.Serializer[object]):
    """Amounts of cost are decimal US dollars as text, all others whole numbers."""

    budget = serializers.UUIDField()
    scope = serializers.CharField()
    scope_id = serializers.CharField(allow_blank=True)
    task = serializers.CharField(allow_null=True)
    model_class = serializers.CharField(allow_null=True)
    dimension = serializers.CharField()
    unit = serializers.CharField()
    window = serializers.CharField()
    hard = serializers.BooleanField()
    tenant = serializers.SlugField(allow_null=True)
    subject_type = serializers.CharField()
    subject_id = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(help_text="In force now, with overrides.")
    override = serializers.CharField(help_text="How much of the limit overrides add.")
    set_by = serializers.UUIDField(
        help_text="The budget or rule that says so: of calls at once the rule whose condition holds."
    )
    used = serializers.CharField()
    held = serializers.CharField()
    remaining = serializers.CharField()
    percent = serializers.FloatField(
        help_text="Of the limit: what is used; of concurrency, what is in flight."
    )
    overrun = serializers.CharField()
    unenforced = serializers.CharField()
    uncovered = serializers.CharField(
        help_text="Spent past the limit while PostgreSQL was away (docs/spool.md)."
    )
    reset_at = serializers.DateTimeField(allow_null=True)
    forecast = serializers.CharField(
        allow_null=True,
        help_text="Used by the reset if it goes on like this; null where nothing can be said yet.",
    )
    used_up_at = serializers.DateTimeField(
        allow_null=True, help_text="When the limit is reached at that rate; null: not before the reset."
    )


class BudgetStatusPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = BudgetStatusOut(many=True)
