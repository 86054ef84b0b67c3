"""What callers get of a draft."""

from dataclasses import asdict
from typing import Any

from adapters.drafting.claim_repair import findings_in
from adapters.drafting.claims import Claim
from adapters.drafting.claims.read import read_claims
from adapters.drafting.context import claims_text
from adapters.drafting.draft import Draft
from adapters.drafting.markdown import as_markdown
from adapters.drafting.sections import TITLES, ClaimText, Code

Json = dict[str, Any]


def result_of(draft: Draft) -> Json:
    """The finished sections, the claims with what they depend on, and what the claim checker says of them."""
    findings = findings_in(
        draft.claims,
        draft.jurisdiction,
        description=draft.texts.get(Code.DESCRIPTION, ""),
        abstract=draft.texts.get(Code.ABSTRACT, ""),
        drawings=(*draft.drawings, draft.texts.get(Code.DRAWINGS, "")),
    )
    return {
        "draft_id": draft.id,
        "sections": [
            {"code": code.value, "title": TITLES[draft.jurisdiction][code], "text": section_text(draft, code)}
            for code in draft.wanted
            if draft.has(code)
        ],
        "claims": _claims(draft.claims),
        "findings": [asdict(finding) for finding in findings],
        "markdown": as_markdown(draft),
        "docx_url": f"/api/drafting/{draft.id}/docx",
    }


def section_text(draft: Draft, code: Code) -> str:
    """A finished section's text."""
    return claims_text(draft) if code is Code.CLAIMS else draft.texts[code]


def _claims(claims: list[ClaimText]) -> list[Json]:
    read = read_claims([Claim(number=claim.number, text=claim.text) for claim in claims]).claims
    return [
        {
            "number": item.number,
            "text": item.text,
            "depends_on": [read[parent].number for parent in item.parents],
        }
        for item in read
    ]
