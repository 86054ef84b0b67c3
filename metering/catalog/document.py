"""A catalog file after reading: values only, each with the line that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from metering.price import Price
from metering.thresholds import DEFAULT_THRESHOLDS
from metering.types import Dimension, EnforcementMode, ExpiryCharge, SubjectType, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEntry:
    """A vendor's endpoint; `api_key_env` is the name of the variable that holds the key."""

    line: int
    name: str
    kind: str
    base_url: str
    api_key_env: str
    vendor: str = ""
    """Empty: by the host of the base URL."""
    traits: Mapping[str, object] = field(default_factory=dict)
    markup_percent: Decimal = Decimal(0)
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model with the price that is to be in force (None: the file names none). Limits are in tokens."""

    line: int
    name: str
    provider: str
    physical_name: str
    model_class: str
    context_tokens: int
    max_output_tokens: int
    label: str = ""
    aliases: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    traits: Mapping[str, object] = field(default_factory=dict)
    price: Price | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """The model classes that a plan allows for a task."""

    task: str
    classes: tuple[str, ...]
    default_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule of a plan or of the gateway."""

    line: int
    key: str
    value: object
    task: str | None = None
    conditions: Mapping[str, object] = field(default_factory=dict)
    mode: EnforcementMode = EnforcementMode.ENFORCE
    enforce_percent: int = 100
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """One budget of a plan or of the gateway. `amount` is in the ledger's units: nano-USD for cost."""

    line: int
    dimension: Dimension
    window: Window
    amount: int
    task: str | None = None
    model_class: str | None = None
    per: SubjectType = SubjectType.TENANT
    hard: bool = True
    mode: EnforcementMode = EnforcementMode.ENFORCE
    enforce_percent: int = 100
    on_expiry: ExpiryCharge = ExpiryCharge.CHARGE
    thresholds: tuple[int, ...] = DEFAULT_THRESHOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """A plan and everything in it: what it does not list, it does not have."""

    line: int
    code: str
    name: str
    features: tuple[str, ...] = ()
    access: tuple[AccessEntry, ...] = ()
    rules: tuple[RuleEntry, ...] = ()
    budgets: tuple[BudgetEntry, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogDocument:
    """A whole catalog file."""

    providers: tuple[ProviderEntry, ...] = ()
    models: tuple[ModelEntry, ...] = ()
    plans: tuple[PlanEntry, ...] = ()
    rules: tuple[RuleEntry, ...] = ()
    """The gateway's own, as `budgets` are."""
    budgets: tuple[BudgetEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a file may refer to besides itself: the rows that exist already."""

    plans: frozenset[str] = frozenset()

    providers: frozenset[str]
    classes: tuple[str, ...]
    """From the cheapest to the dearest."""
    feature_of_task: Mapping[str, str]
    features: frozenset[str]
    model_names: frozenset[str] = frozenset()
    model_of_alias: Mapping[str, str] = field(default_factory=dict)
    """One model that has the alias, enough to tell that the alias is taken."""
