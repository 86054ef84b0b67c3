"""A statement as one HTML page that needs nothing else."""

from django.template.loader import render_to_string

from metering.statements.document import Document


def statement_html(document: Document) -> str:
    return render_to_string("metering/statement/page.html", {"document": document})
