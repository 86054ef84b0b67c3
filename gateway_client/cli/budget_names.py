"""What budgets are called, and whose they are, in a person's words."""

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
        kind, id_ = row["subject_type"] or row["scope"], row["subject_id"] or row["scope_id"]
        if kind == "tenant" and row["tenant"]:
            return clean(f"tenant {row['tenant']}")
        return clean(f"{kind} {self.by_id.get(id_, id_[:SHORT])}")


def names_for(api: "GatewayApi", wanted: bool) -> Names:
    """Asks who the caller is, and which teams and people there are to see; nothing where names are not wanted."""
    if not wanted:
        return Names()
    me = api.me()
    known = {str(me["user_id"]): "you"}
    try:
        teams = islice(api.pages("/api/teams", PAGE), MOST)
        known |= {team["id"]: team["slug"] for team in teams}
        if me["role"] != "MEMBER":
            users = islice(api.pages("/api/users", PAGE), MOST)
            known = {user["id"]: user["email"] for user in users} | known
    except NotPermittedError:
        pass  # ids are shown as they are
    return Names(by_id=known)
