"""The `budgets` list of a plan or of the gateway."""

from collections.abc import Iterator, Sequence

from metering.catalog.document import BudgetEntry, Vocabulary
from metering.catalog.yaml_reader import YamlReader
from metering.money import NANO_PER_USD, nano_from_usd
from metering.rules.budgets import CHARGES, DIMENSIONS, SUBJECTS, WINDOWS
from metering.thresholds import DEFAULT_THRESHOLDS, VALID_THRESHOLDS, are_valid
from metering.types import (
    MAX_AMOUNT,
    MODES,
    Dimension,
    EnforcementMode,
    ExpiryCharge,
    SubjectType,
    Window,
)

KEYS = (
    "dimension", "window", "amount", "task", "class", "soft", "per", "mode", "enforce_percent", "on_expiry",
    "thresholds",
)  # fmt: skip
NANO_PLACES = 9
_INSTEAD = {
    "concurrency": "concurrency is not a budget: use the rule max_concurrent",
    "minute": "limits per minute are rates: use the rules requests_per_minute and tokens_per_minute",
}


PLAN_SUBJECTS = [SubjectType.TENANT.value, *(each for each in SUBJECTS if each != SubjectType.TENANT)]


def read_budgets(
    plan: YamlReader, vocabulary: Vocabulary, subjects: Sequence[str] = PLAN_SUBJECTS
) -> Iterator[BudgetEntry]:
    """Each budget of the list. Cost is given in US dollars and comes back in nano-USD.

    `subjects` are those whose use may be counted; the first one's is, where the file names none.
    """
    seen: dict[object, int] = {}
    for budget in plan.listed("budgets", KEYS):
        misplaced = [word for key in ("dimension", "window") if (word := budget.text(key)) in _INSTEAD]
        if misplaced:
            budget.problem(_INSTEAD[misplaced[0]])
            continue
        entry = _read_budget(budget, vocabulary, subjects)
        if entry is None:
            continue
        identity = (entry.dimension, entry.window, entry.task, entry.model_class, entry.per)
        if identity in seen:
            budget.problem(f"counts again what line {seen[identity]} counts")
        seen.setdefault(identity, budget.line)
        yield entry


def _read_budget(budget: YamlReader, vocabulary: Vocabulary, subjects: Sequence[str]) -> BudgetEntry | None:
    dimension, window = budget.choice("dimension", DIMENSIONS), budget.choice("window", WINDOWS)
    per = budget.choice("per", subjects, default=subjects[0])
    task = None
    if budget.node("task") is not None:
        task = budget.choice("task", sorted(vocabulary.feature_of_task)) or None
    model_class = None
    if budget.node("class") is not None:
        model_class = budget.choice("class", vocabulary.classes) or None
    if not dimension or not window:
        return None
    return BudgetEntry(
        line=budget.line,
        dimension=Dimension(dimension),
        window=Window(window),
        amount=_amount(budget, dimension),
        task=task,
        model_class=model_class,
        per=SubjectType(per),
        hard=not budget.flag("soft", False),
        mode=EnforcementMode(budget.choice("mode", MODES, default=EnforcementMode.ENFORCE)),
        enforce_percent=budget.integer("enforce_percent", low=0, high=100, default=100),
        on_expiry=ExpiryCharge(budget.choice("on_expiry", CHARGES, default=ExpiryCharge.CHARGE)),
        thresholds=_thresholds(budget),
    )


def _amount(budget: YamlReader, dimension: str) -> int:
    if dimension == Dimension.COST:
        usd = budget.decimal("amount", places=NANO_PLACES, high=MAX_AMOUNT // NANO_PER_USD)
        return nano_from_usd(usd)
    return budget.integer("amount", low=0, high=MAX_AMOUNT)


def _thresholds(budget: YamlReader) -> tuple[int, ...]:
    if budget.node("thresholds") is None:
        return DEFAULT_THRESHOLDS
    words = budget.names("thresholds")
    percentages = sorted(int(word[:5]) for word in words if word.isdecimal())
    if len(percentages) < len(words) or not are_valid(percentages):
        budget.problem(f"expected {VALID_THRESHOLDS}", key="thresholds")
        return DEFAULT_THRESHOLDS
    return tuple(percentages)
