"""The commands of docs/tutorials/, as a reader types them: one tutorial after the other, on one gateway."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from metering.models import ATIToken, Budget, Feature, Invitation, QuotaAlert, UsageLog, User
from tests.e2e.server import running_server
from tests.factories import reference_data
from tests.served import settled_ledger
from tests.support.command_desk import REPOSITORY, command_desk

pytestmark = pytest.mark.slow
TUTORIALS = REPOSITORY / "docs" / "tutorials"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
MARK = "--- next block ---"
OPS = {"OPS_EMAIL": "ops@example.com", "OPS_PASSWORD": "violet-Hammer-9"}


def blocks_of(name: str) -> list[str]:
    return BLOCK.findall((TUTORIALS / f"{name}.md").read_text())


def said(name: str, *, at: str, folder: Path, **environment: str) -> list[str]:
    """What each block of a tutorial prints."""
    script = f"\necho; echo '{MARK}'\n".join(("set -eu -o pipefail", *blocks_of(name)))
    done = subprocess.run(
        ["bash", "-c", script.replace("http://127.0.0.1:8000", at)],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.split(MARK)[1:]


def answers(text: str) -> list[Any]:
    """The JSON values that were printed one after the other, before and after what else was."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := text.find("{", at)) >= 0:
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def test_the_tutorials_lead_from_nothing_to_a_statement_and_from_a_token_to_limits(
    transactional_db: Any, tmp_path: Path
) -> None:
    reference_data()
    Feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own keys"})
    User.objects.create_superuser(OPS["OPS_EMAIL"], OPS["OPS_PASSWORD"])
    with settled_ledger(), running_server() as server, command_desk(tmp_path):
        told = iter(said("operator", at=server.url, folder=tmp_path, **OPS))
        assert "sandbox-small" in next(told)
        next(told)
        assert Invitation.objects.get().email == "ann@cedar.example"
        [first] = answers(next(told))
        assert first["choices"]
        assert "sandbox-small" in next(told)
        codes = [answer.get("error", {}).get("code") for answer in answers(next(told))]
        assert (codes[0], codes[-1]) == (None, "budget_exceeded")
        assert QuotaAlert.objects.exists()
        [alerts] = answers(next(told))
        assert 100 in {alert["threshold"] for alert in alerts["results"]}
        [raised] = answers(next(told))
        assert raised["usage"]["total_tokens"] > 0
        statement = next(told)
        assert "sandbox-small" in statement
        assert UsageLog.objects.count() == codes.count(None) + 2

        Invitation.objects.all().delete()  # in the second tutorial she signs up with a token instead
        ATIToken.objects.update(signups_allowed=2)
        secret = json.loads((tmp_path / "cedar.json").read_text())["token"]["token"]
        told = iter(said("tenant-admin", at=server.url, folder=tmp_path, ATI_TOKEN=secret))
        [me] = answers(next(told))
        assert (me["email"], me["role"]) == ("ann@cedar.example", "TENANT_ADMIN")
        assert answers(next(told))[0]["choices"]
        assert '"bob@cedar.example"' in next(told)
        usage, budgets = answers(next(told))
        assert usage["results"]
        assert budgets["results"]
        [budget] = answers(next(told))
        assert Budget.objects.get(pk=budget["id"]).scope_id == str(
            User.objects.get(email="cleo@cedar.example").pk
        )
        assert answers(next(told))[0]["token"].startswith("ati_")
        [asked] = answers(next(told))
        assert asked["state"] == "open", asked
        connection.close()
