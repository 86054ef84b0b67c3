"""What serves a call: model classes, providers, models and their dated prices."""

import os

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, TextChoices
from django.db.models.functions import Now
from django.utils.timezone import now

from metering.api_key import key_problem
from metering.base_url import base_url_problem, shown_base_url
from metering.models.columns import markup_constraint, markup_field
from metering.models.names import check_name
from metering.price_modifiers import normal_modifiers
from metering.text import normal
from metering.traits import traits_problem
from metering.types import Vendor


def price_field() -> models.DecimalField:  # type: ignore[type-arg]
    """US dollars per million tokens."""
    return models.DecimalField(max_digits=18, decimal_places=6, validators=[MinValueValidator(0)])


def rare_price_field(help_text: str) -> models.DecimalField:  # type: ignore[type-arg]
    """A price of tokens that most models have no price of their own for."""
    return models.DecimalField(
        max_digits=18,
        decimal_places=6,
        validators=[MinValueValidator(0)],
        null=True,
        blank=True,
        help_text=help_text,
    )


class ModelClass(models.Model):
    """A capability class; plans allow classes, models belong to one. `rank` orders cheap to dear."""

    code = models.CharField(max_length=16, primary_key=True)
    name = models.CharField(max_length=100)
    rank = models.PositiveSmallIntegerField(unique=True)

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "model classes"

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        check_name(self, "code")


class Provider(models.Model):
    """An LLM vendor's endpoint. `api_key_env` names the environment variable; the key itself is not stored."""

    class Kind(TextChoices):
        OPENAI_COMPATIBLE = "openai_compatible"
        ANTHROPIC = "anthropic"
        GEMINI = "gemini"
        SANDBOX = "sandbox"

    name = models.SlugField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    base_url = models.CharField(max_length=500, blank=True)
    api_key_env = models.CharField(max_length=128, blank=True, verbose_name="API key variable")
    vendor = models.CharField(
        max_length=16,
        choices=[(vendor.value, vendor.value) for vendor in Vendor],
        blank=True,
        help_text="Whose known traits it has. Empty: by the host of the base URL.",
    )
    traits = models.JSONField(default=dict, blank=True)
    markup_percent = markup_field("What its calls cost above its prices; below zero: less.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["openai_compatible", "anthropic", "gemini", "sandbox"]),
                name="provider_kind",
                violation_error_message="There is no such kind of provider.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="openai_compatible", base_url=""),
                name="provider_has_base_url",
                violation_error_message="An OpenAI-compatible provider needs a base URL.",
            ),
            models.CheckConstraint(
                condition=Q(vendor__in=["", *map(str, Vendor)]),
                name="provider_vendor",
                violation_error_message="There is no such vendor.",
            ),
            markup_constraint("provider_markup"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_base_url(self) -> str:
        """The base URL for people, in answers, lists and the audit trail."""
        return shown_base_url(self.base_url)

    def clean(self) -> None:
        check_name(self, "name")
        problems = {}
        if self.base_url and (problem := base_url_problem(self.base_url)):
            problems["base_url"] = f"The base URL {problem}."
        if self.api_key_env and (
            problem := key_problem(self.api_key_env, os.environ, is_active=self.is_active)
        ):
            problems["api_key_env"] = f"{problem}."
        if problem := traits_problem(self.traits):
            problems["traits"] = f"{problem}."
        if problems:
            raise ValidationError(problems)


class LLMModel(models.Model):
    """A logical model name, what the vendor calls it, and its limits in tokens."""

    name = models.CharField(max_length=128, primary_key=True)
    aliases = ArrayField(models.CharField(max_length=128), default=list, blank=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="models")
    physical_name = models.CharField(max_length=200)
    label = models.CharField(
        max_length=100, blank=True, help_text="What people are shown, such as GPT-4o mini. Empty: its name."
    )
    model_class = models.ForeignKey(ModelClass, on_delete=models.PROTECT, related_name="models")
    context_tokens = models.PositiveIntegerField()
    max_output_tokens = models.PositiveIntegerField()
    capabilities = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    traits = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "LLM model"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_output_tokens__gt=0, max_output_tokens__lte=F("context_tokens")),
                name="model_output_fits_context",
                violation_error_message="The output limit is at least 1, and no larger than the context.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self._state.adding:  # the key of a row that is there stays what it is
            self.name = normal(self.name)
        self.aliases = [normal(alias) for alias in self.aliases or ()]
        check_name(self, "name")
        if problem := traits_problem(self.traits):
            raise ValidationError({"traits": f"{problem}."})
        self._check_aliases()

    def _check_aliases(self) -> None:
        """A name means one thing: a class, a model, or an alias that models share."""
        others = LLMModel.objects.exclude(pk=self.pk)
        if self._state.adding:
            if ModelClass.objects.filter(pk=self.name).exists():
                raise ValidationError({"name": f"{self.name!r} is a model class already."})
            if holder := others.filter(aliases__contains=[self.name]).first():
                sentence = f"{self.name!r} is an alias of the model {holder.name!r} already."
                raise ValidationError({"name": sentence})
        for alias in self.aliases or ():
            if alias == self.name or others.filter(pk=alias).exists():
                raise ValidationError({"aliases": f"{alias!r} is a model already."})
            if ModelClass.objects.filter(pk=alias).exists():
                raise ValidationError({"aliases": f"{alias!r} is a model class already."})


class ModelPrice(models.Model):
    """US dollars per million tokens from a date on. `cached_input` and `cache_write` default to `input`."""

    model = models.ForeignKey(LLMModel, on_delete=models.CASCADE, related_name="prices")
    effective_from = models.DateTimeField(default=now)
    input = price_field()
    output = price_field()
    cached_input = price_field()
    cache_write = price_field()
    cache_write_1h = rare_price_field("Of entries that live an hour. Empty: not known.")
    cache_write_12h = rare_price_field("Of entries that live longer. Empty: not known.")
    reasoning = rare_price_field("Of reasoning tokens. Empty: as output.")
    modifiers = models.JSONField(
        default=dict,
        blank=True,
        help_text="What moves the price besides tokens: tiers, service_tiers, hours, per_call, per_image, tools.",
    )
    is_listed = models.BooleanField(
        default=False,
        editable=False,
        help_text="Taken from the price list, whose changes it follows; any other is a person's.",
    )
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    """Kept by a trigger: calls from before were charged by another price."""

    class Meta:
        ordering = ["model", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["model", "effective_from"], name="price_once_per_date"),
            models.CheckConstraint(
                condition=Q(input__gte=0, output__gte=0, cached_input__gte=0, cache_write__gte=0),
                name="price_not_negative",
                violation_error_message="No price is negative.",
            ),
            models.CheckConstraint(
                condition=(Q(cache_write_1h=None) | Q(cache_write_1h__gte=0))
                & (Q(cache_write_12h=None) | Q(cache_write_12h__gte=0))
                & (Q(reasoning=None) | Q(reasoning__gte=0)),
                name="rare_price_not_negative",
                violation_error_message="No price is negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.effective_from:%Y-%m-%d}"

    def clean(self) -> None:
        try:
            self.modifiers = normal_modifiers(self.modifiers)
        except ValueError as error:
            raise ValidationError({"modifiers": f"{error}."}) from None
