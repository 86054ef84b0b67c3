"""Which of our models a vendor means by a name: vendors put dates, paths and spaces into names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from metering.models import LLMModel

_DATE = re.compile(r"[-@_ ](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{6})$")
"""Of a snapshot, such as `gpt-4o-2024-08-06` or `claude-3-5-sonnet-20241022`."""
_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNames:
    """What a provider's models are called by the vendor: a cell of a comparison has the vendor's own name."""

    physical_of: Mapping[str, str]
    """Our name → the vendor's."""
    _known: dict[str, str] = field(default_factory=dict)
    """Any name, without what is no letter or digit → the vendor's."""

    def learn(self, response_model: str, request_model: str) -> None:
        """An answer named itself `response_model` when `request_model` was asked for."""
        if response_model:
            self._known.setdefault(_plain(response_model), self.of_ours(request_model))

    def of_ours(self, name: str) -> str:
        """What the vendor calls a model of our catalog; one that has left it keeps our name."""
        return self.physical_of.get(name, name)

    def of_vendors(self, name: str) -> str | None:
        """The vendor's usual name of what a report calls `name`; None: no model of ours."""
        for tried in (name, _DATE.sub("", name)):
            if (found := self._known.get(_plain(tried))) is not None:
                return found
        return None


def names_of(provider: str) -> ModelNames:
    """Return the names of the models that the provider has in the catalog, active or not."""
    rows = list(LLMModel.objects.filter(provider_id=provider).values_list("name", "physical_name"))
    known: dict[str, str] = {}
    for name, physical in rows:
        for each in (physical, physical.rpartition("/")[2], _DATE.sub("", physical), name):
            known.setdefault(_plain(each), physical)
    return ModelNames(physical_of=dict(rows), _known=known)


def _plain(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())
