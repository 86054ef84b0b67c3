"""What can be bought: plans, their features, and the model classes they allow for a task."""

from django.db import models

from metering.models.catalog import ModelClass
from metering.models.names import check_name


class Feature(models.Model):
    """Something a plan contains or not, such as patent drafting."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        check_name(self, "code")


class Task(models.Model):
    """A kind of work that the gateway does; a plan needs its feature to do it."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=100)
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="tasks")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        check_name(self, "code")


class Plan(models.Model):
    """What a tier of customers may do. ATI tokens name it by `code`."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=100)
    features = models.ManyToManyField(Feature, through="PlanFeature", related_name="plans")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        check_name(self, "code")


class PlanFeature(models.Model):
    """A feature that a plan contains."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="plan_features")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="plan_features")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "feature"], name="plan_feature_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.feature_id}"


class PlanLLMAccess(models.Model):
    """The model classes that a plan allows for a task, and the one taken when the caller names none."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="llm_access")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="llm_access")
    allowed_classes = models.ManyToManyField(ModelClass, related_name="llm_access")
    default_class = models.ForeignKey(ModelClass, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "plan LLM access"
        verbose_name_plural = "plan LLM access"
        constraints = [models.UniqueConstraint(fields=["plan", "task"], name="plan_task_access_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.task_id}"
