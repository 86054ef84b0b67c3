"""What budgets are called, and whose they are, in a person's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from gateway_client.cli.clean import clean
from gateway_client.errors import NotPermittedError

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

Row = Mapping[str, Any]
DIMENSIONS = {
    "concurrency": "calls at once",
    "cost": "cost",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "api_calls": "API calls",
}
PAGE = {"limit": 200}
MOST = 1_000
"""Names of teams, and of people, that are asked for."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHORT = 8
"""Characters of an id that nobody has named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The people and teams whose names are known, by their ids."""

    by_id: Mapping[str, str] = field(default_factory=dict)

    def budget(self, row: Row) -> str:
        """`cost per day`; `calls at once`; with its task and class where it has them."""
        dimension = DIMENSIONS.get(row["dimension"], row["dimension"].replace("_", " "))
        name = dimension if row["window"] in ("", "none", None) else f"{dimension} per {row['window']}"
        if row["window"] == "total":
            name = f"{dimension} in total"
        parts = [name, row["task"], row["model_class"], None if row["hard"] else "soft"]
        return clean(", ".join(filter(None, parts)))

    def scope(self, row: Row) -> str:
        """`team patents`, `user you`: whose use it counts."""
        if row["subject_type"] and not row["subject_id"]:  # all calls of those who have none share one meter
            return clean(f"without a {row['subject_type']}")
        kind, id_ = row["subject_type"] or row["scope"], row["subject_id"] or row["scope_id"]
        if kind == "tenant" and row["tenant"]:
            return clean(f"tenant {row['tenant']}")
        return clean(f"{kind} {self.by_id.get(id_, _shown(id_))}")


def _shown(id_: str) -> str:
    """The beginning of an id that was made here; what people have named (tags, agents, plans) as it is."""
    return id_[:SHORT] if _ID.fullmatch(id_) else id_


def names_for(api: "GatewayApi", wanted: bool) -> Names:
    """Asks who the caller is, and which teams and people there are to see; nothing where names are not wanted."""
    if not wanted:
        return Names()
    me = api.me()
    # A token that belongs to nobody counts as one user.
    known = {str(me["user_id"]): "you", str(me["ati_id"]): "this token"}
    try:
        teams = islice(api.pages("/api/teams", PAGE), MOST)
        known |= {team["id"]: team["slug"] for team in teams}
        if me["role"] != "MEMBER":
            users = islice(api.pages("/api/users", PAGE), MOST)
            known = {user["id"]: user["email"] for user in users} | known
    except NotPermittedError:
        pass  # ids are shown as they are
    return Names(by_id=known)
