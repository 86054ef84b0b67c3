"""The real claims: what the package patentbench has of five published US applications, put together again.

It ships 133 pieces; a claim of several paragraphs is several of them. Together they are 82 claims.
"""

import json
import re
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path

FILE = "share/patentbench/data/real_oa/specifications.jsonl"
LABELS = Path(__file__).with_name("labels.json")
_NUMBER = re.compile(r"^(?:What is claimed is: )?(\d+) \. ")
_CANCELED = re.compile(r"^1 - (\d+) \. \(canceled\)$")
_REFERENCE = re.compile(r"\bclaim (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSet:
    """The claims of one application, by number, with its description and abstract."""

    application: str
    claims: dict[int, str]
    description: str
    abstract: str
    canceled: int = 0
    """So many claims at the beginning were canceled."""

    def text(self) -> str:
        """All claims as one text, as an applicant sends it."""
        head = [f"1-{self.canceled}. (canceled)"] if self.canceled else []
        return "\n".join([*head, *(f"{number}. {text}" for number, text in self.claims.items())])

    def parent(self, number: int) -> int | None:
        """The claim that this one names first; none of them names several."""
        match = _REFERENCE.search(self.claims[number])
        return int(match[1]) if match else None

    def ancestors(self, number: int) -> list[int]:
        """The parent, its parent, and so on."""
        found = []
        while (parent := self.parent(number)) is not None:
            found.append(parent)
            number = parent
        return found

    def descendants(self, number: int) -> list[int]:
        return [other for other in self.claims if number in self.ancestors(other)]

    def with_claim(self, number: int, text: str) -> "RealSet":
        return replace(self, claims={**self.claims, number: text})


def read_real_sets() -> list[RealSet]:
    """The five sets, in the package's order."""
    files = distribution("patentbench").files or []
    path = next(Path(str(file.locate())) for file in files if str(file).endswith(FILE))
    return [_read(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _read(row: dict[str, str | list[str]]) -> RealSet:
    claims: dict[int, str] = {}
    canceled, number = 0, 0
    for piece in row["claims"]:
        piece = re.sub(r"(claim \d+) (?=[,:])", r"\1", piece)  # the package's spaces before commas
        if match := _CANCELED.match(piece):
            canceled = int(match[1])
        elif match := _NUMBER.match(piece):
            number = int(match[1])
            claims[number] = piece[match.end() :]
        else:
            claims[number] += "\n" + piece
    return RealSet(
        application=str(row["application_number"]),
        claims=claims,
        description="\n".join(row["description_paragraphs"]),
        abstract=str(row["abstract"]),
        canceled=canceled,
    )


def read_labels() -> list[dict[str, str | int]]:
    """The defects of the real claims, written down by reading them: application, claim, code, text, why."""
    labels: list[dict[str, str | int]] = json.loads(LABELS.read_text(encoding="utf-8"))
    return labels
