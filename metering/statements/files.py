"""A statement as a file that people take along."""

from dataclasses import dataclass
from typing import Literal

from metering.models import Statement
from metering.statements.csv_file import statement_csv
from metering.statements.document import document_of
from metering.statements.figures import figures_of
from metering.statements.html_page import statement_html
from metering.statements.pdf import statement_pdf

Form = Literal["pdf", "csv", "html"]
TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    content: bytes
    content_type: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        return {"content-disposition": f'attachment; filename="{self.name}"', "cache-control": "no-store"}


def statement_file(statement: Statement, form: Form) -> File:
    """The same statement is the same file whenever it is asked for."""
    figures = figures_of(statement.figures)
    if form == "csv":
        content = statement_csv(figures).encode()
    else:
        document = document_of(figures, digest=statement.digest)
        content = statement_pdf(document) if form == "pdf" else statement_html(document).encode()
    name = f"statement-{statement.name}-{figures.month:%Y-%m}.{form}"
    return File(content=content, content_type=TYPES[form], name=name)
