"""The demo's tenant, token and console user: made once, kept in demo.json and used again."""

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from launcher.commands import run, run_json
from launcher.configuration import REPOSITORY

CATALOG = REPOSITORY / "fixtures" / "demo" / "catalog.yaml"
TENANT = "alder"
PLAN = "PRO"
ADMIN = "admin@example.com"
DAILY_BUDGET_USD = "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccess:
    """What a person needs to use the running demo; the content of demo.json."""

    base_url: str
    ati_token: str = field(repr=False)
    tenant: str
    admin_user: str
    admin_password: str = field(repr=False)


def ensure_demo_data(state_dir: Path, *, base_url: str) -> DemoAccess:
    """Add what is missing in the database and leave alone what is there."""
    from metering.models import Plan, Tenant

    if not Plan.objects.filter(code=PLAN).exists():
        run("load_catalog", str(CATALOG))
    if not Tenant.objects.filter(slug=TENANT).exists():
        run_json("create_tenant", "--slug", TENANT, "--name", "Alder Research")
    if not has_own_budget():
        run_json(
            *("set_budget", "--tenant", TENANT, "--dimension", "cost", "--window", "day"),
            *("--amount", DAILY_BUDGET_USD),
        )
    known = load(state_dir)
    access = DemoAccess(
        base_url=base_url,
        ati_token=known.get("ati_token") or issue_token(),
        tenant=TENANT,
        admin_user=ADMIN,
        admin_password=ensure_admin(known.get("admin_password", "")),
    )
    save(state_dir, access)
    return access


def has_own_budget() -> bool:
    from metering.models import Budget

    return Budget.objects.filter(scope="tenant", tenant__slug=TENANT).exists()


def issue_token() -> str:
    answer = run_json("issue_token", "--tenant", TENANT, "--plan", PLAN, "--name", "demo")
    return str(answer["token"])


def issue_fresh_token(access: DemoAccess) -> DemoAccess:
    """Issues a new token, for when the one of demo.json was revoked or has expired."""
    return replace(access, ati_token=issue_token())


def ensure_admin(password: str) -> str:
    """A super admin for the console whose password is the one returned."""
    from django.contrib.auth import get_user_model

    manager = get_user_model().objects
    user = manager.filter(email=ADMIN).first()
    if user is not None and password and user.check_password(password):
        return password
    password = secrets.token_urlsafe(12)
    if user is None:
        manager.create_superuser(ADMIN, password)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


def load(state_dir: Path) -> dict[str, str]:
    try:
        return dict(json.loads((state_dir / "demo.json").read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def save(state_dir: Path, access: DemoAccess) -> None:
    partial = state_dir / "demo.partial"
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(access), indent=2) + "\n")
    partial.replace(state_dir / "demo.json")
