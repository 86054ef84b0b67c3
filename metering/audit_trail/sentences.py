"""What an event says, as the rest of a sentence that begins with who did it.

An action without words of its own is told by its noun and verb, so that an event can be new before its words are.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from metering.audit_trail.limits_in_words import (
    asked_sentence,
    budget_sentence,
    lifted_sentence,
    override_sentence,
    rule_sentence,
    taken_back_sentence,
    whose,
)
from metering.audit_trail.names import OF_TYPE
from metering.audit_trail.nouns import noun_of
from metering.audit_trail.values import ROLES, Reading, moment_text
from metering.models import AuditEvent

STATUSES = {"SUSPENDED": "suspended", "CLOSED": "closed", "ACTIVE": "reactivated"}


def sentence_of(event: AuditEvent, reading: Reading) -> str:
    """Such as `raised max_tokens_out of team red from 2,000 to 8,000`."""
    words = SENTENCES.get(event.action)
    return words(event, reading) if words is not None else _by_its_name(event, reading)


def target_of(event: AuditEvent, reading: Reading) -> str:
    """What people call the row that an event is about; empty if nobody knows any more."""
    kind = OF_TYPE.get(event.object_type)
    if kind is not None and (name := reading.names.of(kind, event.object_id)):
        return name
    if event.object_type in ("Budget", "PolicyRule", "BudgetOverride", "QuotaRequest"):
        limit = reading.names.limit_of(event)
        return whose(limit, reading.names, _tenant(event, reading)) if "scope" in limit else ""
    values = event.facts.get("values")
    kept = {**(values if isinstance(values, dict) else {}), **event.facts}
    for name in ("prefix", "email", "slug", "label", "name"):
        if isinstance(kept.get(name), str) and kept[name]:
            return str(kept[name])
    return ""


def _by_its_name(event: AuditEvent, reading: Reading) -> str:
    verb = event.action.rpartition(".")[2].replace("_", " ")
    noun, name = noun_of(event.object_type), target_of(event, reading)
    if event.action.startswith("catalog."):
        return f"loaded a catalog: {verb} {noun} {name or event.object_id}".rstrip()
    return f"{verb} {name if name.startswith(noun) else f'the {noun} {name}'}".rstrip()


def _limit(words: Callable[[Mapping[str, Any], str], str]) -> Callable[[AuditEvent, Reading], str]:
    def sentence(event: AuditEvent, reading: Reading) -> str:
        limit = reading.names.limit_of(event)
        return words(limit, whose(limit, reading.names, _tenant(event, reading)))

    return sentence


def _tenant(event: AuditEvent, reading: Reading) -> str:
    return reading.names.of("tenant", event.tenant_id)


def _about(words: str) -> Callable[[AuditEvent, Reading], str]:
    """Return what makes a sentence of these words, with the row's name in the place of `{}`."""

    def sentence(event: AuditEvent, reading: Reading) -> str:
        return words.format(target_of(event, reading) or f"a {noun_of(event.object_type)} that is gone")

    return sentence


def _token_issued(event: AuditEvent, reading: Reading) -> str:
    plan = event.facts.get("plan")
    return f"issued {target_of(event, reading) or 'a token'}" + (f" on plan {plan}" if plan else "")


def _token_rotated(event: AuditEvent, reading: Reading) -> str:
    words = f"gave {target_of(event, reading) or 'a token'} a new secret"
    until = event.facts.get("previous_valid_until")
    if not until:
        return words
    return f"{words}; the old one works until {moment_text(datetime.fromisoformat(until), reading.zone)}"


def _user_created(event: AuditEvent, reading: Reading) -> str:
    role = ROLES.get(str(event.facts.get("role")), "member")
    return f"added {target_of(event, reading)} as {'an' if role[0] in 'ao' else 'a'} {role}"


def _user_changed(event: AuditEvent, reading: Reading) -> str:
    name, facts = target_of(event, reading), event.facts
    if facts.keys() == {"is_active"}:
        return f"let {name} in again" if facts["is_active"][1] else f"deactivated {name}"
    if facts.keys() == {"role"}:
        role = ROLES.get(str(facts["role"][1]), "member")
        return f"made {name} {'an' if role[0] in 'ao' else 'a'} {role}"
    return f"changed {name}"


def _password_set(event: AuditEvent, reading: Reading) -> str:
    name = target_of(event, reading)
    return "changed the own password" if name == event.actor else f"set a new password for {name}"


def _membership(words: str) -> Callable[[AuditEvent, Reading], str]:
    def sentence(event: AuditEvent, reading: Reading) -> str:
        team = reading.names.of("team", event.facts.get("team")) or "a team that is gone"
        return words.format(reading.names.of("user", event.facts.get("user")) or "somebody", team)

    return sentence


def _plan_assigned(event: AuditEvent, reading: Reading) -> str:
    tokens, before = event.facts.get("tokens"), event.facts.get("before")
    moved = f"{tokens} token{'' if tokens == 1 else 's'}" if tokens else "the tokens"
    whose_are = f" of {_tenant(event, reading)}" if _tenant(event, reading) else ""
    came = f" from plan {', '.join(before)}" if before else ""
    return f"moved {moved}{whose_are}{came} to plan {event.facts.get('plan')}"


