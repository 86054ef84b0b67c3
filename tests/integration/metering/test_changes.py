"""Changes in the database reach snapshots in this process, through triggers, NOTIFY and the listener."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import now

from metering.calls.cached_directory import CachedDirectory
from metering.errors import InvalidCredential, TenantSuspended
from metering.identity.sessions.open_session import open_session
from metering.identity.sessions.refresh_session import refresh_session
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.touch_tokens import touch_tokens
from metering.models import ATIToken, PolicyRule, Tenant
from metering.orm import close_database_threads, in_database_thread
from metering.policy.values import PolicySubject
from metering.snapshots.changes import Changes
from metering.snapshots.listener import ChangeListener
from tests.factories import (
    PriceFactory,
    RuleFactory,
    TenantFactory,
    UserFactory,
    alder,
    birch,
    make_token,
    reference_data,
)
from tests.served import serve_model

UNTOLD = {
    # What the hot path does not read, and the ledger, whose commits would queue for each other.
    "auditevent", "user_groups", "user_user_permissions", "usagemeter", "usagereservation", "usagelog",
    "ledgerentry", "ledgerperiod", "closingbalance",
    "usagerollup", "rolledunit", "rolledzone", "rollupprogress", "keptanswer", "policydecision", "decisionrequest",
    "openingentry", "meterrecount", "limitwatch", "quotaalert", "vendoralert", "alertdelivery", "passwordreset",
    "callcontent", "taskjob", "taskjobevent", "taskjobattempt", "taskdraft", "invitation", "savedview", "quotarequest",
    "notice", "notification", "episode", "webhookendpoint", "statement", "billingprofile", "exportposition",
    "emaildomain", "externalidentity", "groupmapping", "devicelogin", "reconciledday", "servedhour",
}  # fmt: skip


@pytest.fixture(autouse=True)
def rows(transactional_db: Any) -> Iterator[None]:
    reference_data()
    yield
    close_database_threads()


@pytest.fixture
async def changes() -> AsyncIterator[Changes]:
    """On a clock that stands still: a process that listened once hears on, however slow this machine is."""
    changes = Changes(clock=lambda: 0.0)
    listener = ChangeListener(settings.LEDGER_DATABASE_URL, changes)
    await listener.start()
    assert changes.is_listening
    yield changes
    await listener.close()


@pytest.fixture
def directory(changes: Changes) -> CachedDirectory:
    return CachedDirectory(changes)


class Told:
    """What a follower is told."""

    def __init__(self, changes: Changes) -> None:
        self.tenants: set[Any] = set()
        self.count = 0
        changes.follow(self.note)

    def note(self, tenants: Any) -> None:
        self.count += 1
        self.tenants |= {None} if tenants is None else tenants

    async def until(self, tenant: Any) -> None:
        """Wait for the news of this tenant (None: of everybody)."""
        async with asyncio.timeout(5):
            while tenant not in self.tenants:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def hear_out(self) -> None:
        """Wait for everything that was committed before: notices come in the order of their commits."""
        last = await ask(lambda: TenantFactory().pk)
        await self.until(last)
        self.tenants.discard(last)


async def ask(question: Callable[[], Any]) -> Any:
    return await in_database_thread(question)


async def until_raises(error: type[Exception], call: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await call()
            except error:
                return
            await asyncio.sleep(0.005)


async def test_a_revoked_token_is_refused(directory: CachedDirectory) -> None:
    token = await ask(make_token)
    await directory.principal(token.secret)
    await ask(lambda: revoke_token(token=ATIToken.objects.get(pk=token.id), actor="a test", now=now()))
    await until_raises(InvalidCredential, lambda: directory.principal(token.secret))


async def test_which_tokens_were_used_is_told_once(directory: CachedDirectory) -> None:
    used = await ask(make_token)
    await ask(make_token)
    await directory.principal(used.secret)
    await directory.principal(used.secret)
    assert directory.take_used_tokens() == {used.id}
    assert directory.take_used_tokens() == set()


async def test_a_bulk_update_and_plain_sql_count(directory: CachedDirectory, changes: Changes) -> None:
    rule = await ask(lambda: RuleFactory(key="max_tokens_out", value=100))
    token = await ask(make_token)
    who = PolicySubject(await ask(lambda: alder().pk), "PRO", None, None, token.id)
    assert (await directory.policy(who, "LLM0_CHAT")).number("max_tokens_out") == 100
    told = Told(changes)
    await ask(lambda: PolicyRule.objects.filter(pk=rule.pk).update(value=50))
    await told.until(who.tenant_id)
    assert (await directory.policy(who, "LLM0_CHAT")).number("max_tokens_out") == 50
    told.tenants.clear()
    async with await psycopg.AsyncConnection.connect(settings.LEDGER_DATABASE_URL) as plain:
        await plain.execute("UPDATE metering_policyrule SET value = '25' WHERE id = %s", [rule.pk])
    await told.until(who.tenant_id)
    assert (await directory.policy(who, "LLM0_CHAT")).number("max_tokens_out") == 25


async def test_a_tenants_change_leaves_the_others_alone(directory: CachedDirectory, changes: Changes) -> None:
    alders = await ask(make_token)
    birchs = await ask(lambda: make_token(birch()))
    await Told(changes).hear_out()
    kept = await directory.principal(birchs.secret)
    await directory.principal(alders.secret)
    await ask(lambda: Tenant.objects.filter(slug="alder").update(status="SUSPENDED"))
    await until_raises(TenantSuspended, lambda: directory.principal(alders.secret))
    assert await directory.principal(birchs.secret) is kept


async def test_the_catalog_concerns_everybody(directory: CachedDirectory, changes: Changes) -> None:
    model = await ask(serve_model)
    assert "sandbox-small" in (await directory.models()).by_name
    told = Told(changes)
    await ask(lambda: type(model).objects.update(is_active=False))
    await told.until(None)
    assert (await directory.models()).by_name == {}


async def test_a_new_token_is_known_at_once_although_it_was_refused_before(
    directory: CachedDirectory,
) -> None:
    token = await ask(make_token)
    row = await ask(lambda: ATIToken.objects.get(pk=token.id))
    await ask(row.delete)
    with pytest.raises(InvalidCredential):
        await directory.principal(token.secret)
    await ask(lambda: row.save(force_insert=True))
    async with asyncio.timeout(3):  # less than a refusal lives
        while True:
            try:
                await directory.principal(token.secret)
                break
            except InvalidCredential:
                await asyncio.sleep(0.005)


async def test_remembering_a_tokens_last_use_is_no_change(
    directory: CachedDirectory, changes: Changes
) -> None:
    token = await ask(make_token)
    told = Told(changes)
    await told.hear_out()
    told.tenants.clear()
    await ask(lambda: touch_tokens(token_ids=[token.id], now=now()))
    await ask(lambda: Tenant.objects.filter(slug="alder").update(status="ACTIVE"))  # as it is already
    await told.hear_out()
    assert await ask(lambda: alder().pk) not in told.tenants


async def test_refreshing_a_session_is_no_change(changes: Changes) -> None:
    pair = await ask(lambda: open_session(user=UserFactory(), now=now()))
    told = Told(changes)
    await told.hear_out()
    told.tenants.clear()
    pair = await ask(lambda: refresh_session(refresh=pair.refresh, now=now()))
    await ask(lambda: refresh_session(refresh=pair.refresh, now=now()))
    await told.hear_out()
    assert await ask(lambda: alder().pk) not in told.tenants


async def test_what_is_rolled_back_is_not_told(changes: Changes) -> None:
    await ask(alder)
    told = Told(changes)
    await told.hear_out()
    told.tenants.clear()

    def change_and_undo() -> None:
        with transaction.atomic():
            Tenant.objects.update(name="Nobody")
            transaction.set_rollback(True)

    await ask(change_and_undo)
    await told.hear_out()
    assert await ask(lambda: alder().pk) not in told.tenants


async def test_a_coming_price_ends_the_index_by_itself(directory: CachedDirectory) -> None:
    model = await ask(serve_model)
    soon = now() + timedelta(seconds=1)
    await ask(lambda: PriceFactory(model=model, effective_from=soon, input=7, output=7))
    assert (await directory.models()).until == soon
    async with asyncio.timeout(10):
        while (await directory.models()).by_name["sandbox-small"].price.input != 7:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_after_a_lost_connection_everything_is_read_again(
    directory: CachedDirectory, changes: Changes
) -> None:
    token = await ask(make_token)
    first = await directory.principal(token.secret)
    told = Told(changes)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway changes'"

    def cut_and_change() -> None:
        with connection.cursor() as cursor:
            cursor.execute(cut)
            cursor.execute("UPDATE metering_tenant SET name = 'Alder & Sons'")

    await ask(cut_and_change)
    await told.until(None)
    assert await directory.principal(token.secret) is not first


def test_every_table_that_the_hot_path_reads_tells_and_no_ledger_table_does(rows: None) -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("metering").get_models(include_auto_created=True)
    }
    expected = {table for table in tables if table.removeprefix("metering_") not in UNTOLD}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname IN ('metering_tell_change', 'metering_tell_truncate') GROUP BY 1"
        )
        assert dict(cursor.fetchall()) == dict.fromkeys(expected, 2)
