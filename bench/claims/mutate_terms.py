"""Faults of antecedent basis: an introduction deleted, a term renamed."""

import re
from collections.abc import Iterator
from random import Random

from bench.claims.fault import Fault
from bench.claims.real import RealSet
from bench.claims.terms import Introduction, introductions, is_followed_by_of, stands_before

NEW_NOUNS = (
    "bracket",
    "gasket",
    "pulley",
    "beacon",
    "ledger",
    "cartridge",
    "hinge",
    "antenna",
    "lantern",
    "turbine",
)
DELETED, SIMILAR, RENAMED = "introduction deleted", "introduction deleted, similar left", "term renamed"


def introductions_deleted(claims: RealSet, random: Random) -> Iterator[Fault]:
    """`a term` becomes `the term`; or, if all that stands between two semicolons is about it, that is left out.

    Where its noun stands nowhere before, the term is surely missing. Where it does, another grade may be right.
    """
    for intro in introductions(claims):
        text = claims.claims[intro.claim]
        if is_followed_by_of(text, intro.end):
            continue
        known = stands_before(claims, intro.claim, intro.start, intro.noun)
        yield Fault(
            kind=SIMILAR if known else DELETED,
            claims=claims.with_claim(
                intro.claim, f"{text[: intro.start]}the {text[intro.term_start :]}"
            ).text(),
            codes=("antecedent_missing", "antecedent_near") if known else ("antecedent_missing",),
            severities=("error", "warning") if known else ("error",),
            within=(intro.claim,),
            start=intro.start,
            end=intro.end + 2,
            about=f"{claims.application} claim {intro.claim}: the {intro.term}",
        )
        if not known:
            yield from _element_left_out(claims, intro)


def _element_left_out(claims: RealSet, intro: Introduction) -> Iterator[Fault]:
    """Leave out the element of a list that begins with the introduction."""
    text = claims.claims[intro.claim]
    begin = max(text.rfind(sign, 0, intro.start) for sign in (";", ":"))
    end = text.find(";", intro.end)
    if begin == -1 or end == -1 or not re.fullmatch(r"[;:]\s*(?:\w+ing\s*)?", text[begin : intro.start]):
        return
    rest = text[: begin + 1] + text[end + 1 :]
    changed = claims.with_claim(intro.claim, rest)
    for claim, use_start, use_end in intro.uses:
        if claim == intro.claim and use_start < end:
            continue
        place = use_start - (end - begin) if claim == intro.claim else use_start
        after = use_end - (end - begin) if claim == intro.claim else use_end
        if stands_before(changed, claim, place - 4, intro.noun) or is_followed_by_of(
            changed.claims[claim], after
        ):
            return
        yield Fault(
            kind=DELETED,
            claims=changed.text(),
            codes=("antecedent_missing",),
            within=(claim,),
            start=place,
            end=after,
            about=f"{claims.application} claim {intro.claim} without its element: {intro.term}",
        )
        return


def terms_renamed(claims: RealSet, random: Random) -> Iterator[Fault]:
    """The noun of one `the term`, or of `a term`, becomes one that the claims do not have."""
    whole = claims.text().lower()
    nouns = [noun for noun in NEW_NOUNS if noun not in whole]
    for intro in introductions(claims):
        for claim, start, end in random.sample(intro.uses, min(2, len(intro.uses))):
            noun = random.choice(nouns)
            text = claims.claims[claim]
            new = f"{intro.term.rpartition(' ')[0]} {noun}".strip()
            yield Fault(
                kind=RENAMED,
                claims=claims.with_claim(claim, text[:start] + new + text[end:]).text(),
                codes=("antecedent_missing",),
                within=(claim,),
                start=start,
                end=start + len(new),
                word=noun,
                about=f"{claims.application} claim {claim}: the {intro.term} -> the {new}",
            )
        text = claims.claims[intro.claim]
        first, use_start, use_end = intro.uses[0]
        if stands_before(claims, intro.claim, intro.start, intro.noun) or is_followed_by_of(
            claims.claims[first], use_end
        ):
            continue
        changed = claims.with_claim(intro.claim, text[: intro.term_start] + new + text[intro.end :])
        moved = len(new) - (intro.end - intro.term_start) if first == intro.claim else 0
        if stands_before(changed, first, use_start + moved - 4, intro.noun):
            continue
        yield Fault(
            kind=RENAMED,
            claims=changed.text(),
            codes=("antecedent_missing",),
            within=(first,),
            start=use_start + moved,
            end=use_end + moved,
            about=f"{claims.application} claim {intro.claim}: a {intro.term} -> a {new}",
        )
