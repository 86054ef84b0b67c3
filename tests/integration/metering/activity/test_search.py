"""Any id, name or text of a call leads to it, and nobody's leads a stranger anywhere."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from metering.activity.asked import Asked
from metering.activity.search import Found, find
from metering.decisions.find import request_digest
from metering.ids import derived_id, uuid7
from metering.models import ATIToken, DecisionRequest, Tenant
from metering.types import ReservationState
from tests.factories import UserFactory, alder, birch, make_token
from tests.integration.metering.activity.calls import NOON, SECOND, call, held, refusal

pytestmark = pytest.mark.django_db
OWN_ID = str(uuid7(int((NOON - SECOND).timestamp() * 1000)))
LATE_ID = str(uuid7(int((NOON - timedelta(minutes=9)).timestamp() * 1000)))


def search(text: str, tenant: Tenant | None = None) -> Found:
    return find(text, Asked.within(tenant=tenant))


@pytest.fixture
def wanted() -> UUID:
    call(at=NOON - SECOND, request_id="other")
    found = call("error", "ok", request_id="my-own-id.17", trace_id="trace-9", conversation_id="talk")
    call(at=NOON + SECOND, request_id="another")
    return found


@pytest.mark.parametrize(
    "text_of",
    [
        str,
        lambda id_: str(derived_id(id_, 1)),
        lambda id_: str(derived_id(id_, 2)).upper(),
        lambda id_: str(derived_id(id_, 0)),
        lambda id_: f"  {id_} ",
        lambda id_: "my-own-id.17",
        lambda id_: "trace-9",
    ],
    ids=["reservation", "attempt", "last attempt", "entry", "with spaces", "request id", "trace"],
)
def test_a_calls_own_ids_lead_to_it(wanted: UUID, text_of: Callable[[UUID], str]) -> None:
    for tenant in (None, alder()):
        assert [line.id for line in search(text_of(wanted), tenant).lines] == [wanted]
    assert search(text_of(wanted), birch()) == Found()


@pytest.mark.parametrize("request_id", [OWN_ID, LATE_ID], ids=["at once", "after a wait"])
def test_a_request_id_of_the_gateways_leads_to_its_call(request_id: str) -> None:
    wanted = call(request_id=request_id)
    assert [line.id for line in search(request_id).lines] == [wanted]


@pytest.mark.parametrize("state", [ReservationState.HELD, ReservationState.RELEASED])
def test_a_call_without_attempts_is_found_too(state: ReservationState) -> None:
    wanted = held(request_id="waits", state=state)
    assert [line.id for line in search("waits").lines] == [wanted]
    assert [line.id for line in search(str(wanted), alder()).lines] == [wanted]


def test_an_idempotency_key_leads_to_its_call() -> None:
    wanted = call()
    held(id=wanted, state=ReservationState.SETTLED, idempotency_key="order-77")
    assert [line.id for line in search("order-77").lines] == [wanted]
    assert [line.id for line in search("order-77", alder()).lines] == [wanted]
    assert search("order-77", birch()) == Found()


def test_a_refused_requests_id_leads_to_its_refusal() -> None:
    wanted = refusal(request_id="first")
    DecisionRequest.objects.create(decision_id=wanted.pk, digest=request_digest(OWN_ID))
    for text in ("first", OWN_ID, str(wanted.pk)):
        assert [line.id for line in search(text, alder()).lines] == [wanted.pk]
        assert search(text, birch()) == Found()


def test_a_person_narrows_the_log() -> None:
    ann = UserFactory(email="ann@alder.example")
    found = search("Ann@Alder.example", alder())
    assert (found.column, found.value, found.name) == ("user_id", ann.pk, "ann@alder.example")
    assert search("ann@alder.example", birch()) == Found()


def test_a_token_narrows_the_log_and_a_pasted_secret_goes_no_further() -> None:
    issued = make_token()
    row = ATIToken.objects.get(pk=issued.id)
    for text in (row.prefix, issued.secret):
        found = search(text, alder())
        assert (found.column, found.value, found.name) == ("token_id", row.pk, row.prefix)
        assert search(text, birch()) == Found()


def test_a_conversation_narrows_the_log(wanted: UUID) -> None:
    assert (search("talk", alder()).column, search("talk").value) == ("conversation_id", "talk")
    assert search("talk", birch()) == Found()


def test_somebody_who_sees_only_their_own_finds_only_that(wanted: UUID) -> None:
    ann = UserFactory(email="ann@alder.example")
    within = Asked.within(tenant=alder(), own=(("user_id", ann.pk),))
    UserFactory(email="bob@alder.example")
    issued = make_token()
    for text in (str(wanted), "my-own-id.17", "trace-9", "talk", "bob@alder.example", issued.prefix):
        assert find(text, within) == Found()
    assert find("ann@alder.example", within).value == ann.pk


@pytest.mark.parametrize(
    "text",
    ["", "nothing", str(uuid7()), str(uuid7(0)), str(uuid7(2**48 - 1)), "x" * 500, "ati_", "%"],
    ids=["empty", "a word", "an id", "an id of 1970", "an id of 10889", "too long", "a prefix", "a sign"],
)
def test_what_nobody_has_leads_nowhere(wanted: UUID, text: str) -> None:
    assert search(text) == Found()
