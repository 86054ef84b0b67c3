"""The documented example runs as it is printed, and the bridge and the wiring with it."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from metering.models import UsageLog
from tests.factories import BudgetFactory, make_token, reference_data
from tests.served import serve_model, settled_ledger

EXAMPLE = Path(__file__).parents[3] / "docs/examples/library_use.py"


@pytest.fixture
def example(transactional_db: Any) -> Iterator[Any]:
    reference_data()
    serve_model()
    spec = importlib.util.spec_from_file_location("library_use", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with settled_ledger():
        yield module


def test_the_example_calls_and_streams(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert example.main(make_token().secret) == 0
    said = capsys.readouterr().out
    assert '"system_fingerprint":"sandbox"' in said
    assert "sandbox-small cost $0.0000" in said
    assert "chat.completion.chunk" in said
    assert UsageLog.objects.filter(conversation_id="library-example", outcome="ok").count() == 2


def test_the_example_says_which_budget_is_full(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    BudgetFactory(dimension="requests", amount=1)
    assert example.main(make_token().secret) == 1
    assert "tenant requests/day" in capsys.readouterr().err
    assert UsageLog.objects.count() == 1


def test_the_example_says_what_is_wrong_with_a_token(
    example: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example.main("ati_nonsense") == 1
    assert "invalid_credential" in capsys.readouterr().err


def test_the_example_runs_in_a_project_of_ones_own(example: Any, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").touch()
    (shop / "urls.py").write_text("urlpatterns = []")
    documented = (EXAMPLE.parents[1] / "library.md").read_text()
    (shop / "settings.py").write_text(documented.partition("# shop/settings.py\n")[2].partition("```")[0])
    own = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(tmp_path)}
    servers = {"DATABASE_URL": settings.LEDGER_DATABASE_URL, "REDIS_URL": settings.REDIS_URL}
    ended = subprocess.run(
        [sys.executable, str(EXAMPLE), make_token().secret],
        env=os.environ | servers | own | {"TOKEN_PEPPER": settings.TOKEN_PEPPER},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "sandbox-small cost $0.0000" in ended.stdout
