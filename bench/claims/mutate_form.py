"""Faults of numbers, dependencies and sentences."""

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from bench.claims.fault import Fault
from bench.claims.real import RealSet

_REFERENCE = re.compile(r"\bclaim (\d+)")
_STOPPABLE = re.compile(r"(?<!\.)[,;](?=\s[A-Za-z(])")


def claims_renumbered(claims: RealSet, random: Random) -> Iterator[Fault]:
    """A claim gets the number of another, or one that leaves a gap."""
    numbers = list(claims.claims)
    for number in numbers:
        other = random.choice([number + 1, number + 2, number + 10, *([number - 1] if number > 1 else [])])
        order = [other if one == number else one for one in numbers]
        head = [f"1-{claims.canceled}. (canceled)"] if claims.canceled else []
        lines = [f"{shown}. {text}" for shown, text in zip(order, claims.claims.values(), strict=True)]
        yield Fault(
            kind="claim renumbered",
            claims="\n".join([*head, *lines]),
            codes=("numbering",),
            within=(other,),
            about=f"{claims.application} claim {number} -> {other}",
        )


def dependencies_broken(claims: RealSet, random: Random) -> Iterator[Fault]:
    """A reference to the claim itself, to a later one, to one that is not there, to one of another category."""
    numbers = list(claims.claims)
    last = numbers[-1]
    for number in numbers:
        parent = claims.parent(number)
        if parent is None:
            continue
        targets = {"dependency_self": number, "dependency_missing": last + random.randint(1, 50)}
        if number < last:
            targets["dependency_forward"] = random.randint(number + 1, last)
        others = [
            one for one in numbers if one < number and _is_method(claims, one) != _is_method(claims, number)
        ]
        if others:
            targets["category_mismatch"] = random.choice(others)
        for code, target in targets.items():
            yield _with_reference(claims, number, str(target), f"dependency broken ({code})", code)


def dependencies_doubled(claims: RealSet, random: Random) -> Iterator[Fault]:
    """A claim comes to depend on two, and another on that one or a second."""
    for number in claims.claims:
        parent = claims.parent(number)
        family = [
            one for one in claims.claims if one < number and one != parent and _are_kin(claims, one, number)
        ]
        later = [
            one
            for one in claims.claims
            if one > number and _are_kin(claims, one, number) and claims.parent(one)
        ]
        if parent is None or not family or not later:
            continue
        first = claims.with_claim(
            number, _refer(claims.claims[number], f"{parent} or {random.choice(family)}")
        )
        other = random.choice(later)
        yield _with_reference(
            first, other, f"{parent} or {number}", "dependency doubled", "multiple_dependency"
        )


def full_stops_inside(claims: RealSet, random: Random) -> Iterator[Fault]:
    """A comma or a semicolon becomes a full stop."""
    for number, text in claims.claims.items():
        places = [match.start() for match in _STOPPABLE.finditer(text)]
        for place in random.sample(places, min(3, len(places))):
            yield Fault(
                kind="full stop inside",
                claims=claims.with_claim(number, f"{text[:place]}.{text[place + 1 :]}").text(),
                codes=("single_sentence",),
                within=(number,),
                start=place,
                end=place + 1,
                about=f"{claims.application} claim {number}: {text[max(0, place - 20) : place]}.",
            )


def _with_reference(claims: RealSet, number: int, target: str, kind: str, code: str) -> Fault:
    text = claims.claims[number]
    match = _REFERENCE.search(text)
    assert match is not None
    is_category = code == "category_mismatch"
    return Fault(
        kind=kind,
        claims=replace(claims, claims={**claims.claims, number: _refer(text, target)}).text(),
        codes=(code,),
        within=(number,),
        start=0 if is_category else match.start(),
        end=match.end(),
        about=f"{claims.application} claim {number} -> claim {target}",
    )


def _refer(text: str, target: str) -> str:
    return _REFERENCE.sub(f"claim {target}", text, count=1)


def _are_kin(claims: RealSet, one: int, other: int) -> bool:
    return [one, *claims.ancestors(one)][-1] == [other, *claims.ancestors(other)][-1]


def _is_method(claims: RealSet, number: int) -> bool:
    return bool(re.match(r"(?:An?|The) (?:[\w-]+ )?(?:method|process)\b", claims.claims[number]))
