"""The form of a whole plan: its limits, which models for which task, its features."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from admin_console.fields.amount import AmountField, Bounds, Unit, dollars, percent, read_amount, whole
from admin_console.fields.tag_keys import TagKeysField
from admin_console.plan.limits import Limit, limits_of, of_scope_plan, shown_limit
from admin_console.words import CHOICES, DIMENSIONS, TASKS, WINDOWS, each_word, key_word
from metering.catalog.change_plan import Document
from metering.models import Feature, ModelClass, Task
from metering.rules.budgets import DIMENSIONS as COUNTED
from metering.rules.budgets import SUBJECTS
from metering.rules.budgets import WINDOWS as WINDOWS_OF_BUDGETS
from metering.rules.registry import REGISTRY, check_rule
from metering.tags import read_keys
from metering.types import Dimension, Scope, SubjectType

CELL = forms.TextInput(attrs={"autocomplete": "off"})
NO_LIMIT = ("", "no limit")
SPOKEN = {
    "add_key": "Another limit on",
    "add_task": "Task of the limit",
    "add_value": "Limit to",
    "add_dimension": "Another budget of",
    "add_window": "Window of the budget",
    "add_per": "Whose use the budget counts",
    "add_amount": "Amount of the budget",
}
"""The names of fields that stand in a sentence, for those who hear the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One change that is not saved yet."""

    what: str
    before: str
    after: str


class PlanForm(forms.Form):
    """Made of a plan's document and the lines of its table; `document()` is the plan as it is to become."""

    name = forms.CharField(max_length=100, label="Name")
    is_active = forms.BooleanField(required=False, label="Can be given to tokens")
    add_key = forms.ChoiceField(required=False, label="A limit on")
    add_task = forms.ChoiceField(required=False, label="for", choices=[("", "every task"), *TASKS.items()])
    add_value = forms.CharField(required=False, max_length=400, label="to", widget=CELL)
    add_dimension = forms.ChoiceField(required=False, label="A budget of")
    add_window = forms.ChoiceField(required=False, label="per")
    add_per = forms.ChoiceField(required=False, label="for")
    add_amount = forms.CharField(required=False, max_length=40, label="of", widget=CELL)
    add_soft = forms.BooleanField(required=False, label="soft: only warns")

    def __init__(self, data: Any, *, before: Document, lines: list[Limit]) -> None:
        self.before, self.lines, self.limits = before, lines, limits_of(before)
        self.tasks = list(Task.objects.all())
        self.classes = list(ModelClass.objects.all())
        self.features = list(Feature.objects.all())
        super().__init__(data, initial=dict(self._initial()))
        self.fields |= {line.name: _control(line) for line in lines}
        for task in self.tasks:
            self.fields[f"classes-{task.code}"] = forms.MultipleChoiceField(
                required=False, choices=[(each.code, each.code) for each in self.classes]
            )
            self.fields[f"default-{task.code}"] = forms.ChoiceField(
                required=False,
                choices=[("", "the cheapest"), *((each.code, each.code) for each in self.classes)],
                widget=forms.Select(attrs={"aria-label": f"{task.name}, first choice"}),
            )
        self.fields["features"] = forms.MultipleChoiceField(
            required=False, choices=[(each.code, each.name) for each in self.features]
        )
        choices: Mapping[str, Any] = {
            "add_key": [("", "…"), *((key, key_word(key)) for key in REGISTRY if of_scope_plan(key))],
            "add_dimension": [("", "…"), *((name, DIMENSIONS.get(name, name)) for name in COUNTED)],
            "add_window": [(name, WINDOWS[name]) for name in WINDOWS_OF_BUDGETS],
            "add_per": [
                (name, each_word(name)) for name in sorted(SUBJECTS, key=lambda each: each != "tenant")
            ],
        }
        for name, listed in choices.items():
            self.fields[name].choices = listed  # type: ignore[attr-defined]
        for name, spoken in SPOKEN.items():
            self.fields[name].widget.attrs["aria-label"] = spoken

    def _initial(self) -> Iterator[tuple[str, Any]]:
        yield "name", self.before["name"]
        yield "is_active", self.before.get("active", True)
        yield "features", self.before["features"]
        for name, limit in self.limits.items():
            yield name, limit.value if limit.unit is None else Decimal(limit.value)
        for task in self.tasks:
            access = self.before["tasks"].get(task.code, {})
            yield f"classes-{task.code}", access.get("classes", [])
            yield f"default-{task.code}", access.get("default_class", "")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for line in self.lines:
            value = values.get(line.name)
            if value is not None and value != "" and not line.is_budget and line.name in self.changed_data:
                self._check_rule(line.name, line.blank["key"], value, line.blank.get("task"))
        for task in self.tasks:
            self._check_access(task, values)
        self._read_addition(values)
        return values

    def _check_rule(self, field: str, key: str, value: Any, task: str | None) -> None:
        try:
            check_rule(key, value, task, Scope.PLAN)
        except ValueError as error:
            self.add_error(field, str(error).replace(key, key_word(key)))

    def _check_access(self, task: Task, values: Mapping[str, Any]) -> None:
        classes, default = values.get(f"classes-{task.code}") or [], values.get(f"default-{task.code}")
        if default and default not in classes:
            self.add_error(
                f"default-{task.code}", f"{task.name}: the first choice has to be one of its classes."
            )
        if classes and task.feature_id not in (values.get("features") or []):
            self.add_error("features", f"The task {task.name} needs the feature {task.feature.name}.")

    def _read_addition(self, values: dict[str, Any]) -> None:
        """A limit and a budget that are to be added; what is typed is in the table's units."""
        if key := values.get("add_key"):
            spec, typed = REGISTRY[key], values.get("add_value") or ""
            try:
                words = {CHOICES.get(each, each): each for each in spec.choices}
                value: Any = _counted(typed, spec.unit) if spec.unit else words.get(typed, typed)
                value = ",".join(read_keys(typed)) if spec.is_keys else value
                check_rule(key, value, values.get("add_task") or None, Scope.PLAN)
                if f"rule-{key}-{values.get('add_task') or ''}-0" in self.limits:
                    raise ValueError("The plan has this limit already: change its value in the table.")
                values["add_value"] = value
            except ValueError as error:
                self.add_error("add_value", str(error).replace(key, key_word(key)))
        if dimension := values.get("add_dimension"):
            unit = Unit.DOLLARS if dimension == Dimension.COST else Unit.COUNT
            try:
                values["add_amount"] = read_amount(values.get("add_amount") or "", unit)
                if problem := Bounds(places=9 if unit is Unit.DOLLARS else 0).problem(
                    values["add_amount"], unit
                ):
                    raise ValueError(problem)
                if f"budget-{dimension}-{values.get('add_window')}-{values.get('add_per')}--" in self.limits:
                    raise ValueError("The plan has this budget already: change its amount in the table.")
            except ValueError as error:
                self.add_error("add_amount", str(error))

    def document(self) -> Document:
        """The plan as the form has it. Only of a form that is valid."""
        values, document = self.cleaned_data, deepcopy(self.before)
        document["name"] = values["name"]
        document.pop("active", None)
        if not values["is_active"]:
            document["active"] = False
        document["features"] = values["features"]
        document["tasks"] = {
            task.code: {
                "classes": values[f"classes-{task.code}"],
                "default_class": values[f"default-{task.code}"] or values[f"classes-{task.code}"][0],
            }
            for task in self.tasks
            if values[f"classes-{task.code}"]
        }
        entries = [(line, self._entry(line)) for line in self.lines]
        document["rules"] = [entry for line, entry in entries if entry and not line.is_budget]
        document["budgets"] = [entry for line, entry in entries if entry and line.is_budget]
        self._add(document)
        return document

    def _entry(self, line: Limit) -> dict[str, Any] | None:
        value, own = self.cleaned_data[line.name], self.limits.get(line.name)
        if value is None or value == "":
            return None
        entry = dict(own.entry if own is not None and own.entry is not None else line.blank)
        return {**entry, ("amount" if line.is_budget else "value"): value}

    def _add(self, document: Document) -> None:
        values = self.cleaned_data
        if values["add_key"]:
            rule = {"key": values["add_key"], "value": values["add_value"]}
            document["rules"].append({**rule, "task": values["add_task"]} if values["add_task"] else rule)
        if values["add_dimension"]:
            budget: dict[str, Any] = {
                "dimension": values["add_dimension"],
                "window": values["add_window"],
                "amount": values["add_amount"],
            }
            if values["add_per"] != SubjectType.TENANT:
                budget["per"] = values["add_per"]
            if values["add_soft"]:
                budget["soft"] = True
            document["budgets"].append(budget)

    def differences(self) -> list[Difference]:
        """What would change, in words."""
        return [*self._changed_lines(), *self._changed_access(), *self._changed_rest()]

    def _changed_lines(self) -> Iterator[Difference]:
        after = limits_of(self.document())
        for name, line in {**{line.name: line for line in self.lines}, **after}.items():
            old, new = self.limits.get(name), after.get(name)
            if (old.value if old else None) != (new.value if new else None):
                yield Difference(
                    what=line.label,
                    before=shown_limit(old.value, line.unit) if old else "no limit",
                    after=shown_limit(new.value, line.unit) if new else "no limit",
                )

    def _changed_access(self) -> Iterator[Difference]:
        after = self.document()["tasks"]
        for task in self.tasks:
            old, new = self.before["tasks"].get(task.code), after.get(task.code)
            if old != new:
                yield Difference(what=task.name, before=_access_words(old), after=_access_words(new))

    def _changed_rest(self) -> Iterator[Difference]:
        after = self.document()
        if after["name"] != self.before["name"]:
            yield Difference(what="Name", before=self.before["name"], after=after["name"])
        if after.get("active", True) != self.before.get("active", True):
            words = {True: "yes", False: "no"}
            yield Difference(
                what="Can be given to tokens",
                before=words[self.before.get("active", True)],
                after=words[after.get("active", True)],
            )
        for feature in self.features:
            had, has = feature.code in self.before["features"], feature.code in after["features"]
            if had != has:
                yield Difference(
                    what=feature.name, before="yes" if had else "no", after="yes" if has else "no"
                )


