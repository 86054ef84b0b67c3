"""The small words of English, and the verbs and endings by which a noun phrase is told to end."""

from typing import Final


def word_set(words: str) -> frozenset[str]:
    """The words of a text, in which they are easier to read than in a list."""
    return frozenset(words.split())


DEFINITE: Final = word_set("the said")
INDEFINITE: Final = word_set("a an")
DETERMINERS: Final = (
    DEFINITE
    | INDEFINITE
    | word_set(
        "each every any some all both either neither another this that these those such its their his her no "
        "which whose what"
    )
)
COUNTING: Final = INDEFINITE | word_set("each every any some another no")
"""Determiners with which something is introduced."""
QUANTIFIERS: Final = word_set(
    "one two three four five six seven eight nine ten eleven twelve several many more less fewer least most "
    "single multiple various numerous plurality multiplicity pair couple"
)
"""They may stand between an article and the noun and say nothing of what the noun names."""
IGNORED_MODIFIERS: Final = word_set(
    "respective corresponding same particular given entire whole individual associated resulting resultant "
    "aforementioned aforesaid above-mentioned abovementioned foregoing said above-named present own desired "
    "predetermined selected specific certain different separate overall actual current"
)
"""Adjectives with which the same thing is named again."""
ORDINALS: Final = word_set(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth 1st 2nd 3rd 4th 5th "
    "primary secondary tertiary"
)
PREPOSITIONS: Final = word_set(
    "of in on at by to from for with within without into onto upon over under above below between among "
    "amongst through throughout via per during before after until till since toward towards against along "
    "across around about behind beside besides beneath beyond near off out outside inside than as like unlike "
    "except including excluding according versus if when while where whereby wherein whereas whereupon "
    "wherever whenever thereof therein thereon thereto therefrom thereby therefor therewith therebetween "
    "thereafter therethrough thereunder thereinto thereupon because so but nor or and/or and whether unless "
    "although though once then hence thus up down away apart together respectively e.g i.e plus minus whilst "
    "amid far upstream downstream beyond en notwithstanding regarding concerning"
)
PRONOUNS: Final = word_set(
    "it they them itself themselves he she him we us you i one's who whom there here itself"
)
AUXILIARIES: Final = word_set(
    "is are was were be been being am has have had having do does did can could may might must shall should "
    "will would cannot not is/are has/have was/were"
)
STOPS: Final = DETERMINERS | PREPOSITIONS | PRONOUNS | AUXILIARIES
"""Words that no noun phrase goes across."""

COMPARATIVES: Final = word_set(
    "higher lower more less greater shorter longer smaller larger bigger closer farther further nearer better "
    "worse faster slower stronger weaker thicker thinner wider narrower earlier later fewer older newer"
)

_VERBS: Final = word_set(
    "absorb abut accept access accommodate accumulate achieve acquire act activate actuate adapt add "
    "adhere adjoin adjust adsorb advance affect aggregate align allocate allow alter amplify analyse "
    "analyze anneal appear apply approximate arrange assemble assign associate attach attract "
    "authenticate authorize automate base become begin belong bend bias bind block boil bond bounce bound "
    "break bring broadcast build burn calculate calibrate call cancel capture carry cause change "
    "characterize charge check choose circulate classify clean close coat collapse collect combine come "
    "communicate compare compensate compile complete compress comprise compute concentrate conduct "
    "configure confirm conflict connect consist constitute constrain construct consume contact contain "
    "continue contribute control convert convey cool copy correlate correspond count couple cover create "
    "cross cure cut decay decode decompose decrease decrypt define deflect deform delete deliver "
    "demodulate denote depend depict deploy deposit derive describe design detect determine develop "
    "deviate differ diffuse direct disable discard discharge disclose disconnect dispense display dispose "
    "dissolve distinguish distribute divide drain draw drive drop dry eject elapse elevate eliminate "
    "embed emit enable encapsulate encircle enclose encode encounter encrypt end engage enhance enlarge "
    "ensure enter equal establish estimate etch evaluate evaporate exceed exchange exclude execute exert "
    "exhibit expand expire expose express extend extract face facilitate fail fall fasten feed fill "
    "filter find fit fix float flow focus fold follow form forward freeze function gather generate get "
    "give go grant grip group grow guide handle hang happen harden have heat hold identify illuminate "
    "implement improve include incorporate increase indicate induce inhibit initialise initialize "
    "initiate inject input insert inspect install instruct insulate integrate interact intercept "
    "interconnect interface interfere intersect introduce invoke irradiate isolate join keep label lack "
    "lead leave let lie lift limit link load locate lock maintain make manage manipulate map match mate "
    "maximise maximize mean measure meet melt merge minimise minimize mix model modify modulate monitor "
    "mount move multiply need notify obtain occupy occur offset open operate optimise optimize orient "
    "originate oscillate output overlap overlay overlie package partition pass penetrate perform permit "
    "persist pivot place position possess pour precede predict prepare present press prevent print "
    "process produce program project promote propagate protect protrude provide pull pump purify push put "
    "query radiate raise range reach react read realize receive recirculate recite recognise recognize "
    "record recover redirect reduce refer reflect regulate reject relate release remain remove render "
    "repeat replace represent request require reside resist resonate respond result retain retrieve "
    "return reveal reverse rise roll rotate route run satisfy scan schedule screen seal search secure see "
    "select send sense separate serve set share shift show shrink simulate sink sit slide slope soften "
    "solidify solve sort specify spin split spread stack stand start stop store straddle stretch strike "
    "subject submit substitute succeed suit supply support surround suspend swell swing switch "
    "synchronise synchronize take taper tend terminate test thread tilt touch track train transfer "
    "transform translate transmit transport travel traverse treat trigger turn twist undergo update urge "
    "use utilise utilize validate vary verify vibrate view wait wash wear weigh weld wind wrap write "
    "yield "
    "acknowledge annotate append approve assess attenuate augment converge deflate discover engulf enqueue equip "
    "erase fabricate fluctuate homogenise homogenize humidify ignite immerse impinge inflate infer infuse "
    "instantiate interpolate invert iterate loosen lubricate migrate mitigate moisten navigate negotiate "
    "neutralise neutralize normalise normalize obstruct overwrite oxidise oxidize perforate permeate polarise "
    "polarize polymerise polymerize populate preheat preserve pressurise pressurize prioritise prioritize propel "
    "publish pulsate pulverise pulverize quantise quantize randomise randomize reallocate reassign recharge "
    "reconcile reconfigure reconstruct recycle regenerate reheat relocate replicate rescale resend resize "
    "retract retransmit revoke saturate segregate serialise serialize stabilise stabilize sterilise sterilize "
    "stiffen stimulate straighten strengthen submerge subscribe subtract summarise summarize supervise suppress "
    "synthesise synthesize tighten transcode transpose truncate unfold unload unlock unwind vaporise vaporize "
    "ventilate visualise visualize weaken withdraw"
)


