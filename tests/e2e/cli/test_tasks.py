"""`prior-art`, `draft`, `diagram` and `jobs`: what they write, where, and how they end."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from docx import Document

from gateway_project.jobs.tasks import run_job
from metering.models import UsageReservation
from tests.e2e.cli.shell import Shell

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PUMP = "A pump 12 draws coolant from a tank 18 and sends the coolant through a cold plate 14."
BRACKET = "A bracket holds a pipe to a wall. It has two arms and a screw."


def work_on(job: str) -> None:
    """What a worker does, outside of the test's transaction."""

    def work() -> None:
        run_job(job)
        connection.close()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(work).result()


class TestDiagram:
    def test_an_svg_and_its_source_are_written_and_none_is_replaced_unasked(self, ann: Shell) -> None:
        ended = ann.run("diagram", PUMP, "--out", "pump", "--kind", "block")
        assert ended.code == 0
        assert ended.out.splitlines()[0].startswith("pump-1.svg\tblock\t")
        assert "wrote pump-1.svg" in ended.err
        svg, source = ann.folder / "pump-1.svg", ann.folder / "pump-1.mmd"
        assert svg.read_text().startswith("<svg")
        assert source.read_text().strip()
        source.write_text("mine")
        calls = UsageReservation.objects.count()
        refused = ann.run("diagram", PUMP, "--out", "pump")
        assert (refused.code, UsageReservation.objects.count()) == (2, calls)
        assert "--force" in refused.err
        told = ann.run("diagram", "--out", "pump", "--force", "--json", typed=PUMP).json
        assert [row["file"] for row in told["files"]] == ["pump-1.svg"]
        assert source.read_text() != "mine"
        assert not [path for path in ann.folder.iterdir() if path.name.startswith(".pump")]

    def test_where_no_file_can_be_written_nothing_is_asked_for(self, ann: Shell) -> None:
        calls = UsageReservation.objects.count()
        assert ann.run("diagram", PUMP, "--out", "no/such/folder/x").code == 2
        assert UsageReservation.objects.count() == calls


def test_a_draft_comes_as_markdown_and_word_and_can_be_gone_on_with(ann: Shell) -> None:
    sections = ("--section", "title", "--section", "field")
    ended = ann.run("draft", BRACKET, *sections, "--out", "d.md", "--docx", "d.docx")
    assert (ended.code, ended.out) == (0, "")
    assert "writes title\nwrites field\n" in ended.err
    assert (ann.folder / "d.md").read_text().startswith("#")
    assert Document(str(ann.folder / "d.docx")).paragraphs
    draft = ended.err.split()[-1]
    again = ann.run("draft", "--resume", draft, "--section", "title")
    assert again.code == 0, again.err
    assert again.out.startswith("#")


def test_prior_art_is_told_by_rank_and_as_json_and_csv(ann: Shell) -> None:
    words = "aerogel sheet between battery cells with a burst vent"
    ended = ann.run("prior-art", words, "--top-k", "3")
    assert ended.code == 0, ended.err
    assert [line.split("\t")[0] for line in ended.out.splitlines()] == ["1", "2", "3"]
    assert "queries planned" in ended.err
    told = ann.run("prior-art", words, "--top-k", "2", "--json").json
    assert [row["rank"] for row in told["results"]] == [1, 2]
    assert {"elements", "queries", "sources", "results", "warnings", "usage"} <= told.keys()
    rows = list(csv.DictReader(io.StringIO(ann.run("prior-art", words, "--top-k", "2", "--csv").out)))
    assert {"rank", "source", "title", "score"} <= rows[0].keys()
    refused = ann.run("prior-art", words, "--from", "yesterday")
    assert (refused.code, refused.out) == (1, "")
    assert "date_from" in refused.err


class TestJobs:
    def test_one_goes_on_alone_and_is_waited_for(self, ann: Shell) -> None:
        begun = ann.run("diagram", PUMP, "--job")
        job = begun.out.strip()
        assert begun.code == 0
        assert f"jobs wait {job}" in begun.err
        assert ann.run("jobs", "list", "--limit", "1", "--json").json[0]["id"] == job
        assert ann.run("jobs", "--limit", "1", "--json").json[0]["id"] == job
        assert ann.run("jobs", "--json", "list").code == 2
        assert ann.run("jobs", "show", job).out.splitlines()[2] == "status\tqueued"
        work_on(job)
        ended = ann.run("jobs", "wait", job)
        assert ended.code == 0, ended.err
        assert "status\tsucceeded\n" in ended.out
        assert ann.run("jobs", "show", job, "--json").json["result"]["diagrams"]
        assert ann.run("jobs", "list").out.startswith(f"{job}\tdiagrams\tsucceeded\t100%\t")

    def test_one_that_is_cancelled_did_not_succeed(self, ann: Shell) -> None:
        job = ann.run("draft", BRACKET, "--job", "--json").json["id"]
        assert ann.run("jobs", "cancel", job, "--json").json["status"] == "cancelled"
        ended = ann.run("jobs", "wait", job)
        assert ended.code == 1
        assert "status\tcancelled\n" in ended.out

    def test_one_over_budget_ends_as_the_command_would(self, bob: Shell) -> None:
        job = bob.run("diagram", PUMP, "--job").out.strip()
        work_on(job)
        ended = bob.run("jobs", "wait", job)
        assert ended.code == 3
        assert "status\tfailed\n" in ended.out

    def test_another_s_is_not_found(self, ann: Shell) -> None:
        ended = ann.run("jobs", "show", "01a2271f-89aa-7ea8-a717-854cde4cabd5")
        assert (ended.code, ended.out) == (1, "")
        assert "code: not_found, request id: " in ended.err
        assert ann.run("jobs", "show", "x").code == 2


def test_a_text_in_a_file_is_read_and_two_texts_are_a_mistake(ann: Shell) -> None:
    (ann.folder / "idea.txt").write_text(PUMP)
    assert ann.run("diagram", "--file", "idea.txt", "--out", "idea").code == 0
    assert ann.run("diagram", PUMP, "--file", "idea.txt").code == 2
    assert Path(ann.folder / "idea-1.svg").exists()
