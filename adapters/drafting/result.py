"""What callers get of a draft."""

from dataclasses import asdict
from typing import Any

from adapters.drafting.claims import Claim
from adapters.drafting.claims.read import read_claims
from adapters.drafting.draft import CANCELED, Draft
from adapters.drafting.findings import findings_of
from adapters.drafting.markdown import as_markdown
from adapters.drafting.section import section_text
from adapters.drafting.sections import TITLES, ClaimText

Json = dict[str, Any]


def result_of(draft: Draft) -> Json:
    """The finished sections, the claims with what they depend on, and what the claim checker says of them."""
    return {
        "draft_id": draft.id,
        "sections": [
            {"code": code.value, "title": TITLES[draft.jurisdiction][code], "text": section_text(draft, code)}
            for code in draft.wanted
            if draft.has(code)
        ],
        "claims": _claims(draft.claims),
        "findings": [asdict(finding) for finding in findings_of(draft)],
        "markdown": as_markdown(draft),
        "docx_url": f"/api/drafting/{draft.id}/docx",
    }


def _claims(claims: list[ClaimText]) -> list[Json]:
    read = read_claims(
        [Claim(number=claim.number, text=claim.text, canceled=claim.text == CANCELED) for claim in claims]
    ).claims
    return [
        {
            "number": item.number,
            "text": item.text,
            "depends_on": [read[parent].number for parent in item.parents],
        }
        for item in read
    ]
