"""What needs no introduction: parts and properties that a thing has by its nature, acts, unique things.

MPEP 2173.05(e): the recitation of a thing is the antecedent of its inherent parts, such as `the outer surface of said
sphere`.
"""

from typing import Final

from adapters.drafting.claims.vocabulary import NOUNS_IN_ING, VERBS, word_set

PARTS: Final = word_set(
    "surface surfaces end ends edge edges side sides backside underside topside face faces top bottom center "
    "centre centers middle midpoint axis axes interior exterior inside outside periphery perimeter "
    "circumference boundary boundaries border corner corners tip base apex root crest front rear back left "
    "right half halves portion portions part parts region regions area areas remainder rest contents content "
    "body skin surroundings vicinity proximity neighborhood gravity centroid line lines plane planes path "
    "vertex vertices origin topography field length width height depth thickness diameter radius size "
    "dimension dimensions volume cross-section shape geometry contour outline profile curvature angle angles "
    "slope inclination orientation position positions location locations direction directions distance "
    "distances spacing gap space pitch level levels coordinate coordinates vector gradient derivative "
    "integral rate rates speed velocity acceleration frequency frequencies wavelength wavelengths amplitude "
    "phase period duration time times moment instant date start beginning completion point points place age "
    "history temperature temperatures pressure pressures weight weight-average mass density concentration "
    "concentrations ph viscosity hardness strength modulus refractive index indices color colour transparency "
    "absorbance brightness intensity energy power voltage current charge potential resistance impedance "
    "capacitance inductance conductance force forces torque stress strain tension friction heat noise gain "
    "loss yield purity quality quantity quantities amount amounts number numbers count percent percentage "
    "proportion fraction ratio ratios sum difference differences product products average mean median maximum "
    "minimum total range ranges limit limits value values magnitude degree degrees extent state states status "
    "condition conditions type types kind kinds form forms nature composition property properties identity "
    "name names order sequence sequences arrangement use uses function functions purpose presence absence "
    "occurrence existence availability ability effect effects result results case cases event basis manner "
    "way step steps act acts course group class set subset list majority combination mixture plurality series "
    "source destination environment chance risk probability likelihood need bulk balance representation "
    "version copy instance copies instances row rows column columns record formula equation backbone terminus "
    "stomach intestine lung lungs brain liver kidney kidneys pancreas spine abdomen throat nose mouth tongue bladder "
    "bowel colon esophagus skull scalp forehead torso wrist ankle bloodstream "
    "n-terminus c-terminus purchase sale impact motion aid help view flow overlap change changes"
)
"""What many things have without saying so."""
THINGS: Final = word_set(
    "form forms product products source destination condition conditions value values result results origin "
    "body area areas region regions record row rows column columns version copy instance instances line lines "
    "content contents number numbers subset list stomach intestine lung lungs brain liver kidney kidneys pancreas "
    "spine abdomen throat nose mouth tongue bladder bowel colon esophagus skull scalp forehead torso wrist ankle "
    "bloodstream"
)
"""Of those, what may be a thing by itself as well."""
UNIQUE: Final = word_set(
    "internet web world earth sun moon sky wind sea ocean horizon ground universe air atmosphere environment public "
    "art invention like claim claims present year day night weather following latter former same other others opposite "
    "reverse contrary converse above below foregoing improvement"
)
"""Things of which there is one, and words that point by themselves."""
UNIQUE_NAMES: Final = frozenset({("periodic", "table"), ("real", "world"), ("prior", "art")})
POINTING: Final = word_set(
    "following latter former same other others opposite only reverse above below foregoing claimed usual "
    "conventional known"
)
"""Adjectives that do so."""
SUPERLATIVES: Final = word_set(
    "largest smallest biggest highest lowest longest shortest greatest least most nearest closest farthest "
    "furthest earliest latest outermost innermost uppermost lowermost topmost bottommost best worst newest "
    "oldest widest narrowest thickest thinnest lightest heaviest strongest weakest fastest slowest deepest "
    "foremost rearmost maximum minimum maximal minimal remaining rest remainder total average mean sum next "
    "previous preceding subsequent last"
)
MASS: Final = word_set(
    "data information light air water power energy heat motion current voltage content contents software "
    "traffic access feedback pressure material fluid gas liquid steam sound noise radiation electricity food "
    "money oil fuel blood oxygen hydrogen nitrogen carbon text metadata media video audio speech music memory "
    "storage communication code firmware logic coolant refrigerant moisture evidence"
)
"""Nouns that need no article."""
OWNERS: Final = word_set(
    "of between at in to from on for by with where when which that over per within through among around along "
    "about above below beyond during after before behind across under opposite adjacent required necessary "
    "near against upon into onto relative consisting thereof therebetween therein thereon"
)
"""Words that say whose part, or which one of its kind, is meant."""
SURE_OWNERS: Final = word_set("of between thereof therebetween therein thereon at where when which")
"""Those that do so for a part with words of its own before it, too."""

_PROPERTIES: Final = ("ity", "ness", "ancy", "ency", "ship", "hood")
_SURE_ACTS: Final = ("ation", "ition", "ution", "sion", "ysis")
_ACTS: Final = (
    *(
        "ation",
        "ison",
        "ition",
        "ution",
        "tion",
        "sion",
        "ment",
        "ing",
        "ance",
        "ence",
        "ery",
        "ure",
        "ed",
        "ion",
    ),
)
LONGEST_ROOT: Final = 7
_VERB_ROOTS: Final = frozenset(
    verb[:length] for verb in VERBS for length in range(4, LONGEST_ROOT + 1)
) | word_set("applic detec produc reduc reten descrip")


def is_part(word: str) -> bool:
    """Whether the word names what many things have without saying so."""
    return word in PARTS


def names_property(word: str) -> bool:
    """Whether the word's ending makes it a property or an act: `conductivity`, `rotation`."""
    if word.endswith(_PROPERTIES) or (word.endswith(_SURE_ACTS) and len(word) > 7):
        return len(word) > 5
    return names_act(word) and word not in NOUNS_IN_ING


def names_act(word: str) -> bool:
    """Whether the word is a known verb's noun: `rotation`, `measurement`."""
    return act_root(word) in _VERB_ROOTS


def act_root(word: str) -> str | None:
    """What an act's name has in common with its verb: `determi` of `determination`, `rotat` of `rotation`."""
    for suffix in _ACTS:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)][:LONGEST_ROOT]
    return None
