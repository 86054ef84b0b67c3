"""Give a person what the groups give now, and take what they gave before and do not any longer.

What was given by hand stays: only a role or a team that came by a group goes with it.
"""

from datetime import datetime

from metering.errors import NotPermitted
from metering.identity.people.change_user import UserChanges, change_user
from metering.identity.people.join_team import join_team
from metering.identity.people.leave_team import leave_team
from metering.identity.single_sign_on.find_person import ACTOR
from metering.identity.single_sign_on.grants import Grant, Grants
from metering.models import ExternalIdentity, Membership, Team, User

NO_PLACE = "None of your groups has a place here any longer. Ask the gateway's operator."
NOT_MAPPED = "None of your groups is mapped to super admins."


def apply_grants(identity: ExternalIdentity, grants: Grants, *, now: datetime) -> NotPermitted | None:
    """What stands against signing in, after everything was given and taken; within a transaction."""
    user = identity.user
    if not user.is_active and not identity.is_shut:
        return None  # deactivated by hand: nothing is given, and who asks next says so
    if user.tenant_id is None:
        return _apply_to_super_admin(identity, grants, now)
    if identity.made_user and not grants.places_in(user.tenant_id):
        _give(identity, None, now)
        _shut(identity, now)
        return NotPermitted(NO_PLACE)
    _open(identity, now)
    _give(identity, grants.tenants.get(user.tenant_id), now)
    return None


def _apply_to_super_admin(identity: ExternalIdentity, grants: Grants, now: datetime) -> NotPermitted | None:
    if grants.is_super_admin:
        _open(identity, now)
        return None
    if identity.made_user:
        _shut(identity, now)
    return NotPermitted(NOT_MAPPED)


def _give(identity: ExternalIdentity, grant: Grant | None, now: datetime) -> None:
    user, changes = identity.user, UserChanges()
    wanted = User.Role.TENANT_ADMIN if grant is not None and grant.role == User.Role.TENANT_ADMIN else ""
    if wanted and user.role != wanted:
        changes["role"], identity.given_role = User.Role.TENANT_ADMIN, wanted
    elif not wanted and identity.given_role:
        changes["role"], identity.given_role = User.Role.MEMBER, ""
    if grant is not None and grant.token is not None and grant.token.pk != user.signup_token_id:
        changes["signup_token"] = grant.token
    if changes:
        identity.user = change_user(user=user, changes=changes, actor=ACTOR, now=now)
    _put_into_teams(identity, grant.teams if grant is not None else [], now)


def _put_into_teams(identity: ExternalIdentity, teams: list[Team], now: datetime) -> None:
    user, wanted = identity.user, {team.pk: team for team in teams}
    is_in = set(Membership.objects.filter(user=user).values_list("team_id", flat=True))
    for pk, team in wanted.items():
        if pk not in is_in:
            join_team(team=team, user=user, actor=ACTOR, now=now)
    gone = set(identity.given_teams) - set(wanted)
    for team in Team.objects.filter(pk__in=gone & is_in):
        leave_team(team=team, user=user, actor=ACTOR, now=now)
    # A team that the person was in before, by hand, is not the groups' to take.
    identity.given_teams = sorted(pk for pk in wanted if pk not in is_in or pk in identity.given_teams)


def _shut(identity: ExternalIdentity, now: datetime) -> None:
    if identity.user.is_active:
        identity.user = change_user(user=identity.user, changes={"is_active": False}, actor=ACTOR, now=now)
        identity.is_shut = True


def _open(identity: ExternalIdentity, now: datetime) -> None:
    if identity.is_shut:
        identity.user = change_user(user=identity.user, changes={"is_active": True}, actor=ACTOR, now=now)
        identity.is_shut = False
