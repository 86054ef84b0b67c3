"""A draft as it is kept: what it was begun with, and what is finished of it."""

import msgspec
from msgspec import Struct

from adapters.drafting.claims import Claim, split_claims
from adapters.drafting.request import DraftInput
from adapters.drafting.sections import ClaimText, Code, Jurisdiction
from metering.errors import NotFound
from metering.ports import Workspace

_encode = msgspec.msgpack.Encoder().encode


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

    def has(self, code: Code) -> bool:
        """Whether the section is finished."""
        return bool(self.claims) if code is Code.CLAIMS else code in self.texts

    def forget(self, code: Code) -> None:
        """Let a section be written anew. Claims that the caller brought stay."""
        self.texts.pop(code, None)
        if code is Code.CLAIMS and not self.claims_are_given:
            self.claims = []


def begin_draft(draft_id: str, wanted: DraftInput) -> Draft:
    """A new one. Raises InvalidRequest for claims that are none."""
    given = split_claims(wanted.claims) if wanted.claims else []
    chosen = set(wanted.sections or Code)
    return Draft(
        id=draft_id,
        disclosure=(wanted.disclosure or "").strip(),
        drawings=list(wanted.drawings),
        prior_art=list(wanted.prior_art),
        jurisdiction=wanted.jurisdiction,
        wanted=[code for code in Code if code in chosen or (code is Code.CLAIMS and given)],
        claims=[_claim_text(claim) for claim in given if not claim.canceled],
        claims_are_given=bool(given),
    )


async def load_draft(workspace: Workspace, draft_id: str) -> Draft | None:
    """None where the caller has no such draft."""
    content = await workspace.load(draft_id)
    return None if content is None else msgspec.msgpack.decode(content, type=Draft)


async def resume_draft(workspace: Workspace, wanted: DraftInput) -> Draft:
    """The caller's draft, without the sections that shall be written anew. Raises NotFound."""
    draft = await load_draft(workspace, str(wanted.draft_id))
    if draft is None:
        raise NotFound(f"You have no draft {wanted.draft_id}.", param="draft_id")
    for code in wanted.sections or ():
        draft.forget(code)
    draft.wanted = [code for code in Code if code in draft.wanted or code in (wanted.sections or ())]
    return draft


async def save_draft(workspace: Workspace, draft: Draft) -> None:
    """Keep what is finished."""
    await workspace.save(draft.id, _encode(draft))


def _claim_text(claim: Claim) -> ClaimText:
    return ClaimText(claim.number, claim.text)
