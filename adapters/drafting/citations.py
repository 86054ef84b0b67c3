"""What a draft cites: prior art only where it was given."""

from adapters.citations import unknown_citations
from adapters.drafting.draft import Draft
from adapters.drafting.sections import Code


def invented_citations(draft: Draft, code: Code) -> list[str]:
    """The citations in a section that are in none of the texts that the caller gave."""
    given = [draft.disclosure, *draft.prior_art, *draft.drawings]
    if draft.claims_are_given:
        given += [claim.text for claim in draft.claims]
    return unknown_citations(draft.texts.get(code, ""), given)
