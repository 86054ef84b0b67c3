"""Words of claims: cut from the text, made comparable, and the small words that end a noun phrase."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'/\u2019\u2010\u2011][^\W_]+)*|[^\s]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or one sign of punctuation."""

    text: str
    lower: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Words (hyphens and apostrophes inside them belong to them) and signs, with their places."""
    return [
        Token(match[0], match[0].lower().replace("\u2019", "'"), match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]


_IRREGULAR: Final = {
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "axes": "axis",
    "analyses": "analysis",
    "bases": "basis",
    "hypotheses": "hypothesis",
    "syntheses": "synthesis",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "media": "medium",
    "spectra": "spectrum",
    "strata": "stratum",
    "bacteria": "bacterium",
    "radii": "radius",
    "nuclei": "nucleus",
    "loci": "locus",
    "stimuli": "stimulus",
    "formulae": "formula",
    "antennae": "antenna",
    "feet": "foot",
    "teeth": "tooth",
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "persons": "person",
    "mice": "mouse",
    "leaves": "leaf",
    "halves": "half",
    "shelves": "shelf",
    "knives": "knife",
    "lives": "life",
    "lens": "lens",
    "bus": "bus",
    "gas": "gas",
    "bias": "bias",
    "canvas": "canvas",
    "atlas": "atlas",
    "chassis": "chassis",
    "elongated": "elongate",
}
_KEEPS_S: Final = ("ss", "us", "is")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """One form for singular and plural; only for comparing, not for showing."""
    word = _IRREGULAR.get(word, word)
    for sign in "-'/\u2010\u2011":
        word = word.replace(sign, "")
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEEPS_S) and word not in _IRREGULAR:
        word = f"{word[:-3]}y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DEFINITE: Final = _set("the said")
INDEFINITE: Final = _set("a an")
DETERMINERS: Final = DEFINITE | INDEFINITE | _set(
    "each every any some all both either neither another this that these those such its their his her no which "
    "whose what"
)
COUNTING: Final = INDEFINITE | _set("each every any some another no")
"""Determiners with which something is introduced."""
QUANTIFIERS: Final = _set(
    "one two three four five six seven eight nine ten eleven twelve several many more less fewer least most "
    "single multiple various numerous plurality multiplicity pair couple"
)
"""They may stand between an article and the noun and say nothing of what the noun names."""
IGNORED_MODIFIERS: Final = _set(
    "respective corresponding same particular given entire whole individual associated resulting resultant "
    "aforementioned aforesaid above-mentioned abovementioned foregoing said above present own desired "
    "predetermined selected specific certain different separate overall actual current said"
)
"""Adjectives with which the same thing is named again."""
ORDINALS: Final = _set(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth 1st 2nd 3rd 4th 5th "
    "primary secondary tertiary"
)
PREPOSITIONS: Final = _set(
    "of in on at by to from for with within without into onto upon over under above below between among amongst "
    "through throughout via per during before after until till since toward towards against along across around "
    "about behind beside besides beneath beyond near off out outside inside than as like unlike except including "
    "excluding according versus if when while where whereby wherein whereas whereupon wherever whenever thereof "
    "therein thereon thereto therefrom thereby therefor therewith therebetween thereafter therethrough thereunder "
    "thereinto thereupon because so but nor or and/or and whether unless although though once then hence thus"
    "up down away apart together respectively e.g i.e plus minus whilst amid far upstream downstream beyond en notwithstanding "
    "corresponding-to regarding concerning"
)
PRONOUNS: Final = _set("it they them itself themselves he she him we us you i one's who whom there here itself")
AUXILIARIES: Final = _set(
    "is are was were be been being am has have had having do does did can could may might must shall should will "
    "would cannot not"
)
STOPS: Final = DETERMINERS | PREPOSITIONS | PRONOUNS | AUXILIARIES
"""Words that no noun phrase goes across."""

COMPARATIVES: Final = _set(
    "higher lower more less greater shorter longer smaller larger bigger closer farther further nearer better worse faster "
    "slower stronger weaker thicker thinner wider narrower earlier later fewer older newer"
)

_VERBS: Final = """
accept access accommodate accumulate achieve acquire act activate actuate adapt add adhere adjust advance affect
aggregate align allocate allow alter amplify analyze analyse anneal apply approximate arrange assemble assign associate
attach attract authenticate authorize automate base become begin belong bias bind block bond bound bring broadcast build
calculate calibrate call cancel capture carry cause change characterize charge check choose circulate classify clean
close coat collect combine come communicate compare compensate compile complete compress comprise compute concentrate
conduct configure confirm connect consist constitute constrain construct contact contain continue control convert convey
cool copy correlate correspond count couple cover create cross cure cut decode decompose decrease decrypt define
deflect deform delete deliver demodulate denote depend deploy deposit derive describe design detect determine develop
deviate differ diffuse direct disable discard discharge disclose disconnect dispense display dispose dissolve
distinguish distribute divide draw drive drop eject electrically elevate eliminate embed emit enable encapsulate enclose
encode encounter encrypt end engage enhance enlarge ensure enter equal establish estimate etch evaluate evaporate
exceed exchange exclude execute exert exhibit expand expose express extend extract face facilitate fall fasten feed fill
filter find fit fix flow focus fold follow form forward gather generate get give go grip group grow guide handle hang
have heat hold identify illuminate implement improve include incorporate increase indicate induce inhibit initialize
initiate inject input insert inspect install instruct insulate integrate interact intercept interconnect interface
intersect introduce invoke irradiate isolate join keep label lack lead leave let lie lift limit link load locate lock
maintain make manage manipulate map match maximize mean measure meet merge minimize mix model modify modulate monitor
mount move multiply need notify obtain occupy occur offset open operate optimize orient originate output overlap
overlie package partition pass penetrate perform permit pivot place position possess pour precede predict prepare
present press prevent print process produce program project promote propagate protect protrude provide pull pump
purify push put query raise range reach react read realize receive recirculate recite recognize record recover redirect
reduce refer reflect regulate reject relate release remain remove render repeat replace represent request require reside
resist respond result retain retrieve return reveal reverse rotate route run satisfy scan schedule screen seal search
secure see select send sense separate serve set share shift show simulate slide solve sort specify split spread stack
stand start stop store stretch strike subject submit substitute suit supply support surround suspend switch synchronize
take grant conflict drain travel function depict encircle tend terminate test thread tilt touch track train transfer transform translate transmit transport traverse treat
trigger turn twist undergo uniquely update urge use utilize validate vary verify vibrate view wait wash wear weigh weld
wind wrap write yield yielding
""".split()


def _forms(verb: str) -> set[str]:
    """The verb and its third person."""
    if verb.endswith("y") and verb[-2:-1] not in "aeou":
        return {verb, f"{verb[:-1]}ies"}
    return {verb, f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"}


VERBS: Final = frozenset(form for verb in _VERBS for form in _forms(verb))
"""Finite forms; many of them may be nouns as well."""
SURELY_VERBS: Final = _set(
    "comprises comprise includes include contains contain receives receive provides provide determines determine "
    "generates generate consists consist defines define becomes become exceeds exceed extends extend occurs occur "
    "corresponds correspond depends depend indicates indicate represents represent enables enable allows allow causes "
    "cause performs perform produces produce obtains obtain transmits transmit sends send detects detect remains remain "
    "requires require specifies specify identifies identify connects connect engages engage moves applies apply "
    "communicates communicate configures configure satisfies satisfy exhibits exhibit prevents prevent maintains "
    "maintain creates create calculates calculate computes compute encodes encode decodes decode executes execute "
    "converts convert removes remove reduces reduce selects select compares compare implements "
    "surrounds surround encloses enclose lies resides reside rotates rotate operates operate adjusts adjust "
    "activates activate reaches comes goes makes made gets gives takes keeps varies vary differs differ "
    "constitutes constitute possesses possess retains retain permits permit facilitates facilitate ensures ensure "
    "adopts adopt belongs belong follows follow carries encircles comprising including containing having consisting"
)
_PARTICIPLES: Final = _set(
    "made formed held shown built driven taken given known sent set cut put bound wound bent laid led lent lit lost met "
    "paid read run said seen sold shut sunk split spread struck stuck thrown torn understood woven written worn drawn "
    "chosen broken begun brought caught done fed found fit fitted frozen gone grown hidden hung kept left meant mounted "
    "disposed arisen borne born spun spaced"
)
_POSTPOSED: Final = _set(
    "adjacent opposite proximate proximal distal capable operable responsive indicative representative equal parallel "
    "perpendicular orthogonal adapted configured suitable sufficient available relative prior subsequent next close "
    "closer closest greater smaller larger higher lower less longer shorter wider thicker different identical similar "
    "able free independent dependent effective present accessible movable moveable rotatable slidable removable "
    "attachable connectable coaxial concentric transverse normal tangential inclined external internal integral "
    "unique specific substantially inward outward upward downward inwardly outwardly upwardly downwardly therefore "
    "essential necessary useful active exclusive consistent compatible contiguous coincident symmetrical flush remote "
    "separate operative due subject apart long wide thick high deep resident"
)
"""Adjectives that may stand after their noun."""
NOUNS_IN_ING: Final = _set(
    "housing building opening ring spring string bearing coating coupling fitting fastening lining casing winding "
    "tubing wiring reading setting timing mapping ranking listing recording drawing marking packaging processing "
    "computing networking printing imaging bushing grating railing heading sing wing king thing everything something "
    "nothing evening morning ceiling clothing flooring footing landing loading mounting padding piping plating rating "
    "rendering routing sampling scaling sealing seasoning sensing shielding siding signaling signalling spacing "
    "stuffing switching tiling training training's tracking lightning welding wrapping offspring"
)
"""Words in -ing that are nouns as often as not."""


ARTICLES: Final = DETERMINERS - _set("that which whose what this these those")
"""Words with which the next noun phrase begins."""
_ADVERBS: Final = _set("further also only too again alone then therefore always never")


def may_end_before(word: str, before: str, following: str | None) -> bool:
    """Whether a noun phrase may end with `before`, the word before this one, which may be its verb or participle."""
    if word in VERBS or word in SURELY_VERBS:
        is_plural = len(before) > 3 and before.endswith("s") and not before.endswith(_KEEPS_S)
        return word.endswith("s") != is_plural
    if word.endswith("ly"):
        return True
    if word.endswith("ed") or word in _PARTICIPLES:
        return following is not None and following.endswith("ing")
    ends = following is None or following in STOPS or following in _ADVERBS
    if word.endswith(("able", "ible")):
        return ends
    return word.endswith("ing") and (word not in NOUNS_IN_ING or following in ARTICLES or following == "at")


def is_verb_form(word: str) -> bool:
    """Whether the word may say what something does or undergoes."""
    return word in VERBS or word in SURELY_VERBS or word in _PARTICIPLES or word.endswith(("ing", "ed"))


def surely_ends_before(word: str, following: str | None) -> bool:
    """Whether a noun phrase that has its noun does end before this word, given the word after it (None: punctuation)."""
    if word in SURELY_VERBS or word == "further":
        return True
    if word.endswith("ly") and len(word) > 4:
        return following is None or following in STOPS or is_verb_form(following)
    if word.endswith("ing"):
        return following is not None and following in STOPS and following != "of" and word not in NOUNS_IN_ING
    if word.endswith("ed") or word in _PARTICIPLES:
        return following is None or following in STOPS or following.endswith("ly")
    if word in _POSTPOSED or word in _ADVERBS:
        return following is None or following in STOPS or is_verb_form(following)
    return word in VERBS and following in ARTICLES
