"""Django settings. Every value that differs between machines comes from the environment (see .env.example)."""

import contextlib
import json
from pathlib import Path

from admin_console.theme import UNFOLD  # noqa: F401
from gateway_project import env, logs
from gateway_project.api.configuration import *  # noqa: F403
from gateway_project.database_url import django_database, read_database_url, reporting_database
from gateway_project.dotenv import read_dotenv
from gateway_project.oidc.environment import read_oidc
from gateway_project.public_url import host_of, read_public_url
from gateway_project.secrets import encryption_keys, read_secrets, signing_keys

BASE_DIR = Path(__file__).resolve().parent.parent
read_dotenv(BASE_DIR / ".env")
GATEWAY_STATE_DIR = Path(env.text("GATEWAY_STATE_DIR", str(BASE_DIR / ".state"))).absolute()

_secrets = read_secrets(GATEWAY_STATE_DIR)
SECRET_KEY = _secrets["SECRET_KEY"]
# The first key signs; all of them verify, so a new key is put in front to rotate.
JWT_SIGNING_KEYS = signing_keys(_secrets["JWT_SIGNING_KEY"])
TOKEN_PEPPER = _secrets["TOKEN_PEPPER"]
# The first key encrypts; all of them decrypt, so a new key is put in front to rotate.
FIELD_ENCRYPTION_KEYS = encryption_keys(_secrets["FIELD_ENCRYPTION_KEYS"])
METRICS_TOKEN = env.text("METRICS_TOKEN")  # without one there is no /metrics, unless DEBUG
LLM_PROXY_SECRETS = env.names("LLM_PROXY_SECRET", [])
INTERNAL_TENANT = env.text("INTERNAL_TENANT")

# The launchers and manage.py start embedded servers and pass on their URLs; anything else that is started
# beside them (an IDE, a REPL) finds them in services.json.
_services: dict[str, str] = {}
with contextlib.suppress(OSError, ValueError):
    _services = json.loads((GATEWAY_STATE_DIR / "services.json").read_text(encoding="utf-8"))

