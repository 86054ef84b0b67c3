"""Disclosures are secrets: what callers sent, and what was made of it, is nowhere to be read but by its owner."""

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from tests.faults.rows import query
from tests.faults.tasks import texts
from tests.faults.tasks.deployment import TaskDeployment
from tests.support.task_caller import TaskCaller

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CANARY = "zqxcanary"
SECRET = f"A {CANARY} pump (10) comprises a {CANARY} rotor (12) and a valve (14). The rotor (12) drives the valve (14)."
FAILING = (
    "sandbox:mistake=9 ",
    "sandbox:error=503 ",
    "sandbox:error=400 ",
    "sandbox:cut=1 ",
    "sandbox:bad-claims=9 sandbox:invalid-diagram=9 ",
)


def forms(text: str) -> list[bytes]:
    """The text as it is, in hexadecimal and in the three alignments of Base64."""
    data = text.encode()
    shifted = [base64.b64encode(b"x" * pad + data)[4 * bool(pad) :].rstrip(b"=")[:-1] for pad in range(3)]
    return [data, data.hex().encode(), *(form for form in shifted if len(form) > 6)]


def found_in(content: bytes) -> bool:
    lowered = content.lower()
    return any(form in content for form in forms(CANARY)) or CANARY.encode() in lowered


def test_the_search_finds_what_is_there() -> None:
    for content in (CANARY, CANARY.upper(), CANARY.encode().hex()):
        assert found_in(f"before {content} after".encode())
    for pad in range(3):
        assert found_in(base64.b64encode(b"x" * pad + CANARY.encode() + b"yz"))
    assert not found_in(b"something else")


def everything_in_the_database(url: str) -> Iterator[tuple[str, bytes]]:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT".encode()) as copy:
                yield table, b"".join(bytes(part) for part in copy)


def everything_in_redis(url: str) -> Iterator[tuple[str, bytes]]:
    with Redis.from_url(url) as client:
        for key in client.scan_iter(count=1_000):
            yield repr(key), key + (client.dump(key) or b"")


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All but the database's own files: what is in them has been read."""
    for path in folder.rglob("*"):
        if path.is_file() and "postgres" not in path.relative_to(folder).parts[0]:
            yield str(path), path.read_bytes()


def use_everything(ann: TaskCaller, tasks: TaskDeployment) -> list[str]:
    """Every task as a route, a stream and a job, with good ends and bad; the jobs."""
    jobs = []
    for number, (task, content) in enumerate(texts.ASKED.items()):
        more = {"sections": ["title", "claims", "abstract"]} if task == "drafting" else {}
        ann.post(f"/api/{task}", content(SECRET, **more), idempotency_key=f"key-{number}")
        assert ann.events(f"/api/{task}", body=content(SECRET))
        for prefix in ("", *FAILING):
            jobs.append(ann.begin(task, content(prefix + SECRET, **more)))
            ann.post(f"/api/{task}", content(prefix + SECRET, **more))
        wrong = content(SECRET) | {
            CANARY: SECRET,
            "kind": SECRET,
            "sources": [SECRET],
            "jurisdiction": SECRET,
        }
        assert ann.post(f"/api/{task}", wrong).status_code == 400
        assert ann.post("/api/jobs", {"task": task, "input": wrong}).status_code == 400
    ann.post("/api/claims/check", {"claims": SECRET, "description": SECRET})
    ann.post("/api/diagrams/render", {"language": "mermaid", "source": f"flowchart TD\n  {SECRET}"})
    ann.get(f"/api/jobs?cursor={CANARY}")
    return jobs


def test_a_disclosure_is_nowhere_in_clear_and_never_with_another_tenant(tasks: TaskDeployment) -> None:
    ann, bob = tasks.caller(), tasks.caller()
    jobs = use_everything(ann, tasks)
    with Redis.from_url(tasks.redis.url) as client, client.monitor() as monitor:
        jobs.append(ann.begin("diagrams", texts.diagrams(SECRET)))
        commands = [repr(monitor.next_command()).encode() for _ in range(5)]
    ended = [ann.ended(job_id) for job_id in jobs]
    assert {job["status"] for job in ended} == {"succeeded", "failed"}
    assert any(CANARY in str(job["result"]).lower() for job in ended)
    assert any(CANARY in str(job["error"]).lower() for job in ended), "an error that quotes the text"
    tasks.until(lambda: tasks.held() == 0)
    time.sleep(0.5)

    places = [
        *everything_in_the_database(tasks.database),
        *everything_in_redis(tasks.redis.url),
        *files_in(tasks.folder),
        *files_in(Path(os.environ["GATEWAY_STATE_DIR"])),
        *(("a command to Redis", command) for command in commands),
    ]
    assert len(places) > 50
    assert [name for name, content in places if found_in(content)] == []

    for job_id in jobs:
        assert bob.get(f"/api/jobs/{job_id}").status_code == 404
    for path in ("/api/jobs", "/api/usage", "/api/policy/decisions"):
        assert CANARY not in bob.get(path).text.lower()


def test_what_has_expired_is_forgotten_and_drafts_are_deleted_by_their_owner(tasks: TaskDeployment) -> None:
    ann = tasks.caller()
    job_id = ann.begin("drafting", texts.drafting())
    kept = ann.begin("diagrams", texts.diagrams())
    draft_id = ann.ended(job_id)["result"]["draft_id"]
    other = ann.post("/api/drafting", texts.drafting()).json()["draft_id"]
    ann.ended(kept)
    assert ann.delete(f"/api/drafting/{other}").status_code == 204
    with psycopg.connect(tasks.database, autocommit=True) as connection:
        for table, key in (("taskjob", job_id), ("taskdraft", draft_id)):
            connection.execute(
                f"UPDATE metering_{table} SET expires_at = now() - interval '1 second' WHERE id = %s".encode(),
                (key,),
            )
    assert ann.get(f"/api/drafting/{draft_id}").status_code == 404
    assert ann.get(f"/api/jobs/{job_id}").status_code == 404
    tasks.send("gateway.forget_jobs")
    there = "SELECT count(*) FROM metering_taskjob WHERE id = %s"
    tasks.until(lambda: query(tasks.database, there, (job_id,)) == [(0,)])
    assert [job["id"] for job in ann.get("/api/jobs").json()["results"]] == [kept]
    with psycopg.connect(tasks.database) as connection:
        for table, column, key in (
            ("taskjob", "id", job_id),
            ("taskjobevent", "job_id", job_id),
            ("taskjobattempt", "job_id", job_id),
            ("taskdraft", "id", draft_id),
            ("taskdraft", "id", other),
        ):
            statement = f"SELECT count(*) FROM metering_{table} WHERE {column} = %s"
            assert connection.execute(statement.encode(), (key,)).fetchone() == (0,), table
