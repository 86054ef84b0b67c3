"""/api/users: people of the caller's tenant."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of, ceiling_of_caller
from gateway_project.api.choice import Choice
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest
from metering.identity.find import find_token
from metering.identity.people.change_user import UserChanges, change_user
from metering.identity.people.create_user import create_user
from metering.identity.people.own_account import check_own_account
from metering.identity.people.password import hash_password
from metering.identity.people.set_password import set_password
from metering.models import ATIToken, Tenant, User

TAG = ["users"]
TENANT_ROLES = [(role.value, role.label) for role in (User.Role.MEMBER, User.Role.TENANT_ADMIN)]
TOKEN_HELP = "The ATI token that the plan comes from: its id or prefix."


class UserOut(serializers.Serializer[User]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField(allow_null=True)
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=User.Role.choices)
    is_active = serializers.BooleanField()
    token = serializers.UUIDField(source="signup_token_id", allow_null=True)
    last_login = serializers.DateTimeField(allow_null=True)
    date_joined = serializers.DateTimeField()


class Users(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        email = serializers.EmailField(max_length=254)
        name = serializers.CharField(max_length=200, default="", allow_blank=True)
        role = Choice(choices=TENANT_ROLES, default=User.Role.MEMBER)
        password = serializers.CharField(max_length=256, trim_whitespace=False, default=None, allow_null=True)
        token = serializers.CharField(
            max_length=64, default=None, allow_null=True, help_text=f"{TOKEN_HELP} Yours if you name none."
        )
        tenant = serializers.SlugField(default="", help_text="For super admins.")
        tenant_id = OtherName("tenant")

    @paged(UserOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """People, the newest first."""
        return self.page(in_reach(User.objects.all(), request), UserOut)

    @extend_schema(request=Input, responses={201: UserOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Somebody new. Without a password this person cannot sign in yet."""
        given = self.valid(self.Input, request.data)
        tenant = tenant_in_reach(request, given["tenant"])
        password = given["password"]
        subject = User(email=given["email"], name=given["name"])
        user = create_user(
            tenant=tenant,
            email=given["email"],
            name=given["name"],
            role=User.Role(given["role"]),
            password_hash=hash_password(password, user=subject) if password is not None else "",
            signup_token=_token(given["token"], tenant) or caller_of(request).token,
            ceiling=ceiling_of_caller(request),
            actor=caller_of(request).actor,
            now=now(),
        )
        return Response(UserOut(user).data, status=201)


class OneUser(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        name = serializers.CharField(max_length=200, allow_blank=True, required=False)
        role = Choice(choices=TENANT_ROLES, required=False)
        is_active = serializers.BooleanField(required=False)
        token = serializers.CharField(max_length=64, allow_null=True, required=False, help_text=TOKEN_HELP)
        password = serializers.CharField(max_length=256, trim_whitespace=False, required=False)

    @extend_schema(responses=UserOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """One person."""
        return Response(UserOut(row_in_reach(User.objects.all(), request, pk)).data)

    @extend_schema(request=Input, responses=UserOut, tags=TAG)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change a person; what is not named stays as it is. A new password ends the person's sessions."""
        user, caller, moment = row_in_reach(User.objects.all(), request, pk), caller_of(request), now()
        given: Any = self.changes(self.Input, request.data, UserOut(user).data)
        check_own_account(user=user, by=caller.user, changed=given)
        if "token" in given:
            given["signup_token"] = _token(given.pop("token"), user.tenant)
        password = given.pop("password", None)
        changes: UserChanges = given
        by: Any = {"ceiling": ceiling_of_caller(request), "actor": caller.actor, "now": moment}
        with transaction.atomic():
            if password is not None:
                set_password(user=user, password=password, **by)
            changed = change_user(user=user, changes=changes, **by)
        return Response(UserOut(changed).data)


def _token(reference: str | None, tenant: Tenant | None) -> ATIToken | None:
    """Raises NotFound for another tenant's."""
    if not reference:
        return None
    if tenant is None:
        raise InvalidRequest("A super admin has no ATI token.", param="token")
    return find_token(reference=reference, tenant=tenant)
