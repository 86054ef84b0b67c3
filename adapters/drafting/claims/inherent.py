"""What needs no introduction: parts and properties that a thing has by its nature, acts, unique things.

MPEP 2173.05(e): the recitation of a thing is the antecedent of its inherent parts, such as `the outer surface of said
sphere`.
"""

from typing import Final

from adapters.drafting.claims.words import VERBS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PARTS: Final = _set(
    "surface surfaces end ends edge edges side sides face faces top bottom center centre centers middle midpoint axis axes "
    "interior exterior inside outside periphery perimeter circumference boundary boundaries border corner corners tip base "
    "apex root crest front rear back left right half halves portion portions part parts region area areas remainder "
    "rest contents content "
    "length width height depth thickness diameter radius size dimension dimensions volume cross-section shape "
    "geometry contour outline profile curvature angle angles slope inclination orientation position positions location "
    "locations direction directions distance distances spacing gap space pitch level levels rate rates speed velocity "
    "acceleration frequency frequencies wavelength wavelengths amplitude phase period duration time times moment "
    "instant date start beginning completion point points place temperature temperatures pressure pressures weight mass "
    "density concentration concentrations ph viscosity hardness strength modulus refractive index indices color colour "
    "transparency absorbance brightness intensity energy power voltage current charge potential resistance impedance "
    "capacitance inductance conductance force forces torque stress strain tension friction heat noise gain loss "
    "quality quantity quantities amount amounts number numbers count percentage proportion fraction ratio ratios sum "
    "difference differences product average mean median maximum minimum total range ranges limit limits value values "
    "magnitude degree degrees extent state states status condition conditions type types kind kinds form forms "
    "nature composition identity name names order sequence sequences arrangement use uses "
    "function functions purpose presence absence occurrence existence availability ability effect effects result results "
    "case cases event basis manner way step steps act acts course group class set subset list rest majority "
    "combination mixture plurality series kind age history origin source destination body skin surroundings environment vicinity proximity neighborhood weight-average yield purity chance risk "
    "probability likelihood need user's bulk balance atmosphere presence content body-weight gravity centroid "
    "line lines plane planes path coordinate coordinates vector gradient derivative integral vertex vertices origin "
    "representation version copy instance copies instances row column rows columns "
    "field percent property properties purchase sale impact motion aid help view flow overlap change changes topography "
    "formula backbone terminus n-terminus c-terminus equation "
)
_SUFFIXES: Final = (
    *("ity", "ness", "tion", "sion", "ment", "ance", "ence", "ancy", "ency", "ing", "th", "age", "ysis", "al", "ery"),
    *("ability", "ship", "hood", "ism", "ivity"),
)
UNIQUE: Final = _set(
    "internet web world earth sun moon sky ground universe air atmosphere environment public art invention like "
    "following latter former same other others opposite only reverse contrary converse above below foregoing "
    "claim claims claimed present group year day night weather improvement usual conventional known"
)
"""Things of which there is one, and words that point by themselves."""
SUPERLATIVES: Final = _set(
    "largest smallest biggest highest lowest longest shortest greatest least most nearest closest farthest furthest "
    "earliest latest outermost innermost uppermost lowermost topmost bottommost best worst newest oldest widest "
    "narrowest thickest thinnest lightest heaviest strongest weakest fastest slowest nearest deepest foremost rearmost "
    "maximum minimum maximal minimal remaining rest remainder total average mean sum next previous preceding "
    "subsequent last entire whole"
)
OWNERS: Final = _set(
    "of between at in to from on for by with where when which that over per within through among around along "
    "about above below beyond during after before behind across under opposite adjacent required necessary near "
    "against upon into onto relative thereof therebetween therein thereon"
)
"""Words that say whose part, or which one of its kind, is meant."""
SURE_OWNERS: Final = _set("of between thereof therebetween therein thereon at where when which")
"""Those that do so for a part with words of its own before it, too."""


def is_part(word: str) -> bool:
    """Whether the word names what many things have without saying so."""
    return word in PARTS


def names_property(word: str) -> bool:
    """Whether the word's ending makes it a property or an act: `conductivity`, `rotation`."""
    return len(word) > 5 and word.endswith(_SUFFIXES)


_ACTS: Final = ("ation", "ison", "ition", "ution", "tion", "sion", "ment", "ing", "ance", "ence", "al", "ure", "er", "or", "ed", "ion")


LONGEST_ROOT: Final = 7


_VERB_ROOTS: Final = frozenset(verb[:length] for verb in VERBS for length in range(4, LONGEST_ROOT + 1))


def act_root(word: str) -> str | None:
    """What an act's name has in common with its verb: `determin` of `determination`, `rotat` of `rotation`."""
    for suffix in _ACTS:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)][:LONGEST_ROOT]
    return None


def names_act(word: str) -> bool:
    """Whether the word is a known verb's noun: `rotation`, `measurement`."""
    root = act_root(word)
    return root is not None and root in _VERB_ROOTS
