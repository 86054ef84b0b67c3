"""The rule `guard_content`: look at a request before it is measured, so that what is held is what is sent."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from metering.admission.verdicts import RuleVerdict
from metering.calls.values import Call
from metering.content.guard import Guarded, GuardMode, guard
from metering.decisions.decision import Verdict
from metering.policy.values import EffectivePolicy
from metering.ports import Body
from metering.types import EnforcementMode

KEY = "guard_content"
SMALL = 2 * 1024
"""Bytes. A larger request, which may have hundreds of texts, is looked at in a thread: no other waits for it."""
_threads = ThreadPoolExecutor(2, thread_name_prefix="guard")
"""Its own, so that what takes long there keeps nothing else waiting."""


async def guarded(body: Body, size: int, policy: EffectivePolicy) -> tuple[Body, Guarded | None]:
    """The request as it may go on, and what was seen in it. Raises ContentBlocked and InputTooLarge."""
    mode = GuardMode(policy.choice("guard_content", GuardMode.OFF))
    if mode is GuardMode.OFF:
        return body, None
    if size < SMALL:
        return guard(body, mode)
    return await asyncio.get_running_loop().run_in_executor(_threads, guard, body, mode)


def with_guard_verdict(call: Call, seen: Guarded) -> Call:
    """The admitted call, with what the guard saw in its request."""
    verdict = _guard_verdict(seen, call.policy)
    return replace(call, guarded=seen, verdicts=(*call.verdicts, verdict))


def _guard_verdict(seen: Guarded, policy: EffectivePolicy) -> RuleVerdict:
    """What the guard has done, as the decision log is told it, so that the call is found by that."""
    setting = policy.settings[KEY]
    did = "replaced" if seen.mode is GuardMode.REDACT else "let pass"
    return RuleVerdict(
        kind=Verdict.OBSERVED,
        mode=EnforcementMode.OBSERVE,
        code=f"content_{seen.header.partition(';')[0]}",
        rule=setting.named(KEY),
        rule_id=setting.rule_id,
        message=f"{did}: {seen.sentence}",
    )