def _control(line: Limit) -> forms.Field:
    """The field of a line. Empty: no limit."""
    facts: Any = {"required": False, "label": line.label}
    if line.unit is None:
        spec = REGISTRY[line.blank["key"]]
        if spec.is_keys:
            return TagKeysField(**facts, widget=forms.TextInput(attrs={"aria-label": line.label}))
        choices = [NO_LIMIT, *((each, CHOICES.get(each, each)) for each in spec.choices)]
        return forms.ChoiceField(
            **facts, choices=choices, widget=forms.Select(attrs={"aria-label": line.label})
        )
    widget = forms.TextInput(
        attrs={"aria-label": line.label, "autocomplete": "off", "placeholder": "no limit"}
    )
    makers: Mapping[Unit, Any] = {Unit.DOLLARS: dollars, Unit.PERCENT: percent, Unit.COUNT: whole}
    field: AmountField = makers[line.unit](**facts, widget=widget)
    return field


def _counted(typed: str, unit: str) -> int:
    amount = read_amount(typed, Unit.PERCENT if unit == "percent" else Unit.COUNT)
    if amount != amount.to_integral_value():
        raise ValueError("This is counted in whole numbers.")
    return int(amount)


def _access_words(access: Mapping[str, Any] | None) -> str:
    if not access:
        return "not in the plan"
    return f"{', '.join(access['classes'])}, first {access['default_class']}"
