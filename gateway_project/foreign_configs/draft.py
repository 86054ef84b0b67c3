"""Our document as it grows out of a foreign file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway_project.foreign_configs.endpoints import Endpoint
from gateway_project.foreign_configs.reader import WHOLE_FILE, ForeignReader, Notes

Fields = dict[str, Any]
SECTIONS = ("providers", "models", "rules", "budgets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of a foreign file: our document, and sentences about what is different in it, by line."""

    format: str
    document: Fields
    notes: tuple[str, ...]


class Draft:
    """Collects what a file says. Names of models are given once, whatever their case."""

    def __init__(self, notes: Notes, at: datetime) -> None:
        self.notes = notes
        self.at = at
        """Prices are those of this moment."""
        self.providers: dict[str, Fields] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.models: dict[str, Fields] = {}
        self.rules: list[Fields] = []
        self.budgets: list[Fields] = []
        self._shipped_aliases: dict[str, tuple[str, ...]] = {}
        self.model_at: dict[str, ForeignReader] = {}
        self.alias_at: dict[tuple[str, str], ForeignReader] = {}
        """A model and an alias of it → where the file names them."""
        self._names: set[str] = set()

    def add_provider(self, name: str, of: Endpoint, key_variable: str) -> None:
        self.providers[name] = of.provider(key_variable)
        self.endpoints[name] = of

    def add_model(
        self, name: str, fields: Fields, at: ForeignReader, *, shipped_aliases: tuple[str, ...] = ()
    ) -> str:
        """The name under which it was added: with its provider's before it where the name is taken."""
        if name.casefold() in self._names:
            name = f"{fields['provider']}/{name}"
        if name.casefold() in self._names:
            at.problem(f"there is a model {name!r} already")
        self._names.add(name.casefold())
        self.models[name], self.model_at[name] = fields, at
        self._shipped_aliases[name] = shipped_aliases
        return name

    def add_alias(self, model: str, alias: str, at: ForeignReader) -> None:
        if alias != model and alias not in self.models[model].get("aliases", ()):
            self.models[model].setdefault("aliases", []).append(alias)
            self.alias_at[model, alias] = at

    def conversion(self, form: str) -> Conversion:
        """What there is now. Aliases of shipped catalogs give way to names that the file itself gives."""
        own = {alias for fields in self.models.values() for alias in fields.get("aliases", ())}
        for name, aliases in self._shipped_aliases.items():
            for alias in aliases:
                if alias not in own and alias.casefold() not in self._names:
                    self.add_alias(name, alias, self.model_at[name])
        self._tell_classes()
        sections = {name: getattr(self, name) for name in SECTIONS}
        document = {name: content for name, content in sections.items() if content}
        return Conversion(format=form, document=document, notes=self.notes.in_order())

    def _tell_classes(self) -> None:
        classes = sorted({fields["class"] for fields in self.models.values()})
        if classes:
            self.notes.add(
                WHOLE_FILE,
                f"the models are of the classes {', '.join(classes)}. Those may call them whose plan allows the class "
                "for their task; no plan was changed.",
            )
        for name in self._unpriced():
            self.notes.add(
                WHOLE_FILE,
                f"nobody knows what {name} costs. It stays without a price, which is not free: it can be called only "
                f"where no hard budget of tokens or cost applies{self._and_one_does()}.",
            )

    def _unpriced(self) -> Iterator[str]:
        return (name for name, fields in self.models.items() if "price" not in fields)

    def _and_one_does(self) -> str:
        return ", and this file has one for everybody" if self.budgets else ""
