"""How far a tenant's administrator goes with credentials: every verb, on tokens below, at and above the own one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.models import ATIToken, AuditEvent, Membership, User
from tests.factories import ModelFactory, TeamFactory, make_token
from tests.integration.gateway_project.api.people import bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN
CHAT, DRAFT = "LLM0_CHAT", "LLM2_DRAFT"
HOME, ROOM = "127.0.0.0/8", "127.0.0.1/32"
NEW_PASSWORD = "another good password"
END = now() + timedelta(days=30)
OWN: dict[str, Any] = {
    "plan": "SMALL",
    "allowed_tasks": [CHAT],
    "allowed_models": ["small"],
    "allowed_networks": [HOME],
    "expires_at": END,
}
TOKENS: dict[str, dict[str, Any]] = {
    "below": {"allowed_networks": [ROOM], "expires_at": END - timedelta(days=1)},
    "at": {},
    "above by plan": {"plan": "OPEN"},
    "above by tasks": {"allowed_tasks": [CHAT, DRAFT]},
    "above by all tasks": {"allowed_tasks": []},
    "above by models": {"allowed_models": ["small", "large"]},
    "above by networks": {"allowed_networks": ["0.0.0.0/0"]},
    "above by its end": {"expires_at": END + timedelta(hours=1)},
    "above by no end": {"expires_at": None},
}


@pytest.fixture(autouse=True)
def models(db: Any) -> None:
    for name in ("small", "large"):
        ModelFactory(name=name)


def token(**facts: Any) -> ATIToken:
    return ATIToken.objects.get(pk=make_token(**{**OWN, **facts}).id)


def rename(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"tokens/{row.pk}", {"name": "mine"}, who=who)


def narrow(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"tokens/{row.pk}", {"allowed_networks": [ROOM]}, who=who)


def more_sign_ups(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"tokens/{row.pk}", {"signups_allowed": 100}, who=who)


def bind_to_oneself(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"tokens/{row.pk}", {"user": who.email}, who=who)


def rotate(who: User, row: ATIToken, holder: User) -> Any:
    return call("POST", f"tokens/{row.pk}/rotate", {"grace_s": 60}, who=who)


def make_somebody(who: User, row: ATIToken, holder: User) -> Any:
    facts = {"email": "new@alder.example", "token": str(row.pk), "tenant": "alder"}
    return call("POST", "users", facts, who=who)


def move_somebody_there(who: User, row: ATIToken, holder: User) -> Any:
    other = person(token=who.signup_token or token())
    return call("PATCH", f"users/{other.pk}", {"token": row.prefix}, who=who)


def set_a_password(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"users/{holder.pk}", {"password": NEW_PASSWORD}, who=who)


def make_an_administrator(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"users/{holder.pk}", {"role": "TENANT_ADMIN"}, who=who)


def let_in_again(who: User, row: ATIToken, holder: User) -> Any:
    User.objects.filter(pk=holder.pk).update(is_active=False)
    return call("PATCH", f"users/{holder.pk}", {"is_active": True}, who=who)


def rename_somebody(who: User, row: ATIToken, holder: User) -> Any:
    return call("PATCH", f"users/{holder.pk}", {"name": "Ann"}, who=who)


VERBS = [
    rename,
    narrow,
    more_sign_ups,
    bind_to_oneself,
    rotate,
    make_somebody,
    move_somebody_there,
    set_a_password,
    make_an_administrator,
    let_in_again,
    rename_somebody,
]


def image(row: ATIToken, holder: User) -> list[Any]:
    """All of a token and of a person that a refused verb must leave as it was."""
    tokens = ATIToken.objects.filter(pk=row.pk).values()
    people = User.objects.filter(pk=holder.pk).values("role", "name", "password", "signup_token_id")
    return [*tokens, *people]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
class TestEveryVerb:
    @pytest.mark.parametrize("which", TOKENS)
    def test_of_an_administrator_stops_at_the_own_token(self, verb: Any, which: str) -> None:
        admin, row = person(ADMIN, token=token()), token(**TOKENS[which])
        holder = person(token=row)
        before = image(row, holder)
        response = verb(admin, row, holder)
        if which in {"below", "at"}:
            assert response.status_code in {200, 201}, response.content
        else:
            assert code_of(response) == (403, "not_permitted")
            assert response.json()["error"]["param"] == "token"
            assert image(row, holder) == before
            assert not User.objects.filter(email="new@alder.example").exists()

    def test_of_an_operator_has_no_ceiling(self, verb: Any) -> None:
        row = token(plan="OPEN", allowed_tasks=[])
        expected = 404 if verb is bind_to_oneself else 200  # operators are nobody in the tenant
        assert verb(super_admin(), row, person(token=row)).status_code in {expected, 201}

    def test_of_an_administrator_without_a_plan_reaches_no_token(self, verb: Any) -> None:
        row, admin = token(), person(ADMIN, token=token())
        User.objects.filter(pk=admin.pk).update(signup_token=None)
        admin.refresh_from_db()
        assert code_of(verb(admin, row, person(token=row))) == (403, "not_permitted")


def test_a_small_plans_administrator_gets_nothing_out_of_the_tenants_open_token() -> None:
    admin = person(ADMIN, token=ATIToken.objects.get(pk=make_token(plan="SMALL").id))
    wide = make_token(plan="OPEN", signups_allowed=1)
    statuses = [
        call("POST", f"tokens/{wide.id}/rotate", {}, who=admin).status_code,
        call("POST", "users", {"email": "n@alder.example", "token": str(wide.id)}, who=admin).status_code,
        call("PATCH", f"tokens/{wide.id}", {"signups_allowed": 9}, who=admin).status_code,
        call("POST", "tokens", {"plan": "OPEN"}, who=admin).status_code,
    ]
    assert statuses == [403, 403, 403, 403]
    assert call("GET", "auth/me", who=wide.secret).status_code == 200
    assert not User.objects.filter(email="n@alder.example").exists()


@pytest.mark.parametrize("verb", ["revoke", "deactivate", "demote", "move away"])
def test_taking_away_is_open_to_every_administrator_of_the_tenant(verb: str) -> None:
    admin, row = person(ADMIN, token=token()), token(plan="OPEN")
    holder = person(ADMIN, token=row)
    body: dict[str, dict[str, Any]] = {
        "deactivate": {"is_active": False},
        "demote": {"role": "MEMBER"},
        "move away": {"token": str(admin.signup_token_id)},
    }
    if verb == "revoke":
        assert call("POST", f"tokens/{row.pk}/revoke", who=admin).status_code == 200
    else:
        assert call("PATCH", f"users/{holder.pk}", body[verb], who=admin).status_code == 200


def test_a_change_that_takes_away_lets_nothing_else_in_with_it() -> None:
    admin, holder = person(ADMIN, token=token()), person(ADMIN, token=token(plan="OPEN"))
    for more in ({"password": NEW_PASSWORD}, {"name": "x"}):
        response = call("PATCH", f"users/{holder.pk}", {"is_active": False, **more}, who=admin)
        assert code_of(response) == (403, "not_permitted"), more
    assert User.objects.get(pk=holder.pk).is_active


def test_who_was_narrowed_is_asked_about_the_token_as_it_is_now() -> None:
    admin = person(ADMIN, token=token(allowed_tasks=[]))
    access, other = bearer(admin), token(allowed_tasks=[])
    assert call("POST", f"tokens/{other.pk}/rotate", {}, who=access).status_code == 200
    path = f"tokens/{admin.signup_token_id}"
    assert call("PATCH", path, {"allowed_tasks": [CHAT]}, who=super_admin()).status_code == 200
    assert code_of(call("POST", f"tokens/{other.pk}/rotate", {}, who=access)) == (403, "not_permitted")
    assert code_of(call("POST", "tokens", {"allowed_tasks": [DRAFT]}, who=access)) == (403, "not_permitted")


class TestTeams:
    def test_a_teams_administrator_passes_on_that_team_and_no_other(self) -> None:
        mine, other = TeamFactory(), TeamFactory()
        admin = person(ADMIN, token=token(team=mine))
        made = call("POST", "tokens", {"name": "ci"}, who=admin).json()
        assert call("GET", f"tokens/{made['id']}", who=admin).json()["team"] == str(mine.pk)
        for team in (other.slug, None):
            assert code_of(call("POST", "tokens", {"team": team}, who=admin)) == (403, "not_permitted"), team
        assert code_of(call("POST", f"tokens/{token().pk}/rotate", {}, who=admin)) == (403, "not_permitted")

    def test_who_is_given_a_teams_token_becomes_a_member(self) -> None:
        team, ops = TeamFactory(), super_admin()
        row, somebody = token(team=team), person(token=token())
        facts = {"email": "new@alder.example", "token": str(row.pk), "tenant": "alder"}
        assert call("POST", "users", facts, who=ops).status_code == 201
        assert call("PATCH", f"users/{somebody.pk}", {"token": str(row.pk)}, who=ops).status_code == 200
        members = Membership.objects.filter(team=team).values_list("user__email", flat=True)
        assert set(members) == {"new@alder.example", somebody.email}

    def test_who_has_left_the_team_of_the_own_token_no_longer_spends_for_it(self) -> None:
        team = TeamFactory()
        user = person(token=token(team=team))
        Membership.objects.create(team=team, user=user)
        access = bearer(user)
        assert call("GET", f"policy/explain?task={CHAT}", who=access).status_code == 200
        assert call("GET", "auth/me", who=access).json()["team_id"] == str(team.pk)
        admin = person(ADMIN, token=token())
        assert call("DELETE", f"teams/{team.pk}/members/{user.pk}", who=admin).status_code == 204
        refused = call("GET", f"policy/explain?task={CHAT}", who=access)
        assert code_of(refused) == (403, "not_permitted")
        assert "not a member" in refused.json()["error"]["message"]
        assert call("GET", "auth/me", who=access).json()["team_id"] is None

    def test_a_team_that_the_caller_has_left_is_refused(self) -> None:
        user, team = person(token=token()), TeamFactory()
        Membership.objects.create(team=team, user=user)
        access = bearer(user)
        assert call("GET", "auth/me", who=access, x_team_id=team.slug).status_code == 200
        Membership.objects.all().delete()
        assert code_of(call("GET", "auth/me", who=access, x_team_id=team.slug)) == (403, "not_permitted")


class TestTheOwnToken:
    WIDE: dict[str, Any] = {
        "allowed_tasks": [],
        "allowed_models": [],
        "allowed_networks": [],
        "expires_at": None,
    }
    NARROW: dict[str, Any] = {
        "allowed_tasks": [CHAT],
        "allowed_models": ["small"],
        "allowed_networks": [ROOM],
        "expires_at": END.isoformat(),
    }

    @pytest.mark.parametrize("field", NARROW)
    def test_what_an_administrator_narrows_is_widened_by_the_same_administrator(self, field: str) -> None:
        admin = person(ADMIN, token=token(**self.WIDE))
        path = f"tokens/{admin.signup_token_id}"
        narrowed = call("PATCH", path, {field: self.NARROW[field]}, who=admin)
        assert narrowed.status_code == 200
        assert narrowed.json()[field] != self.WIDE[field]
        widened = call("PATCH", path, {field: self.WIDE[field]}, who=admin)
        assert (widened.status_code, widened.json()[field]) == (200, self.WIDE[field])
        assert ATIToken.objects.get(pk=admin.signup_token_id).given == {}

    def test_the_team_that_it_was_bound_to_is_let_go_of_again(self) -> None:
        admin, team = person(ADMIN, token=token()), TeamFactory()
        path = f"tokens/{admin.signup_token_id}"
        assert call("PATCH", path, {"team": team.slug}, who=admin).json()["team"] == str(team.pk)
        assert call("PATCH", path, {"team": None}, who=admin).json()["team"] is None

    @pytest.mark.parametrize("field", NARROW)
    def test_beyond_what_it_was_given_it_is_refused_and_stays(self, field: str) -> None:
        admin = person(ADMIN, token=token(**{**self.WIDE, field: OWN[field]}))
        path = f"tokens/{admin.signup_token_id}"
        before = call("GET", path, who=admin).json()[field]
        refused = call("PATCH", path, {field: self.WIDE[field]}, who=admin)
        assert code_of(refused) == (403, "not_permitted")
        assert refused.json()["error"]["param"] == field
        assert call("GET", path, who=admin).json()[field] == before

    @pytest.mark.parametrize("field", NARROW)
    def test_a_new_token_that_says_everything_is_refused_under_a_narrow_one(self, field: str) -> None:
        admin = person(ADMIN, token=token(**{**self.WIDE, field: OWN[field]}))
        refused = call("POST", "tokens", {field: self.WIDE[field]}, who=admin)
        assert code_of(refused) == (403, "not_permitted")
        assert refused.json()["error"]["param"] == field

    def test_what_somebody_else_narrows_cannot_be_undone_by_its_administrator(self) -> None:
        admin = person(ADMIN, token=token(**self.WIDE))
        wider = person(ADMIN, token=token(**self.WIDE))
        path = f"tokens/{admin.signup_token_id}"
        call("PATCH", path, {"allowed_tasks": [CHAT]}, who=admin)
        for other in (wider, super_admin()):
            call("PATCH", path, {"allowed_tasks": [DRAFT]}, who=other)
            assert code_of(call("PATCH", path, {"allowed_tasks": []}, who=admin)) == (403, "not_permitted")
            assert call("PATCH", path, {"allowed_tasks": []}, who=other).status_code == 200

    def test_narrowing_the_own_token_does_not_bring_wider_ones_into_reach(self) -> None:
        """Nor does it hide how wide it is: its administrator may have it all again."""
        admin = person(ADMIN, token=token(**self.WIDE))
        call("PATCH", f"tokens/{admin.signup_token_id}", {"allowed_tasks": [CHAT]}, who=admin)
        lower = person(ADMIN, token=token(**{**self.WIDE, "allowed_tasks": [CHAT]}))
        refused = call("PATCH", f"users/{admin.pk}", {"password": NEW_PASSWORD}, who=lower)
        assert code_of(refused) == (403, "not_permitted")

    def test_it_is_in_the_audit_trail(self) -> None:
        admin = person(ADMIN, token=token(**self.WIDE))
        call("PATCH", f"tokens/{admin.signup_token_id}", {"allowed_tasks": [CHAT]}, who=admin)
        event = AuditEvent.objects.get(action="token.changed")
        assert event.facts == {"allowed_tasks": [[], [CHAT]], "given": [{}, {"allowed_tasks": []}]}
