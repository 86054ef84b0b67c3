"""`script/test [pytest arguments]`: every check and every test, on servers of its own that are gone afterwards.

The checks and several runs of pytest are under way at the same time, each run with servers of its own: what waits in
one leaves the processor to the others. With arguments, pytest alone runs with these. The last lines are pytest's own
summaries.
"""

import os
import subprocess
import sys

from gateway_project import env
from launcher.check import report, run_checks, run_python, temporary_state
from launcher.configuration import REPOSITORY, load_state_dir
from launcher.pytest_run import PytestRun, stop
from launcher.signals import Stopped
from launcher.stack import prepare_state_dir, running_stack

# Coverage, in percent, below which the run fails.
FLOORS = {"metering": ("metering/*", 90), "the whole": ("*", 80)}
APART = {
    "pytest of tasks, calls and searches": (
        "tests/e2e/test_console_is_open_to_all.py",
        "tests/faults/routing",
        "tests/faults/tasks",
        "tests/faults/test_killed_writers.py",
        "tests/integration/admin_console/test_every_page.py",
        "tests/integration/gateway_project/api/test_ceiling.py",
        "tests/integration/gateway_project/api/test_lockout.py",
        "tests/integration/gateway_project/api/test_usage_export.py",
        "tests/integration/gateway_project/test_usage_export.py",
        "tests/integration/metering/alerts/endpoints/test_killed_workers.py",
        "tests/integration/metering/gateway",
        "tests/integration/metering/ledger/test_literals.py",
        "tests/integration/metering/ledger/test_memory.py",
        "tests/integration/metering/ledger/test_properties.py",
        "tests/integration/metering/ledger/test_reports_equal_the_ledger.py",
        "tests/integration/metering/ledger/test_verify_ledger.py",
        "tests/integration/metering/simulation/test_budget_pass.py",
        "tests/integration/providers/test_fault_matrix.py",
        "tests/unit/adapters/drafting/claims",
        "tests/unit/adapters/drafting/test_context.py",
        "tests/unit/adapters/drafting/test_whole_drafts.py",
        "tests/unit/metering/policy/test_precedence.py",
        "tests/unit/metering/test_base_url.py",
        "tests/unit/metering/test_memory_of_callers.py",
        "tests/unit/metering/test_snapshots.py",
        "tests/unit/providers",
    ),
    "pytest of faults and scripts": (
        "tests/faults",
        "--ignore=tests/faults/routing",
        "--ignore=tests/faults/tasks",
        "--ignore=tests/faults/test_killed_writers.py",
        "tests/e2e/console",
        "tests/integration/adapters/prior_art/test_task.py",
        "tests/integration/admin_console/test_simulator.py",
        "tests/integration/admin_console/test_traits.py",
        "tests/integration/admin_console/test_usage_marks.py",
        "tests/integration/gateway_project/api/test_catalog.py",
        "tests/integration/gateway_project/api/test_people.py",
        "tests/integration/gateway_project/api/test_schema.py",
        "tests/integration/gateway_project/api/test_unknown_fields.py",
        "tests/integration/gateway_project/oidc/test_flow.py",
        "tests/integration/gateway_project/vendor_catalogs",
        "tests/integration/launcher",
        "tests/integration/metering/activity/test_search.py",
        "tests/integration/metering/alerts/test_vendor_alerts.py",
        "tests/integration/metering/ledger/test_marks.py",
        "tests/integration/metering/ledger/test_plans.py",
        "tests/integration/metering/ledger/test_state_table.py",
        "tests/integration/metering/policy/test_source.py",
        "tests/integration/metering/rollups/test_reports_equal_the_summary.py",
        "tests/integration/metering/usage/test_budget_status.py",
        "tests/integration/metering/usage/test_busy_world.py",
        "tests/integration/providers/test_contract.py",
        "tests/integration/providers/test_through_the_gateway.py",
        "tests/integration/providers/test_translated_through_the_gateway.py",
        "tests/integration/test_demo.py",
        "tests/integration/test_front.py",
        "tests/integration/test_parts_alone.py",
        "tests/integration/test_runtime_set.py",
        "tests/unit/adapters/diagram/test_adapter.py",
        "tests/unit/adapters/drafting/test_forms.py",
        "tests/unit/adapters/drafting/test_resume.py",
        "tests/unit/adapters/drafting/test_text_reader.py",
        "tests/unit/adapters/prior_art",
        "tests/unit/metering/policy/test_scopes_of_keys.py",
        "tests/unit/test_no_import_circles.py",
        "tests/unit/test_requirements.py",
    ),
    "pytest from end to end": (
        "tests/e2e",
        "--ignore=tests/e2e/console",
        "--ignore=tests/e2e/test_console_is_open_to_all.py",
        "tests/integration/admin_console/budgets",
        "tests/integration/admin_console/search",
        "tests/integration/admin_console/test_access.py",
        "tests/integration/admin_console/test_alert_pages.py",
        "tests/integration/admin_console/test_changes.py",
        "tests/integration/admin_console/test_lists.py",
        "tests/integration/admin_console/test_narrowing.py",
        "tests/integration/admin_console/test_own_pages_of_a_tenant.py",
        "tests/integration/admin_console/test_people.py",
        "tests/integration/admin_console/test_people_words.py",
        "tests/integration/admin_console/test_policy_forms.py",
        "tests/integration/admin_console/test_prices_and_vendors.py",
        "tests/integration/admin_console/test_queries.py",
        "tests/integration/admin_console/test_sentences.py",
        "tests/integration/admin_console/test_tenants_list.py",
        "tests/integration/admin_console/test_token_pages.py",
        "tests/integration/admin_console/test_twin_rows.py",
        "tests/tenancy",
    ),
}
"""Not measured, since measuring doubles a run's processor time, and what remains reaches the floors by itself.

What belongs here takes long for the lines that it alone comes to: it repeats, searches, or starts processes. Of what
works in other processes alone, which is not measured anyway, some stays with the rest, so that all end at one time.
"""
MEASURED = "pytest"
URLS = ("DATABASE_URL", "REDIS_URL")