def _forms(verb: str) -> set[str]:
    """The verb and its third person."""
    if verb.endswith("y") and verb[-2:-1] not in "aeou":
        return {verb, f"{verb[:-1]}ies"}
    return {verb, f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"}


VERBS: Final = frozenset(form for verb in _VERBS for form in _forms(verb))
"""Finite forms; many of them may be nouns as well."""
_NOUNS_TOO: Final = word_set(
    "access act advance aggregate approximate base bend bias block boil bond bounce bound break broadcast "
    "build burn call cancel capture cause change charge check clean coat combine compress compute conduct "
    "conflict contact control convert copy count cover cross cure cut decay decrease deposit describe "
    "design discard discharge display drain drive drop dry end estimate exchange exhibit express extract "
    "face fall feed fill filter find fit fix float flow focus fold form forward freeze function gather "
    "generate get give go grant grip group guide handle heat hold increase input insert install insulate "
    "interact intercept interface join keep label lack lead leave lie lift limit link load lock match "
    "mate mean measure melt mix model monitor mount move need offset open output overlay package "
    "partition pass pivot place position pour precede press print process produce program project pull "
    "pump push query range reach read record release request resist rest result return reverse rise roll "
    "route run scan schedule screen seal search select sense set share shift show sink slide slope sort "
    "spin split spread stack stand start stop store strike subject substitute supply support surround "
    "suspend swell swing switch taper tend test thread tilt touch track transfer transform transport "
    "travel treat trigger turn twist update urge use view wait wash wear wind wrap yield"
)
"""Of the verbs, those whose forms are nouns as often."""
SURELY_VERBS: Final = frozenset(
    form for verb in _VERBS if verb not in _NOUNS_TOO for form in _forms(verb) if form != verb
) | word_set(
    "comprise include contain receive provide determine generate consist define become exceed extend occur "
    "correspond depend indicate represent enable allow perform obtain transmit send detect remain require "
    "specify identify connect engage apply communicate configure satisfy prevent maintain create calculate "
    "encode decode execute remove reduce compare implement enclose reside rotate operate adjust activate "
    "reaches moves makes gives takes keeps goes comes produces made vary differ constitute possess retain "
    "permit facilitate ensure adopt adopts belong follow surrounds comprising including containing having "
    "consisting"
)
"""Forms that are hardly ever nouns."""
PARTICIPLES: Final = word_set(
    "made formed held shown built driven taken given known sent set cut put bound wound bent laid led lent "
    "lit lost met paid read run said seen sold shut sunk split spread struck stuck thrown torn understood "
    "woven written worn drawn chosen broken begun brought caught done fed found fit fitted frozen gone grown "
    "hidden hung kept left meant mounted disposed arisen borne born spun spaced"
)
POSTPOSED: Final = word_set(
    "adjacent opposite proximate proximal distal capable operable responsive indicative representative equal "
    "parallel perpendicular orthogonal adapted configured suitable sufficient available relative prior "
    "subsequent next close closer closest greater smaller larger higher lower less longer shorter wider "
    "thicker different identical similar able free independent dependent effective present accessible movable "
    "moveable rotatable slidable removable attachable connectable coaxial concentric transverse normal "
    "tangential inclined external internal integral unique specific substantially inward outward upward "
    "downward inwardly outwardly upwardly downwardly therefore essential necessary useful active exclusive "
    "consistent compatible contiguous coincident symmetrical flush remote separate operative due subject "
    "apart long wide thick high deep resident"
)
"""Adjectives that may stand after their noun."""
NOUNS_IN_ING: Final = word_set(
    "housing building opening ring spring string bearing coating coupling fitting fastening lining casing "
    "winding tubing wiring reading listing drawing marking packaging processing computing networking printing "
    "imaging bushing grating railing heading sing wing king thing everything something nothing evening "
    "morning ceiling clothing flooring footing landing loading mounting padding piping plating rating "
    "rendering sealing seasoning sensing shielding siding spacing stuffing tiling lightning welding wrapping "
    "offspring"
)
"""Words in -ing that are nouns as often as not."""
ARTICLES: Final = DETERMINERS - word_set("that which whose what this these those")
"""Words with which the next noun phrase begins."""
ADVERBS: Final = word_set("further also only too again alone then therefore always never")