def _status_changed(event: AuditEvent, reading: Reading) -> str:
    verb = STATUSES.get(str(event.facts.get("after")), "changed")
    return f"{verb} {_tenant(event, reading) or 'the tenant'}"


def _vendor_key(words: str) -> Callable[[AuditEvent, Reading], str]:
    def sentence(event: AuditEvent, reading: Reading) -> str:
        facts = event.facts
        ends = (facts.get("after") or {}).get("last4") or ""
        name = f"the key “{facts.get('label', '')}” for {facts.get('provider', 'a vendor')}"
        verb = "replaced" if words == "set" and facts.get("before") else {"set": "added"}.get(words, words)
        return f"{verb} {name}" + (f", which ends with {ends}" if ends else "")

    return sentence


def _machine(words: str) -> Callable[[AuditEvent, Reading], str]:
    def sentence(event: AuditEvent, reading: Reading) -> str:
        machine, address = event.facts.get("machine", "a machine"), event.facts.get("address")
        return f"{words} “{machine}”" + (f", which asked from {address}" if address else "")

    return sentence


def _acknowledged(event: AuditEvent, reading: Reading) -> str:
    threshold, dimension = event.facts.get("threshold"), event.facts.get("dimension")
    if threshold is None:
        return "looks after an alert about a vendor"
    return f"looks after the alert that {threshold} % of {str(dimension).replace('_', ' ')} was reached"


SENTENCES: dict[str, Callable[[AuditEvent, Reading], str]] = {
    "alert.acknowledged": _acknowledged,
    "budget.set": _limit(budget_sentence),
    "budget.switched_off": _limit(lifted_sentence),
    "content.read": lambda event, reading: (
        f"looked at what the call {event.object_id} asked and was answered"
    ),
    "device.approved": _machine("signed in"),
    "device.denied": _machine("turned away"),
    "invitation.accepted": _about("came in by the invitation of {}"),
    "invitation.sent": _about("invited {}"),
    "invitation.sent_again": _about("invited {} once more"),
    "invitation.withdrawn": _about("withdrew the invitation of {}"),
    "override.added": _limit(override_sentence),
    "override.removed": _limit(taken_back_sentence),
    "providerkey.deleted": _vendor_key("removed"),
    "providerkey.resealed": _vendor_key("sealed anew"),
    "providerkey.set": _vendor_key("set"),
    "providerkey.switched_off": _vendor_key("switched off"),
    "providerkey.switched_on": _vendor_key("switched on"),
    "providerkey.tested": _vendor_key("tested"),
    "quota_request.approved": _limit(asked_sentence("approved the request for")),
    "quota_request.created": _limit(asked_sentence("asked for")),
    "quota_request.denied": _limit(asked_sentence("denied the request for")),
    "quota_request.for_good": _limit(asked_sentence("approved for good the request for")),
    "quota_request.withdrawn": _limit(asked_sentence("withdrew the request for")),
    "reservation.resolved": lambda event, reading: (
        f"decided that a call whose use nobody reported is {event.facts.get('decision', 'ended')}"
    ),
    "rule.set": _limit(rule_sentence),
    "rule.switched_off": _limit(lifted_sentence),
    "session.ended": lambda event, reading: f"signed out {event.facts.get('device') or 'a sign-in'}",
    "session.reuse_detected": lambda event, reading: (
        "showed a refresh token that had been used before, so the sign-in ended"
    ),
    "team.created": _about("made {}"),
    "team.joined": _membership("added {} to {}"),
    "team.left": _membership("took {} out of {}"),
    "team.renamed": _about("renamed {}"),
    "tenant.changed": _about("changed {}"),
    "tenant.created": _about("created {}"),
    "tenant.plan_assigned": _plan_assigned,
    "tenant.status_changed": _status_changed,
    "token.changed": _about("changed {}"),
    "token.issued": _token_issued,
    "token.revoked": _about("revoked {}"),
    "token.rotated": _token_rotated,
    "token.signed_up_with": _about("signed up with {}"),
    "top_up.added": _limit(override_sentence),
    "top_up.removed": _limit(taken_back_sentence),
    "usage.reconciled": lambda event, reading: (
        f"booked {event.facts.get('corrections', 0)} corrections by a report of the vendor {event.object_id}, of "
        f"{event.facts.get('since')} to {event.facts.get('until')}"
    ),
    "user.changed": _user_changed,
    "user.created": _user_created,
    "user.linked": _about("linked {} with a sign-in elsewhere"),
    "user.password_reset": lambda event, reading: "chose another password by mail",
    "user.password_set": _password_set,
    "user.unlinked": _about("unlinked {} from a sign-in elsewhere"),
    "vendor_alert.acknowledged": _acknowledged,
    "webhook.changed": _about("changed the channel {}"),
    "webhook.created": _about("added the channel {}"),
    "webhook.disabled": _about("switched off the channel {}, which took nothing"),
    "webhook.removed": _about("removed the channel {}"),
    "webhook.replayed": _about("sent again what had not reached the channel {}"),
    "webhook.resealed": _about("sealed the channel {} anew"),
    "webhook.secret_rotated": _about("gave the channel {} a new secret"),
    "webhook.switched_off": _about("switched off the channel {}"),
    "webhook.switched_on": _about("switched on the channel {}"),
    "webhook.tested": _about("tested the channel {}"),
}