def main(arguments: list[str]) -> int:
    load_state_dir()
    with temporary_state() as folder, running_stack(prepare_state_dir(folder), for_tests=True) as stack:
        apart = None if any(map(env.text, URLS)) else dict(os.environ)
        os.environ.update(stack.environment())
        if arguments:
            return run_alone(arguments)
        failed, summaries = run_everything(apart)
    status = report(failed)
    print("\n".join(summaries))
    return status


def run_everything(apart: dict[str, str] | None) -> tuple[list[str], list[str]]:
    """Runs everything and returns what failed and the last line of each pytest.

    Without an environment in which they find servers of their own, the runs have to take turns.
    """
    runs: dict[str, PytestRun] = {}
    try:
        if apart is not None:
            for name in (*APART, MEASURED):
                runs[name] = begun(name, apart)
        failed = run_checks()
        if not run_python("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]):
            failed.append("migrations")
        summaries = []
        for name in (*APART, MEASURED):
            if name not in runs:
                runs[name] = begun(name, dict(os.environ))
            print(f"--- {name}", flush=True)
            status, summary = runs[name].show()
            summaries.append(summary)
            failed += [name] if status else []
    finally:
        stop(run.child for run in runs.values())
    return failed + [f"coverage of {name}" for name in FLOORS if not has_coverage(name)], summaries


def begun(name: str, environment: dict[str, str]) -> PytestRun:
    if name != MEASURED:
        return PytestRun(APART[name], environment=environment)
    ignored = [f"--ignore={path}" for paths in APART.values() for path in paths if path.startswith("tests/")]
    # Coverage runs pytest, not the other way round: what plugins import early is counted too.
    return PytestRun(ignored, under=("-m", "coverage", "run"), environment=dict(os.environ))


def run_alone(arguments: list[str]) -> int:
    """Runs pytest with the caller's arguments at the caller's terminal."""
    command = [sys.executable, "-u", "-m", "pytest", *arguments]
    child = subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True)
    try:
        return child.wait()
    except Stopped:
        stop([child])
        raise


def has_coverage(name: str) -> bool:
    """`python -m coverage report` shows afterwards which lines are missing."""
    pattern, floor = FLOORS[name]
    options = ["--format=total", f"--include={pattern}", f"--fail-under={floor}"]
    return run_python(
        f"coverage of {name} in percent, {floor} wanted", ["-m", "coverage", "report", *options]
    )
