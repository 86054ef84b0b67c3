import os
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway_project.telemetry.exchange import Exchange, gather_earlier
from gateway_project.telemetry.tally import Counter, Gauge, Histogram


class Process:
    """The metrics of one worker."""

    def __init__(self, folder: Path | None) -> None:
        self.calls = Counter("calls", "Calls", ("route",))
        self.size = Histogram("size", "Sizes", (1, 2, 4))
        self.waiting = Gauge("waiting", "Waiting")
        self.well = Gauge("well", "Well", merge=min)
        self.open = Gauge("open", "Open", ("provider",), merge=max)
        self.exchange = Exchange((self.calls, self.size, self.waiting, self.well, self.open), folder)


def shown(process: Process) -> dict[tuple[str, str], float]:
    """What Prometheus would read: values by name and first label."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(process.exchange)
    text = generate_latest(registry).decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_process_alone_shows_what_it_counted() -> None:
    one = Process(None)
    one.calls.add("/a")
    one.calls.add("/a", by=2)
    for size in (1, 2, 3, 9):
        one.size.observe(size)
    one.exchange.publish()
    values = shown(one)
    assert values["calls_total", "/a"] == 3
    assert [values["size_bucket", bound] for bound in ("1", "2", "4", "+Inf")] == [1, 2, 3, 4]
    assert (values["size_sum", ""], values["size_count", ""]) == (15, 4)
    assert ("waiting", "") not in values, "nobody says what waits"


def test_workers_are_summed_whichever_is_asked(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    for number, process in enumerate((one, other), start=1):
        process.calls.add("/a", by=number)
        process.calls.add(f"/only-{number}")
        process.size.observe(2)
        process.waiting.read = lambda number=number: 10 * number
        process.well.read = lambda number=number: number - 1
    one.exchange.publish()
    other.exchange.publish()
    for process in (one, other):
        values = shown(process)
        assert values["calls_total", "/a"] == 3
        assert values["calls_total", "/only-1"] == values["calls_total", "/only-2"] == 1
        assert values["size_count", ""] == 2
        assert (values["waiting", ""], values["well", ""]) == (30, 0)


def test_a_gauge_with_labels_is_merged_label_by_label(tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    one.open.read = lambda: {("acme",): 1, ("bolt",): 2}
    other.open.read = lambda: {("acme",): 3}
    other.exchange.publish()
    values = shown(one)
    assert (values["open", "acme"], values["open", "bolt"]) == (3, 2)
    one.open.read = other.open.read = dict
    other.exchange.publish()
    assert ("open", "acme") not in shown(one)


def test_what_a_dead_worker_counted_stays_and_its_gauges_go(tmp_path: Path) -> None:
    dead, alive = Process(tmp_path), Process(tmp_path)
    dead.calls.add("/a")
    dead.waiting.read = lambda: 5
    alive.waiting.read = lambda: 1
    dead.exchange.publish()
    [file] = tmp_path.glob("*.json")
    long_ago = time.time() - 60
    os.utime(file, (long_ago, long_ago))
    values = shown(alive)
    assert (values["calls_total", "/a"], values["waiting", ""]) == (1, 1)


def test_a_broken_file_is_left_out(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.calls.add("/a")
    (tmp_path / "1-broken.json").write_text("{")
    assert shown(one)["calls_total", "/a"] == 1


def grow_old(folder: Path) -> None:
    """Nobody has published for a while."""
    for file in folder.glob("*.json"):
        os.utime(file, (time.time() - 120,) * 2)


def test_a_worker_that_outlives_its_server_is_not_counted_twice(tmp_path: Path) -> None:
    worker, server = Process(tmp_path), Process(tmp_path)
    worker.calls.add("/job")
    worker.exchange.publish()
    gather_earlier(server.exchange.metrics, tmp_path)
    worker.calls.add("/job")
    worker.exchange.publish()
    assert shown(server)["calls_total", "/job"] == 2


def test_a_server_counts_on_where_the_one_before_it_was_killed(tmp_path: Path) -> None:
    for _ in range(3):  # a server of two workers that is killed, three times
        one, other = Process(tmp_path), Process(tmp_path)
        grow_old(tmp_path)
        gather_earlier(one.exchange.metrics, tmp_path)
        for process in (one, other):
            process.calls.add("/a", by=2.5)
            process.size.observe(3)
            process.waiting.read = lambda: 7
            process.exchange.publish()
    last = Process(tmp_path)
    grow_old(tmp_path)
    gather_earlier(last.exchange.metrics, tmp_path)
    values = shown(last)
    assert (values["calls_total", "/a"], values["size_count", ""], values["size_sum", ""]) == (15, 6, 18)
    assert ("waiting", "") not in values, "what waited then does not wait now"
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_what_a_version_with_other_labels_or_buckets_has_counted_is_left_out(tmp_path: Path) -> None:
    old, new = Process(tmp_path), Process(tmp_path)
    old.calls.series = {("/a", "GET"): [5.0]}
    old.size.series = {(): [1.0, 1.0]}
    old.exchange.publish()
    new.calls.add("/a")
    for earlier in (False, True):
        if earlier:
            grow_old(tmp_path)
            gather_earlier(new.exchange.metrics, tmp_path)
        values = shown(new)
        assert (values["calls_total", "/a"], ("size_count", "") in values) == (1, False)