DATABASE_URL = read_database_url(
    "DATABASE_URL", _services.get("database_url", "postgresql://postgres@127.0.0.1:5432/gateway")
)
DATABASES = {
    "default": {
        **django_database("DATABASE_URL", DATABASE_URL),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
# The ledger and the listener hold psycopg connections outside the ORM. It is the same database: where DATABASE_URL
# leads through a pooler in transaction mode, this one goes around it.
LEDGER_DATABASE_URL = read_database_url("LEDGER_DATABASE_URL", DATABASE_URL)
# Reports and statistics are read there, if it is another one: a standby that follows (docs/failover.md).
REPORTING_DATABASE_URL = read_database_url("REPORTING_DATABASE_URL", DATABASE_URL)
if REPORTING_DATABASE_URL != DATABASE_URL:
    DATABASES["reporting"] = {
        **reporting_database("REPORTING_DATABASE_URL", REPORTING_DATABASE_URL),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }
REDIS_URL = env.url(
    "REDIS_URL",
    _services.get("redis_url", "redis://127.0.0.1:6379/0"),
    schemes=("redis", "rediss", "unix"),
)

RESERVATION_LEASE_S = env.integer("RESERVATION_LEASE_S", 60, low=1, high=86_400)
SWEEP_INTERVAL_S = env.integer("SWEEP_INTERVAL_S", 10, low=1, high=3_600)
JOB_LEASE_S = env.integer("JOB_LEASE_S", 30, low=3, high=3_600)

# Requests that one process answers at once; more get 503 `overloaded` at once. The server accepts about twice
# as many connections, so that there is somebody to say so.
MAX_CONCURRENT_REQUESTS = env.integer("MAX_CONCURRENT_REQUESTS", 2_000, low=1, high=4_000)
# Memory of one process for bodies, in MiB; more get 503 `overloaded`. A vision workload may want more of it.
BODY_MEMORY_MIB = env.integer("BODY_MEMORY_MIB", 96, low=32, high=65_536)
# How long Redis may take to answer for the rate limits before each process decides by itself.
RATE_LIMIT_TIMEOUT_S = env.number("RATE_LIMIT_TIMEOUT_S", 0.25, low=0.01, high=10)
# What decides between models that could serve a call, by weight (docs/routing.md).
ROUTING_COST_WEIGHT = env.integer("ROUTING_COST_WEIGHT", 10_000, low=0, high=1_000_000)
ROUTING_PERFORMANCE_WEIGHT = env.integer("ROUTING_PERFORMANCE_WEIGHT", 100, low=0, high=1_000_000)
ROUTING_AVAILABILITY_WEIGHT = env.integer("ROUTING_AVAILABILITY_WEIGHT", 1, low=0, high=1_000_000)
ANSWER_CACHE_TIMEOUT_S = env.number("ANSWER_CACHE_TIMEOUT_S", 0.02, low=0.001, high=10)
# In what is kept of calls, names and places are looked for too: docs/content.md.
CONTENT_PRESIDIO_LANGUAGE = env.text("CONTENT_PRESIDIO_LANGUAGE")
# Where the workers of one server exchange what they count; the launcher makes one for each server.
METRICS_DIR = Path(_folder) if (_folder := env.text("GATEWAY_METRICS_DIR")) else None

# What the ledger could not be told while PostgreSQL was away (docs/spool.md): on a disk that outlives the process.
SPOOL_DIR = Path(env.text("SPOOL_DIR", str(GATEWAY_STATE_DIR / "spool"))).absolute()

# How check_providers asks them; metering itself knows no vendor.
PROVIDER_PROBE = "gateway_project.probe.probe_providers"
KEY_PROBE = "gateway_project.probe.probe_key"
# How the console compares stored prices with the maintained list and enters them.
PRICE_LIST = "gateway_project.vendor_catalogs.enter_prices.enter_prices"
PRICE_LIST_VERSION = "gateway_project.vendor_catalogs.price_list.list_version"
OPENALEX_BASE_URL = env.url("OPENALEX_BASE_URL", "https://api.openalex.org", schemes=("https", "http"))
OPENALEX_API_KEY = env.text("OPENALEX_API_KEY")
USPTO_ODP_BASE_URL = env.url("USPTO_ODP_BASE_URL", "https://api.uspto.gov", schemes=("https", "http"))
USPTO_ODP_API_KEY = env.text("USPTO_ODP_API_KEY")
PATENTSVIEW_BASE_URL = env.url(
    "PATENTSVIEW_BASE_URL", "", schemes=("https", "http")
)  # without one it is no source
PATENTSVIEW_API_KEY = env.text("PATENTSVIEW_API_KEY")
# Billing systems that usage is exported to (docs/billing.md); each is there where its first variable is set.
OPENMETER_BASE_URL = env.url("OPENMETER_BASE_URL", "", schemes=("https", "http"))
OPENMETER_API_KEY = env.text("OPENMETER_API_KEY")
STRIPE_API_KEY = env.text("STRIPE_API_KEY")
STRIPE_BASE_URL = env.url("STRIPE_BASE_URL", "https://api.stripe.com", schemes=("https", "http"))
STRIPE_METER_EVENT = env.text("STRIPE_METER_EVENT", "llm_cost_nano_usd")
USAGE_EXPORT_DIR = env.text("USAGE_EXPORT_DIR")
# How the console asks which targets there are, and which are set up.
EXPORT_TARGETS = "gateway_project.billing.targets.NEEDS"
IS_EXPORT_SET_UP = "gateway_project.billing.targets.is_set_up"

DEBUG = env.boolean("DEBUG", False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
# Where people and applications reach the gateway. With https a proxy ends TLS in front (front/behind_tls.py).
PUBLIC_URL = read_public_url("PUBLIC_URL")
if PUBLIC_URL:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, host_of(PUBLIC_URL)]
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if PUBLIC_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Browsers take these from this very host and by https only.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
# How the console asks whether somebody is where the own ATI token works; it knows no proxies.
NETWORK_CHECK = "gateway_project.http.request_headers.check_sender"
# How the console counts sign-ups that are refused, as the API does.
SIGN_UPS_COUNTED = "gateway_project.lockout.sign_ups_counted"
# The same of anything else that is tried under a name.
ATTEMPTS_COUNTED = "gateway_project.lockout.attempts_counted"
ROOT_URLCONF = "gateway_project.urls"
ASGI_APPLICATION = "gateway_project.asgi.application"

INSTALLED_APPS = [
    "admin_console",  # before the theme, some of whose templates it replaces
    "unfold",  # before django.contrib.admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "metering",
    "gateway_project",  # its commands
]

CSRF_FAILURE_VIEW = "gateway_project.http.django_refusals.csrf_failed"

MIDDLEWARE = [
    "gateway_project.http.django_request_id.request_id_middleware",
    "django.middleware.security.SecurityMiddleware",
    "gateway_project.http.content_policy.content_policy_middleware",
    "gateway_project.http.django_nul.nul_middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "gateway_project.http.django_overloaded.OverloadedMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "metering.User"
LOGIN_REDIRECT_URL = "/admin/"  # for who opens the login page itself
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["metering.identity.people.hashing.BoundedPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
        "metering.identity.people.password.MaximumLengthValidator",
    )
]
# Of a body of the API or a form, in bytes. What the wire protocols read has its own bound (http/body.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["admin_console.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from the installed packages: no collectstatic, no CDN

# Signing in at an identity provider; without OIDC_ISSUER there is none (docs/identity.md).
_oidc = read_oidc()
OIDC_ISSUER = _oidc["OIDC_ISSUER"]
OIDC_CLIENT_ID = _oidc["OIDC_CLIENT_ID"]
OIDC_CLIENT_SECRET = _oidc["OIDC_CLIENT_SECRET"]
OIDC_SCOPES = _oidc["OIDC_SCOPES"]
OIDC_GROUPS_CLAIM = _oidc["OIDC_GROUPS_CLAIM"]
OIDC_NAME = _oidc["OIDC_NAME"]

LOGGING = logs.logging_at(env.choice("LOG_LEVEL", logs.DEFAULT_LEVEL, logs.LEVELS))
logs.configure_structlog()

globals().update(env.email("EMAIL_URL", env.text("EMAIL_URL")))
EMAIL_TIMEOUT = 20
# The page where people choose another password, the console's or an application's; `?token=...` is added. Without
# any the mail has the token.
PASSWORD_RESET_URL = env.url(
    "PASSWORD_RESET_URL",
    f"{PUBLIC_URL}/admin/password/reset/" if PUBLIC_URL else "",
    schemes=("https", "http"),
)
# The page where invited people choose a password, as above.
INVITATION_URL = env.url(
    "INVITATION_URL",
    f"{PUBLIC_URL}/admin/invitation/" if PUBLIC_URL else "",
    schemes=("https", "http"),
)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "llm-gateway@localhost")
ALERT_INTERVAL_S = env.integer("ALERT_INTERVAL_S", 10, low=1, high=3_600)
# The first wait after a mail did not get through; it doubles each time, up to an hour.
ALERT_RETRY_S = env.number("ALERT_RETRY_S", 30, low=0.01, high=3_600)
# Mails about alerts and notices that one tenant causes within an hour; what is beyond is in the console alone.
TENANT_MAILS_PER_HOUR = env.integer("TENANT_MAILS_PER_HOUR", 1_000, low=1, high=1_000_000)
# Networks of one's own that webhooks may reach, also without TLS and on any port; else the public internet alone.
WEBHOOK_PRIVATE_NETWORKS = env.networks("WEBHOOK_PRIVATE_NETWORKS")
# How events reach addresses that tenants choose; metering itself knows no HTTP.
WEBHOOK_SENDER = "gateway_project.webhooks.send.send"
