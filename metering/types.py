"""The closed vocabularies of metering: dimensions, windows, scopes, states."""

from collections.abc import Container
from enum import IntEnum, StrEnum

from metering.amounts import AMOUNTS
from metering.thresholds import CRITICAL_PERCENT, EXCEEDED_PERCENT


def _unnamed(named: Container[str]) -> dict[str, str]:
    """Members for the amounts that have no dimension named after them. Cost has one of another name."""
    members = {name.upper(): name for name in AMOUNTS if name != "cost_nano_usd"}
    return {member: name for member, name in members.items() if member not in named}


class Dimension(StrEnum):
    """What a budget or a meter counts. Cost is nano-USD, concurrency is calls in flight, the rest are counts."""

    REQUESTS = "requests"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    TOKENS = "tokens"
    COST = "cost"
    API_CALLS = "api_calls"
    FILES = "files"
    STEPS = "steps"
    CONCURRENCY = "concurrency"
    locals().update(_unnamed(locals()))

    @property
    def unit(self) -> str:
        """The unit that people see: money is shown in USD."""
        return _UNITS.get(self, self.value)


_UNITS = {
    Dimension.COST: "usd",
    Dimension.INPUT_TOKENS: "tokens",
    Dimension.OUTPUT_TOKENS: "tokens",
    Dimension.CONCURRENCY: "calls",
}


class Window(StrEnum):
    """How long a meter counts before the next one opens. `none` is concurrency's: it only holds."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"
    NONE = "none"


ENDLESS = (Window.TOTAL, Window.NONE)
"""Windows that no other one follows."""


class Scope(StrEnum):
    """Whom a rule or a budget is for, from the general to the specific."""

    GLOBAL = "global"
    PROVIDER = "provider"
    PLAN = "plan"
    TENANT = "tenant"
    TEAM = "team"
    USER = "user"
    TOKEN = "token"
    AGENT = "agent"
    TAG = "tag"
    CONVERSATION = "conversation"


TOLD_BY_CALL = (Scope.PROVIDER, Scope.AGENT, Scope.TAG, Scope.CONVERSATION)
"""Which of them a call concerns is known with the call only."""
TENANT_SCOPES = (
    *(Scope.TENANT, Scope.TEAM, Scope.USER, Scope.TOKEN),
    *(Scope.AGENT, Scope.TAG, Scope.CONVERSATION),
)
"""Scopes within one tenant."""
SCOPES_WITHOUT_ID = (Scope.GLOBAL, Scope.TENANT)
"""The gateway is one, and a tenant is named beside its scope."""
OPERATORS_SCOPES = (Scope.GLOBAL, Scope.PROVIDER)
"""Whose limits all tenants share; no tenant's mode loosens them."""
TOLD_LATE = (Scope.PROVIDER, Scope.AGENT)
"""Those of them that no setting depends on."""


class Setter(StrEnum):
    """Who set a rule or a budget. Only they change it: what an operator sets is not the tenant's to lift."""

    OPERATOR = "operator"
    TENANT = "tenant"


class SubjectType(StrEnum):
    """Whose use a meter counts. A plan's budget becomes one meter for each subject."""

    GLOBAL = "global"
    PROVIDER = "provider"
    TENANT = "tenant"
    TEAM = "team"
    USER = "user"
    TOKEN = "token"
    AGENT = "agent"
    TAG = "tag"
    CONVERSATION = "conversation"


SUBJECTS_TOLD_BY_CALL = tuple(SubjectType(scope.value) for scope in TOLD_BY_CALL)


class ReservationState(IntEnum):
    """HELD ends as exactly one of the others."""

    HELD = 0
    SETTLED = 1
    RELEASED = 2
    EXPIRED = 3


class EntryKind(IntEnum):
    """Why a ledger entry was written. The first three are terminal: one for each reservation."""

    SETTLE = 1
    RELEASE = 2
    EXPIRE = 3
    TRUE_UP = 4
    ADJUST = 5


class Outcome(StrEnum):
    """How one vendor attempt ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CUT = "cut"
    CANCELLED = "cancelled"
    PROVISIONAL = "provisional"
    CACHED = "cached"
    """No vendor was asked: the answer was kept from an earlier call. It is no use."""


class EstimateReason(StrEnum):
    """Why an attempt's figures are not simply those that the vendor reported. `NONE`: they are."""

    NONE = ""
    MISSING = "missing"
    """The vendor reported no usage, or not all of it."""
    CONTRADICTORY = "contradictory"
    """Its figures contradict each other, or the answer."""
    CUT = "cut"
    """The answer broke off."""
    UNANSWERED = "unanswered"
    """It was sent, and nothing is known of an answer."""
    IMPOSSIBLE = "impossible"
    """More than the model can do."""


