"""Faults of reference signs. US claims have none, so the description's are put into them first, as the EPO asks for."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from bench.claims.fault import Fault
from bench.claims.real import RealSet
from bench.claims.terms import introductions

_SIGN = re.compile(r" \((\d{2,4}[a-z]?)\)")


def with_signs(claims: RealSet) -> RealSet:
    """The claims with the sign after each term that the description gives one sign to, and only to that."""
    terms = sorted(
        {intro.term.lower() for intro in introductions(claims)}, key=lambda term: (-len(term), term)
    )
    described = re.sub(r"\s+", " ", claims.description.lower())
    signs: dict[str, str] = {}
    for term in terms:
        found = Counter(
            re.findall(rf"\b{re.escape(term)} (\d{{2,4}}[a-z]?)\b(?! ?(?:%|mm|cm|mg|mm))", described)
        )
        if len(found) == 1:
            signs[term] = next(iter(found))
    owners = defaultdict(list)
    for term, sign in signs.items():
        owners[sign].append(term)
    signs = {term: sign for term, sign in signs.items() if len(owners[sign]) == 1}
    if not signs:
        return replace(claims, claims={})
    names = "|".join(map(re.escape, signs))
    pattern = re.compile(
        rf"\b((?:the|a|an|said) (?:{names}))(?=[,;.:]| (?:of|is|to|in|and|or|that|comprises|configured|based|when)\b)",
        re.I,
    )
    return replace(
        claims,
        claims={
            number: pattern.sub(
                lambda match: f"{match[1]} ({signs[match[1].split(' ', 1)[1].lower()]})", text
            )
            for number, text in claims.claims.items()
        },
    )


def numerals_changed(claims: RealSet, random: Random) -> Iterator[Fault]:
    """One sign becomes another one of the claims, or one that the description does not have."""
    signed = with_signs(claims)
    used = sorted({match[1] for text in signed.claims.values() for match in _SIGN.finditer(text)})
    unknown = [str(sign) for sign in range(701, 999) if str(sign) not in claims.description]
    for number, text in signed.claims.items():
        for match in _SIGN.finditer(text):
            others = [sign for sign in used if sign != match[1]]
            for sign in {random.choice(unknown), *([random.choice(others)] if others else [])}:
                yield Fault(
                    kind="numeral changed",
                    claims=signed.with_claim(
                        number, text[: match.start(1)] + sign + text[match.end(1) :]
                    ).text(),
                    codes=("numeral_mismatch",),
                    within=(number,),
                    start=match.start(1),
                    end=match.start(1) + len(sign),
                    description=claims.description,
                    about=f"{claims.application} claim {number}: {match[1]} -> {sign}",
                )
