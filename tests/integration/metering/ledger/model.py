"""What the ledger ought to do, written from the design and not from the engine.

It knows no rows, batches or digests: a reservation remembers the steps that made it, and every answer is a
plain tuple that the ledger's answer must equal.
"""

from tests.integration.metering.ledger.model_state import (
    Meter,
    Reservation,
    Share,
    due,
    of_dimension,
    past,
    provisional,
    totals,
)
from tests.integration.metering.ledger.steps import (
    METERS,
    VENDOR_METER,
    Adjust,
    Expire,
    Extend,
    Line,
    Release,
    Reserve,
    RunOut,
    Settle,
    Step,
)

END = 2**63 - 1
"""What PostgreSQL's bigint counts to."""
Answer = tuple[object, ...]


class Model:
    def __init__(self) -> None:
        self.meters = [Meter() for _ in METERS]
        self.of: dict[int, Reservation] = {}
        self.keys: dict[int, tuple[int, int]] = {}

    def do(self, step: Step) -> Answer | None:
        """The predicted answer; None where nobody is asked."""
        match step:
            case Reserve():
                return self._reserve(step)
            case Extend():
                return self._extend(step)
            case Settle():
                return self._settle(step)
            case Release():
                return self._release(step)
            case Expire():
                return self._expire(step)
            case Adjust():
                return self._adjust(step)
            case RunOut() if step.of in self.of:
                self.of[step.of].lapsed = True
        return None

    def _reserve(self, step: Reserve) -> Answer:
        held = self.of.get(step.of)
        if held is not None:
            if held.made_by is None:
                return ("cancelled",)
            if held.made_by != step:
                return ("other_body",)
            if held.state != "held":
                return (f"already_{held.state}",)
            return ("lease_expired",) if held.lapsed else ("again",)
        if step.key is not None and step.key[0] in self.keys:
            owner, body = self.keys[step.key[0]]
            if body != step.key[1]:
                return ("key_other_body",)
            return ("key_in_progress",) if self.of[owner].state == "held" else ("key_ended",)
        refusal = self._room(step.lines)
        if refusal:
            return refusal
        self.of[step.of] = held = Reservation(step, bound=step.lines[0].amount)
        self._hold(held, step.lines)
        if step.key is not None:
            self.keys[step.key[0]] = (step.of, step.key[1])
        return self._granted(step.lines)

    def _extend(self, step: Extend) -> Answer:
        held = self.of.get(step.of)
        if held is None:
            return ("not_found",)
        if held.state != "held":
            return (f"already_{held.state}",)
        if held.lapsed:
            return ("lease_expired",)
        if not step.lines:
            return ("granted", ())
        if step.sequence <= held.enlarged:
            return ("again",)
        if step.sequence > held.enlarged + 1:
            return ("out_of_sequence",)
        if held.bound + step.lines[0].amount > END:
            return ("out_of_range",)
        refusal = self._room(step.lines)
        if refusal:
            return refusal
        self._hold(held, step.lines)
        held.enlarged += 1
        held.bound += step.lines[0].amount
        return self._granted(step.lines)

    def _settle(self, step: Settle) -> Answer:
        if any(
            sum(each) > END for each in zip(*[(use.tokens, use.cost) for use in step.attempts], strict=True)
        ):
            return ("invalid",)
        held = self.of.get(step.of)
        if held is None:
            return ("not_found",)
        if held.settled_by == step:
            return ("again",)
        if held.state != "held" and not held.provisional:
            return (f"already_{held.state}",)
        charges = [due(share.meter, step.attempts) for share in held.shares]
        nothing_spent = held.state == "held" and not any(use.is_use for use in step.attempts)
        answer = self._end(held, "settled", charges, totals(step.attempts))
        if answer[0] != "out_of_range":
            held.settled_by = step
            if any(use.vendor != held.vendor for use in step.attempts):
                held.vendor = next((use.vendor for use in reversed(step.attempts) if use.is_use), held.vendor)
            if nothing_spent:
                self._free_key(step.of)
        return answer

    def _release(self, step: Release) -> Answer:
        held = self.of.get(step.of)
        if held is None:
            self.of[step.of] = Reservation(None, state="released")
            return ("tombstone",)
        if held.state == "released" or held.taken_back:
            return ("again",)
        if held.state != "held" and not held.provisional:
            return (f"already_{held.state}",)
        if held.state == "held":
            self._free_key(step.of)
        else:
            held.taken_back = True
        return self._end(held, "released", [0] * len(held.shares), [0, 0, 0])

    def _free_key(self, of: int) -> None:
        self.keys = {key: owner for key, owner in self.keys.items() if owner[0] != of}

    def _expire(self, step: Expire) -> Answer:
        held = self.of.get(step.of)
        if held is None:
            return ("not_found",)
        if held.state == "expired":
            return ("again",)
        if held.state != "held":
            return (f"already_{held.state}",)
        if not held.lapsed:
            return ("lease_running",)
        answer = self._end(held, "expired", [provisional(share) for share in held.shares], [held.bound, 0, 1])
        held.provisional = True
        return answer

    def _adjust(self, step: Adjust) -> Answer:
        held = self.of.get(step.of)
        if held is None:
            return ("not_found",)
        if step.number in held.corrections:
            return ("again",) if held.corrections[step.number] == step else ("other_body",)
        if held.state == "held":
            return ("still_held",)
        if held.provisional:
            return ("not_resolved",)
        amounts = [step.tokens, step.cost, step.requests]
        if any(total + amount < 0 for total, amount in zip(held.totals, amounts, strict=True)):
            return ("below_zero",)
        changes = [
            0
            if share.meter == VENDOR_METER and held.vendor != "sandbox"
            else of_dimension(share.meter, *amounts)
            for share in held.shares
        ]
        for share, change in zip(held.shares, changes, strict=True):
            if held.charged[share.meter] + change < 0:
                return ("below_zero",)
            if change > 0 and not self._fits(share.meter, change):
                return ("out_of_range",)
        for share, change in zip(held.shares, changes, strict=True):
            self._charge(held, share, change)
            self.meters[share.meter].overrun += max(0, change)
        held.totals = [total + amount for total, amount in zip(held.totals, amounts, strict=True)]
        held.corrections[step.number] = step
        return ("adjusted", tuple(changes))

    def _end(self, held: Reservation, state: str, due: list[int], totals: list[int]) -> Answer:
        """Charge what is due in place of the hold, or in place of the provisional charge."""
        covered = [provisional(share) if held.provisional else share.amount for share in held.shares]
        beyond = [charge - cover for charge, cover in zip(due, covered, strict=True)]
        if any(
            more > 0 and not self._fits(share.meter, more)
            for share, more in zip(held.shares, beyond, strict=True)
        ):
            return ("out_of_range",)
        for share, charge, more in zip(held.shares, due, beyond, strict=True):
            meter = self.meters[share.meter]
            if held.state == "held":
                meter.held -= share.amount
                self._charge(held, share, charge)
            else:
                self._charge(held, share, more)
            meter.overrun += max(0, more)
            back = min(share.past, max(0, -more))
            share.past -= back
            meter.unenforced -= back
        held.totals = totals
        if held.state == "held":
            held.state = state
            return (state, tuple(due))
        held.provisional = False
        return ("trued up", tuple(beyond))

    def _charge(self, held: Reservation, share: Share, change: int) -> None:
        self.meters[share.meter].used += change
        held.charged[share.meter] = held.charged.get(share.meter, 0) + change

    def _room(self, lines: tuple[Line, ...]) -> Answer | None:
        denials = []
        for place, line in enumerate(lines):
            meter = self.meters[line.meter]
            taken = meter.used + meter.held
            if taken + line.amount <= line.limit:
                continue
            if line.enforced:
                denials.append((place, meter.used, meter.held, line.amount, line.limit))
            elif taken + line.amount > END or meter.unenforced + past(meter, line) > END:
                return ("out_of_range",)
        return ("denied", tuple(denials)) if denials else None

    def _hold(self, held: Reservation, lines: tuple[Line, ...]) -> None:
        for line in lines:
            meter = self.meters[line.meter]
            beyond = past(meter, line)
            meter.held += line.amount
            meter.unenforced += beyond
            meter.highest = max(meter.highest, line.limit)
            for share in held.shares:
                if share.meter == line.meter:
                    share.amount += line.amount
                    share.past += beyond
                    break
            else:
                held.shares.append(Share(line.meter, line.amount, beyond, line.release))

    def _granted(self, lines: tuple[Line, ...]) -> Answer:
        meters = [self.meters[line.meter] for line in lines]
        return ("granted", tuple((meter.used, meter.held) for meter in meters))

    def _fits(self, meter: int, more: int) -> bool:
        row = self.meters[meter]
        return row.used + row.held + more <= END and row.overrun + more <= END
