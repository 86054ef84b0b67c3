"""How keys and tokens of known vendors look: their beginning, the characters of the rest, and how many there are."""

import re
from dataclasses import dataclass

_ANY = "A-Za-z0-9_-"
_ALNUM = "A-Za-z0-9"
_HEX = "0-9a-f"


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The form that one vendor's keys have."""

    begins: str
    rest: str
    """The characters that may follow, as a class of a pattern has them."""
    low: int
    high: int

    def rest_of(self, written: str) -> str:
        """As much of what follows the beginning as is written in the form's characters."""
        found = re.compile(f"[{self.rest}]*").match(written, len(self.begins))
        return found.group().rstrip(".") if found is not None else ""


FORMS = (
    KeyForm("ati_", _ANY, 41, 95),  # the gateway's own
    KeyForm("sk-ant-", _ANY, 32, 200),  # Anthropic
    KeyForm("sk-proj-", _ANY, 32, 200),  # OpenAI
    KeyForm("sk-svcacct-", _ANY, 32, 200),  # OpenAI
    KeyForm("sk-admin-", _ANY, 32, 200),  # OpenAI
    KeyForm("sk-or-v1-", _HEX, 64, 64),  # OpenRouter
    KeyForm("sk-", _ALNUM, 32, 64),  # OpenAI, DeepSeek and others
    KeyForm("gsk_", _ALNUM, 48, 60),  # Groq
    KeyForm("xai-", _ALNUM, 60, 100),  # xAI
    KeyForm("pplx-", _ALNUM, 40, 64),  # Perplexity
    KeyForm("r8_", _ALNUM, 36, 40),  # Replicate
    KeyForm("hf_", _ALNUM, 30, 40),  # Hugging Face
    KeyForm("nvapi-", _ANY, 48, 80),  # Nvidia
    KeyForm("AIza", _ANY, 35, 35),  # Google
    KeyForm("GOCSPX-", _ANY, 28, 28),  # Google OAuth
    KeyForm("ya29.", _ANY, 30, 250),  # Google OAuth
    KeyForm("AKIA", "A-Z0-9", 16, 16),  # AWS
    KeyForm("ASIA", "A-Z0-9", 16, 16),  # AWS
    KeyForm("ghp_", _ALNUM, 36, 36),  # GitHub
    KeyForm("gho_", _ALNUM, 36, 36),
    KeyForm("ghu_", _ALNUM, 36, 36),
    KeyForm("ghs_", _ALNUM, 36, 36),
    KeyForm("ghr_", _ALNUM, 36, 76),
    KeyForm("github_pat_", "A-Za-z0-9_", 60, 90),
    KeyForm("glpat-", _ANY, 20, 40),  # GitLab
    KeyForm("xoxb-", _ANY, 24, 120),  # Slack
    KeyForm("xoxp-", _ANY, 24, 120),
    KeyForm("xoxa-", _ANY, 24, 120),
    KeyForm("xoxs-", _ANY, 24, 120),
    KeyForm("xapp-", _ANY, 24, 150),
    KeyForm("sk_live_", _ALNUM, 20, 128),  # Stripe
    KeyForm("sk_test_", _ALNUM, 20, 128),
    KeyForm("rk_live_", _ALNUM, 20, 128),
    KeyForm("rk_test_", _ALNUM, 20, 128),
    KeyForm("whsec_", "A-Za-z0-9+/=", 24, 80),  # Stripe, Standard Webhooks
    KeyForm("SG.", "A-Za-z0-9_.-", 60, 70),  # SendGrid
    KeyForm("npm_", _ALNUM, 36, 36),
    KeyForm("pypi-", _ANY, 80, 250),
    KeyForm("dapi", _HEX, 32, 34),  # Databricks
    KeyForm("dop_v1_", _HEX, 64, 64),  # DigitalOcean
    KeyForm("shpat_", "A-Fa-f0-9", 32, 32),  # Shopify
    KeyForm("shpss_", "A-Fa-f0-9", 32, 32),
    KeyForm("sq0atp-", _ANY, 22, 22),  # Square
    KeyForm("sq0csp-", _ANY, 43, 43),
    KeyForm("hvs.", _ANY, 24, 250),  # Vault
    KeyForm("lin_api_", _ALNUM, 32, 48),  # Linear
    KeyForm("ntn_", _ALNUM, 40, 50),  # Notion
    KeyForm("figd_", _ANY, 36, 48),  # Figma
    KeyForm("glsa_", "A-Za-z0-9_", 36, 48),  # Grafana
    KeyForm("NRAK-", "A-Z0-9", 27, 27),  # New Relic
    KeyForm("PMAK-", "A-Fa-f0-9-", 50, 64),  # Postman
    KeyForm("ATATT3x", "A-Za-z0-9_=-", 60, 250),  # Atlassian
    KeyForm("key-", _HEX, 32, 32),  # Mailgun
    KeyForm("SK", _HEX, 32, 32),  # Twilio
    KeyForm("AC", _HEX, 32, 32),  # Twilio
    KeyForm("eyJ", _ANY, 10, 400),  # a JSON web token; `key.py` looks at its parts
)
"""A longer beginning stands before a shorter one that it begins with."""
