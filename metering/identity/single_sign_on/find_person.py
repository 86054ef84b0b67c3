"""The person behind an identity provider's name: known by that name, by a verified address, or new."""

from datetime import datetime

from metering.audit import record_change
from metering.errors import NotPermitted
from metering.identity.invitations.sign_up_token import usual_token
from metering.identity.people.create_user import create_user
from metering.identity.single_sign_on.claims import Claims
from metering.identity.single_sign_on.grants import Grant, Grants
from metering.identity.single_sign_on.hand_over import hand_over
from metering.models import ExternalIdentity, Invitation, Tenant, User

ACTOR = "single sign-on"
"""How the audit trail names what groups gave and took."""


def find_identity(claims: Claims, grants: Grants, *, now: datetime) -> ExternalIdentity:
    """The identity, locked, with its person; within a transaction.

    An account that was there before is handed over where nobody had proven its address. Super admins keep theirs.
    Raises NotPermitted where nobody is known by the name and the address opens no account and makes none.
    """
    rows = ExternalIdentity.objects.select_for_update(of=("self",)).select_related("user")
    known: ExternalIdentity | None = rows.filter(issuer=claims.issuer, subject=claims.subject).first()
    if known is not None:
        return known
    if not claims.verified_email:
        raise NotPermitted(
            "Your identity provider does not say that your e-mail address is verified, so that nobody is known by it."
        )
    user = User.objects.select_for_update(of=("self",)).filter(email=claims.verified_email).first()
    is_new = user is None
    taken: dict[str, object] = {}
    if user is None:
        user = _make(claims, grants, now=now)
    else:
        _check_may_link(user, claims, grants)
        if user.role != User.Role.SUPER_ADMIN and not _has_proven_address(user):
            taken = hand_over(user, actor=ACTOR, now=now)
    identity: ExternalIdentity = ExternalIdentity.objects.create(
        issuer=claims.issuer, subject=claims.subject, user=user, made_user=is_new, created_at=now
    )
    record_change(
        action="user.linked",
        actor=ACTOR,
        target=user,
        tenant_id=user.tenant_id,
        now=now,
        facts={"issuer": claims.issuer, "subject": claims.subject, "email": user.email, **taken},
    )
    return identity


def _has_proven_address(user: User) -> bool:
    """By the link of an invitation, which came by mail."""
    return Invitation.objects.filter(user=user, email=user.email, accepted_at__isnull=False).exists()


def _check_may_link(user: User, claims: Claims, grants: Grants) -> None:
    if user.role == User.Role.SUPER_ADMIN and not grants.is_super_admin:
        raise NotPermitted(
            "Super admins sign in here with a password, unless one of their groups is mapped to them."
        )
    is_placed = grants.is_super_admin or grants.tenants or grants.home
    if user.tenant_id is not None and is_placed and not grants.places_in(user.tenant_id):
        raise NotPermitted(
            "There is an account with your address in another tenant than your groups lead to. "
            "Ask the gateway's operator."
        )
    if ExternalIdentity.objects.filter(issuer=claims.issuer, user=user).exists():
        raise NotPermitted(
            "This e-mail address belongs to an account that another sign-in of your identity provider is linked to. "
            "An operator of the gateway can unlink it."
        )


def _make(claims: Claims, grants: Grants, *, now: datetime) -> User:
    """A super admin, or a member of the one tenant that groups or the address lead to. Roles and teams follow."""
    if grants.is_super_admin:
        return create_user(
            email=claims.verified_email, name=claims.name, role=User.Role.SUPER_ADMIN, actor=ACTOR, now=now
        )
    grant = _only_place(grants)
    return create_user(
        email=claims.verified_email,
        name=claims.name,
        role=User.Role.MEMBER,
        tenant=grant.tenant,
        signup_token=grant.token or usual_token(tenant=grant.tenant, now=now),
        actor=ACTOR,
        now=now,
    )


def _only_place(grants: Grants) -> Grant:
    if len(grants.tenants) > 1:
        raise NotPermitted(
            "Your groups lead to more than one tenant, and a person belongs to one. Ask the gateway's operator."
        )
    for grant in grants.tenants.values():
        return grant
    home: Tenant | None = grants.home
    if home is None:
        raise NotPermitted(
            "None of your groups has a place here, nor has the domain of your address. Ask to be invited."
        )
    return Grant(tenant=home)
