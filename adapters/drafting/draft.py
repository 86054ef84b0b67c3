"""A draft as it is kept: what it was begun with, what is finished of it, and what is still to be written.

A finished section stays until another text is there in its place, so that a request that fails loses nothing.
"""

import re

import msgspec
from msgspec import Struct

from adapters.drafting.claims import Claim, split_claims
from adapters.drafting.claims.bounds import check_inputs
from adapters.drafting.request import DraftInput
from adapters.drafting.sections import (
    WRITING_ORDER,
    ClaimText,
    Code,
    Jurisdiction,
    SectionText,
    WrittenClaims,
)
from metering.errors import InvalidRequest, NotFound
from metering.ports import TaskRequest

CANCELED = "(canceled)"
_encode = msgspec.msgpack.Encoder().encode
_OWN_NUMBER = re.compile(r"\s*(\d{1,4})\s*[.)]\s+(?=\S)")


class Draft(Struct, kw_only=True):
    """One application in the making."""

    id: str
    disclosure: str
    drawings: list[str] = []
    prior_art: list[str] = []
    jurisdiction: Jurisdiction = "US"
    wanted: list[Code] = []
    """The sections that it shall have, in an application's order."""
    texts: dict[Code, str] = {}
    """The finished sections but the claims."""
    claims: list[ClaimText] = []
    claims_are_given: bool = False
    """Whether the caller brought them: then nobody changes them."""
    due: list[Code] = []
    """What the last request shall write and has not, in the order of writing."""
    asked_by: str = ""
    """The `work_id` of that request."""

    def has(self, code: Code) -> bool:
        """Whether the section is finished."""
        return bool(self.claims) if code is Code.CLAIMS else code in self.texts

    @property
    def is_begun(self) -> bool:
        """Whether a section was paid for."""
        return bool(self.texts) or (bool(self.claims) and not self.claims_are_given)

    def missing(self) -> list[Code]:
        """The sections that it shall have and has not, in the order of writing."""
        return [code for code in WRITING_ORDER if code in self.wanted and not self.has(code)]

    def with_answer(self, code: Code, answer: SectionText | WrittenClaims) -> "Draft":
        """The draft with what a model answered for the section."""
        if isinstance(answer, WrittenClaims):
            return msgspec.structs.replace(self, claims=[_normal(claim) for claim in answer.claims])
        return msgspec.structs.replace(self, texts={**self.texts, code: answer.text.strip()})

    def take(self, other: "Draft") -> None:
        """Have the texts and claims of another one."""
        self.texts, self.claims = other.texts, other.claims

    def without(self, code: Code) -> "Draft":
        """The draft as if a section of text were not written."""
        return msgspec.structs.replace(
            self, texts={name: text for name, text in self.texts.items() if name is not code}
        )


def begin_draft(draft_id: str, wanted: DraftInput, *, asked_by: str = "") -> Draft:
    """A new one. Raises InvalidRequest for claims and drawings that the claim checker could not read later."""
    jurisdiction = wanted.jurisdiction or "US"
    claims = [_claim_text(claim) for claim in (split_claims(wanted.claims) if wanted.claims else [])]
    check_inputs(in_full(claims), "", "", wanted.drawings, jurisdiction)
    chosen = set(wanted.sections or Code)
    draft = Draft(
        id=draft_id,
        disclosure=(wanted.disclosure or "").strip(),
        drawings=list(wanted.drawings),
        prior_art=list(wanted.prior_art),
        jurisdiction=jurisdiction,
        wanted=[code for code in Code if code in chosen or (code is Code.CLAIMS and claims)],
        claims=claims,
        claims_are_given=bool(claims),
        asked_by=asked_by,
    )
    draft.due = draft.missing()
    return draft


def in_full(claims: list[ClaimText]) -> list[str]:
    """The claims with their numbers."""
    return [f"{claim.number}. {claim.text}" for claim in claims]


async def open_draft(wanted: DraftInput, request: TaskRequest, *, holder: str) -> Draft:
    """The draft that the request is about, which nobody else changes while `holder` works on it.

    Raises InvalidRequest, NotFound for a draft that is not the caller's, and TransitionRefused while another request
    works on it.
    """
    draft_id = str(wanted.draft_id or request.work_id or holder)
    content = await request.workspace.take(draft_id, holder=holder)
    if content is not None:
        draft = msgspec.msgpack.decode(content, type=Draft)
        if wanted.draft_id is not None:
            _order(draft, wanted, request.work_id)
        return draft
    if wanted.draft_id is not None:
        raise NotFound(f"You have no draft {wanted.draft_id}.", param="draft_id")
    draft = begin_draft(draft_id, wanted, asked_by=request.work_id)
    await request.workspace.begin(draft_id, _encode(draft), holder=holder)
    return draft


async def save_draft(draft: Draft, request: TaskRequest, *, holder: str) -> None:
    """Keep what is finished. Raises NotFound and TransitionRefused where the draft is the holder's no more."""
    await request.workspace.save(draft.id, _encode(draft), holder=holder)


def _order(draft: Draft, wanted: DraftInput, work_id: str) -> None:
    """Note what shall be written. Work that is begun again goes on with what it has not written yet."""
    if work_id and draft.asked_by == work_id:
        return
    draft.asked_by = work_id
    if wanted.sections is None:
        draft.due = [code for code in WRITING_ORDER if code in draft.due or code in draft.missing()]
        return
    if draft.claims_are_given and Code.CLAIMS in wanted.sections:
        raise InvalidRequest(
            "sections: the draft's claims are your own and stay as they are; begin another draft to change them.",
            param="sections",
        )
    draft.due = [code for code in WRITING_ORDER if code in wanted.sections]
    draft.wanted = [code for code in Code if code in draft.wanted or code in wanted.sections]


def _claim_text(claim: Claim) -> ClaimText:
    return ClaimText(claim.number, CANCELED if claim.canceled else claim.text)


def _normal(claim: ClaimText) -> ClaimText:
    """Without white space around it, and without the number that models like to repeat in the text."""
    number = _OWN_NUMBER.match(claim.text)
    start = number.end() if number and int(number[1]) == claim.number else 0
    return ClaimText(claim.number, claim.text[start:].strip())
