"""All checks of a set of claims."""

from collections.abc import Sequence
from itertools import chain, islice

from adapters.drafting.claims.abstract import check_abstract
from adapters.drafting.claims.antecedents import check_antecedents
from adapters.drafting.claims.bounds import MAX_FINDINGS, check_inputs
from adapters.drafting.claims.dependencies import check_dependencies, check_numbering
from adapters.drafting.claims.finding import SEVERITIES, Finding, Jurisdiction
from adapters.drafting.claims.numerals import check_numerals
from adapters.drafting.claims.read import read_claims
from adapters.drafting.claims.sentence import check_sentences
from adapters.drafting.claims.split import split_claims
from adapters.drafting.claims.support import check_support
from adapters.drafting.claims.wording import check_wording
from adapters.drafting.claims.words import tokens_of


def check_claims(
    claims: str | list[str],
    *,
    description: str = "",
    abstract: str = "",
    drawings: Sequence[str] = (),
    jurisdiction: Jurisdiction = "US",
) -> list[Finding]:
    """What is wrong with the claims, by claim and place; at most `MAX_FINDINGS`, the gravest ones if there are more.

    Each finding's offsets are those in its claim's text as `split_claims` gives it. Raises InvalidRequest.
    """
    check_inputs(claims, description, abstract, drawings, jurisdiction)
    read = read_claims(split_claims(claims))
    described = tokens_of(description)
    found = chain(
        check_numbering(read),
        check_dependencies(read, jurisdiction),
        check_antecedents(read),
        check_sentences(read, jurisdiction),
        check_wording(read, jurisdiction),
        check_numerals(read, described, tokens_of("\n".join(drawings))),
        check_support(read, described) if described else (),
        check_abstract(abstract, jurisdiction),
    )
    gravest = islice(sorted(found, key=lambda finding: SEVERITIES[finding.severity]), MAX_FINDINGS)
    order = {id(claim): place for place, claim in enumerate(read.claims)}
    places = {claim.number: order[id(claim)] for claim in reversed(read.claims)}
    return sorted(
        gravest,
        key=lambda finding: (
            len(order) if finding.claim is None else places[finding.claim],
            finding.start,
            finding.end,
            finding.code,
            finding.message,
        ),
    )
