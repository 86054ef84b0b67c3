"""What each plan allows, in a few words, beside the button that chooses it."""

from dataclasses import dataclass

from django.utils.timezone import now

from admin_console.plan.limits import MONEY, limits_of
from admin_console.words import task_word
from metering.catalog.change_plan import Document, plan_documents

IN_SHORT = 4
NO_LIMIT = "no limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    code: str
    name: str
    tasks: str
    """`Chat, Prior art with BASE_S, PRO_M; Drafting with PRO_M`."""
    money: str
    rest: str


def plans_shown() -> list[PlanShown]:
    """Those that can be chosen, by name."""
    documents = plan_documents(now=now()).items()
    shown = [_shown(code, document) for code, document in documents if document.get("active", True)]
    return sorted(shown, key=lambda plan: plan.name.lower())


def _shown(code: str, document: Document) -> PlanShown:
    limits = [(limit.group, f"{limit.label} {limit.shown}") for limit in limits_of(document).values()]
    return PlanShown(
        code=code,
        name=document["name"],
        tasks=_tasks(document),
        money=_short([text for group, text in limits if group == MONEY]),
        rest=_short([text for group, text in limits if group != MONEY]),
    )


def _tasks(document: Document) -> str:
    """Those that may use the same classes of models together."""
    by_classes: dict[str, list[str]] = {}
    for task, allowed in document["tasks"].items():
        by_classes.setdefault(", ".join(allowed["classes"]), []).append(task_word(task))
    return "; ".join(f"{', '.join(tasks)} with {classes}" for classes, tasks in by_classes.items() if classes)


def _short(texts: list[str]) -> str:
    more = f"; {len(texts) - IN_SHORT} more" if len(texts) > IN_SHORT else ""
    return "; ".join(texts[:IN_SHORT]) + more if texts else NO_LIMIT