class EnforcementMode(StrEnum):
    """What a limit does once it is reached: record, warn, or deny."""

    OBSERVE = "observe"
    WARN = "warn"
    ENFORCE = "enforce"


MODES = [mode.value for mode in EnforcementMode]


class ExpiryCharge(StrEnum):
    """What a hold whose owner vanished costs this budget until the truth is known."""

    CHARGE = "charge"
    RELEASE = "release"


class AlertLevel(StrEnum):
    """How urgent an alert is."""

    WARNING = "warning"
    CRITICAL = "critical"
    EXCEEDED = "exceeded"

    @classmethod
    def of(cls, threshold: int) -> "AlertLevel":
        """Of a threshold in percent of a limit."""
        if threshold >= EXCEEDED_PERCENT:
            return cls.EXCEEDED
        return cls.CRITICAL if threshold >= CRITICAL_PERCENT else cls.WARNING


class EventType(StrEnum):
    """What people and the receivers of channels are told of (docs/alerts.md). Receivers rely on these names."""

    QUOTA_WARNING = "quota.warning"
    QUOTA_CRITICAL = "quota.critical"
    QUOTA_EXCEEDED = "quota.exceeded"
    CONCURRENCY_LIMIT = "quota.concurrency_limit"
    QUOTA_REQUEST_CREATED = "quota_request.created"
    QUOTA_REQUEST_DECIDED = "quota_request.decided"
    BUDGET_FORECAST = "budget.forecast"
    TOKEN_EXPIRING = "token.expiring"
    STATEMENT_READY = "statement.ready"
    ERROR_RATE_HIGH = "error_rate.high"
    VENDOR_DOWN = "vendor.down"
    VENDOR_IMPOSSIBLE_USAGE = "vendor.impossible_usage"
    CHANNEL_DISABLED = "channel.disabled"


ALERT_TYPES = (
    *(EventType.QUOTA_WARNING, EventType.QUOTA_CRITICAL, EventType.QUOTA_EXCEEDED),
    EventType.CONCURRENCY_LIMIT,
)
"""Those of limits."""
OPERATORS_TYPES = frozenset(
    {EventType.QUOTA_REQUEST_CREATED, EventType.VENDOR_DOWN, EventType.VENDOR_IMPOSSIBLE_USAGE}
)
"""Those that the channels of operators alone are sent."""
TENANTS_TYPES = frozenset(
    {EventType.QUOTA_REQUEST_DECIDED, EventType.TOKEN_EXPIRING, EventType.STATEMENT_READY}
)
"""Those that the channels of tenants alone are sent."""


class Audience(StrEnum):
    """Who is told of a notice."""

    TENANT_ADMINS = "tenant_admins"
    SUPER_ADMINS = "super_admins"
    PERSON = "person"


class Task(StrEnum):
    """The tasks of the gateway."""

    CHAT = "LLM0_CHAT"
    PRIOR_ART = "LLM1_PRIOR_ART"
    DRAFTING = "LLM2_DRAFT"
    DIAGRAM = "LLM3_DIAGRAM"


class WireProtocol(StrEnum):
    """The vendors' protocols that a caller of the task chat can speak."""

    CHAT = "chat"
    """OpenAI's chat completions."""
    MESSAGES = "messages"
    """Anthropic's Messages."""
    RESPONSES = "responses"
    """OpenAI's Responses."""
    EMBEDDINGS = "embeddings"
    """OpenAI's embeddings."""


class ModelClass(StrEnum):
    """Capability classes, from the cheapest to the dearest."""

    BASE_S = "BASE_S"
    BASE_M = "BASE_M"
    PRO_M = "PRO_M"
    PRO_L = "PRO_L"
    ADVANCED = "ADVANCED"


class Vendor(StrEnum):
    """Whose known traits a provider's endpoint has: vendors, and servers of one's own."""

    OPENAI = "openai"
    XAI = "xai"
    GROQ = "groq"
    DEEPSEEK = "deepseek"
    MISTRAL = "mistral"
    GLM = "glm"
    OPENROUTER = "openrouter"
    OLLAMA = "ollama"
    VLLM = "vllm"
    LLAMACPP = "llamacpp"
    LITELLM = "litellm"
    OTHER = "other"


MAX_AMOUNT = 2**62
"""The largest amount or limit that a command may carry, so that sums of two fit PostgreSQL's bigint."""
