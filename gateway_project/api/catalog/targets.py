"""Whom a rule or a budget is for, as the API takes it."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import OtherName, StrictInput
from metering.errors import InvalidRequest
from metering.policy.edit.may_edit import Editor, editor_of, target_for
from metering.policy.edit.target import TARGETS, PolicyTarget
from metering.tags import MAX_TAG
from metering.types import SCOPES_WITHOUT_ID, Scope, Setter


class TargetIn(StrictInput):
    """Nobody named: the whole gateway. A team, user, token, agent, tag or conversation is a tenant's, which super
    admins name too.

    Or as answers say it: `scope`, with `scope_id` and `tenant_id` where the scope has them.
    """

    plan = serializers.CharField(max_length=32, default=None, allow_null=True, help_text="A plan's code.")
    tenant = serializers.CharField(max_length=63, default=None, allow_null=True, help_text="A slug or an id.")
    team = serializers.CharField(max_length=64, default=None, allow_null=True, help_text="A slug or an id.")
    user = serializers.CharField(
        max_length=254, default=None, allow_null=True, help_text="An address or an id."
    )
    token = serializers.CharField(
        max_length=64, default=None, allow_null=True, help_text="A prefix or an id."
    )
    agent = serializers.CharField(max_length=128, default=None, allow_null=True)
    tag = serializers.CharField(
        max_length=MAX_TAG, default=None, allow_null=True, help_text="`key=value`, such as `project=apollo`."
    )
    conversation = serializers.CharField(max_length=128, default=None, allow_null=True)
    provider = serializers.CharField(max_length=64, default=None, allow_null=True)
    scope = Choice(
        choices=[scope.value for scope in Scope],
        default=None,
        allow_null=True,
        help_text="Whom the other fields name; with `scope_id` instead of the field that is called after the scope.",
    )
    scope_id = serializers.CharField(
        max_length=128,
        default="",
        allow_blank=True,
        help_text="Of a plan its code, of a provider, agent or conversation its name, of a tag `key=value`, of the "
        "others what their field takes.",
    )
    tenant_id = OtherName("tenant")
    set_by = Choice(
        choices=[each.value for each in Setter],
        default=None,
        allow_null=True,
        help_text="As answers say it: whoever sends this, and nobody else.",
    )


def editor_of_caller(request: Request) -> Editor:
    """Whose limits the caller may change. Raises NotPermitted."""
    caller = caller_of(request)
    return editor_of(role=caller.role, tenant=caller.tenant)


def take_target(given: dict[str, Any], editor: Editor) -> PolicyTarget:
    """The target that the input names, taken out of it.

    Raises InvalidRequest when its fields contradict each other, NotFound for an unknown one or another tenant's, and
    NotPermitted for one that no tenant has.
    """
    if given.pop("set_by") not in (None, editor.set_by.value):
        raise InvalidRequest("A limit is set by whoever sends it.", param="set_by")
    words: dict[str, str | None] = {name: given.pop(name) for name in TARGETS}
    scope, scope_id = given.pop("scope"), given.pop("scope_id")
    if scope_id:
        if scope is None or scope in SCOPES_WITHOUT_ID:
            of = "No scope" if scope is None else f"The scope {scope}"
            raise InvalidRequest(f"{of} has a scope_id; name the scope that it is of.", param="scope_id")
        if words[scope] not in (None, scope_id):
            raise InvalidRequest(f"scope_id says otherwise than {scope}; give one of them.", param="scope_id")
        words[scope] = scope_id
    target = target_for(editor, words)
    if scope is not None and scope != target.scope:
        raise InvalidRequest(
            f"The scope is {scope}, but what is named is for the scope {target.scope}.", param="scope"
        )
    return target
