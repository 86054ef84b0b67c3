"""Who opens the pages, and whose usage there is."""

from django.test import Client
from django.utils.timezone import now

from metering.models import Team, Tenant, User

TENANTS, USERS_EACH, TEAMS_EACH = 50, 40, 5
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")


def people() -> dict[str, Client]:
    """Signed-in browsers: of a super admin, and of an administrator of the largest tenant."""
    tenants = [
        Tenant.objects.create(
            slug=f"tenant-{number}", name=f"Tenant {number}", timezone=ZONES[number % len(ZONES)]
        )
        for number in range(TENANTS)
    ]
    for tenant in tenants:
        Team.objects.bulk_create(
            Team(tenant=tenant, slug=f"team-{number}", name=f"Team {number}") for number in range(TEAMS_EACH)
        )
        User.objects.bulk_create(
            User(email=f"user-{number}@{tenant.slug}.example", tenant=tenant, password="!", date_joined=now())
            for number in range(USERS_EACH)
        )
    operator = User.objects.create_superuser("operator@example.com", "a long word 1234")
    admin = User.objects.create_user(
        "admin@example.com", tenant=tenants[1], role=User.Role.TENANT_ADMIN, is_staff=True
    )
    clients = {}
    for name, user in (("super admin", operator), ("tenant admin", admin)):
        client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        client.force_login(user)
        clients[name] = client
    return clients
