"""The shipped rules and the dashboard ask for metrics, with labels, that /metrics really has."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway_project.telemetry.exchange import Exchange
from gateway_project.telemetry.metrics import EVERYTHING
from gateway_project.telemetry.tally import Gauge, Series

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yaml"
GROUPS = yaml.safe_load(RULES.read_text())["groups"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
OF_PROMETHEUS = {"job", "instance", "namespace", "pod"}


def metrics_with_labels() -> dict[str, set[str]]:
    """Every series that /metrics can have, as Prometheus's own parser reads the page, with its labels."""
    filled: dict[str, Series] = {}
    for metric in EVERYTHING:
        filled[metric.name] = {tuple("x" for _ in metric.labels): [1.0] * metric.width}
    registry = CollectorRegistry(auto_describe=False)

    class Filled(Exchange):
        def collect(self) -> list[Any]:
            return [metric.family(filled[metric.name]) for metric in self.metrics]

    registry.register(Filled(EVERYTHING, None))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


KNOWN = metrics_with_labels() | {"up": set()}
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}


def parts(node: Any) -> Iterator[Any]:
    """An expression and everything within it."""
    yield node
    for name in ("lhs", "rhs", "expr", "vector_selector", "args", "param"):
        below = getattr(node, name, None)
        for part in below if isinstance(below, list) else [below] if below is not None else []:
            yield from parts(part)


def expressions() -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


@pytest.mark.parametrize(("name", "text"), list(expressions()), ids=lambda value: value[:40])
def test_every_series_and_label_that_is_asked_for_exists(name: str, text: str) -> None:
    expression = promql_parser.parse(text)
    selected = [part for part in parts(expression) if isinstance(part, promql_parser.VectorSelector)]
    assert selected or name == "a number alone"
    for part in selected:
        if part.name not in RECORDED:
            assert part.name in KNOWN, f"{name}: there is no {part.name}"
            asked = {matcher.name for matcher in part.matchers.matchers}
            assert asked <= KNOWN[part.name] | OF_PROMETHEUS
    everywhere = set().union(*KNOWN.values()) | OF_PROMETHEUS
    for part in parts(expression):
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            assert set(part.modifier.labels) <= everywhere, name


def test_the_fast_alert_needs_a_long_and_a_short_window_and_the_objective_is_99_95_percent() -> None:
    alerts = {rule["alert"]: rule["expr"] for group in GROUPS for rule in group["rules"] if "alert" in rule}
    fast, slow = alerts["GatewayBudgetBurnsFast"], alerts["GatewayBudgetBurnsSlowly"]
    assert [window in fast for window in ("rate1h", "rate5m", "rate6h", "rate30m")] == [True] * 4
    assert [window in slow for window in ("rate1d", "rate2h", "rate3d", "rate6h")] == [True] * 4
    assert fast.count("* 0.0005") == slow.count("* 0.0005") == 4


def test_the_dashboard_shows_every_metric_but_for_a_few() -> None:
    """What nobody would miss stands here, so that a new metric is shown or left out on purpose."""
    left_out = {
        *("gateway_guarded_calls", "gateway_replays", "gateway_cache_answers", "gateway_cache_bytes"),
        *("gateway_cache_away", "gateway_tasks", "gateway_room_wait_seconds", "gateway_circuit_transitions"),
    }
    text = json.dumps(DASHBOARD)
    hidden = {metric.name for metric in EVERYTHING if metric.name not in text}
    assert hidden == left_out


def test_panels_lie_beside_each_other_and_are_told_apart() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_gauges_are_not_rated() -> None:
    gauges = {metric.name for metric in EVERYTHING if isinstance(metric, Gauge)}
    for name, text in expressions():
        for part in parts(promql_parser.parse(text)):
            if isinstance(part, promql_parser.Call) and part.func.name in ("rate", "increase"):
                rated = {p.name for p in parts(part) if isinstance(p, promql_parser.VectorSelector)}
                assert not rated & gauges, name


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus brings promtool")
def test_promtool_accepts_the_files_and_alerts_come_when_they_should_and_else_do_not(tmp_path: Path) -> None:
    for file in (*(DEPLOY / "prometheus").glob("*.y*ml"), Path(__file__).with_name("rules_test.yaml")):
        shutil.copy(file, tmp_path)
    (tmp_path / "token").write_text("token")
    configuration = (tmp_path / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(
        configuration.replace("/etc/prometheus/llm-gateway-token", str(tmp_path / "token"))
    )
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "rules_test.yaml"]):
        done = subprocess.run(
            ["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_is_woken_twice_by_one_thing() -> None:
    alerts = [rule["alert"] for group in GROUPS for rule in group["rules"] if "alert" in rule]
    assert len(set(alerts)) == len(alerts)
