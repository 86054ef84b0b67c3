"""The usage rows of some calls, held against what the vendors have seen and what the callers were told."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from metering.ids import derived_id
from metering.ledger.check import MAX_ATTEMPTS
from tests.faults.callers import Told
from tests.faults.routing.deployment import CENTI_USD, MOODY, Routed, protocol_of
from tests.faults.rows import query
from tests.vendors.call_log import SeenCall
from tests.vendors.wire_app import HUNG_UP, RESET

FOR_THE_MOMENT = frozenset({429, 500, 503})
REFUSED = FOR_THE_MOMENT | {401}
MAY_BE_BILLED = ("cut", "timeout")
RETRIES = 2
NANO_USD_PER_CENTI_USD_A_MILLION = 10


class Row(NamedTuple):
    """One attempt as it was booked."""

    id: UUID
    reservation_id: UUID
    request_id: str
    attempt: int
    provider_name: str
    outcome: str
    estimated: bool
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int

    @property
    def charge(self) -> tuple[int, int, int]:
        return self.input_tokens, self.output_tokens, self.cost_nano_usd


class RowsOfCalls:
    """Read once, when nothing runs any more."""

    def __init__(self, routed: Routed, request_ids: Collection[str]) -> None:
        self._routed = routed
        found = query(
            routed.database,
            f"SELECT {', '.join(Row._fields)} FROM metering_usagelog WHERE request_id = ANY(%s) ORDER BY attempt",
            (list(request_ids),),
        )
        self.rows = [Row(*row) for row in found]
        self.of_request: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self.of_request[row.request_id].append(row)

    @cached_property
    def seen(self) -> dict[UUID, tuple[str, SeenCall]]:
        """What the three vendors have seen, by attempt, with the vendor's name. No attempt was seen twice, but where a
        connection that had been used was reset at once, which counts as unread (docs/endings.md).
        """
        seen: dict[UUID, tuple[str, SeenCall]] = {}
        for name in MOODY:
            for call in self._routed.vendors[name].log.calls:
                before = seen.get(UUID(call.attempt_id))
                assert before is None or (before[0], before[1].status) == (name, RESET), "sent twice"
                seen[UUID(call.attempt_id)] = name, call
        return seen

    def provisional(self) -> list[Row]:
        """Those of calls whose process died."""
        return [row for row in self.rows if row.outcome == "provisional"]

    def assert_each_attempt_is_one_row(self) -> None:
        """And each row an attempt that a vendor has seen. A provisional row stands for all attempts of its call."""
        provisional = self.provisional()
        stood_for = {
            derived_id(row.reservation_id, number)
            for row in provisional
            for number in range(1, MAX_ATTEMPTS + 1)
        }
        booked = {row.id for row in self.rows if row.outcome != "provisional"}
        assert booked <= self.seen.keys(), "a row of an attempt that no vendor has seen"
        assert self.seen.keys() - booked <= stood_for, "an attempt without a row"
        served = Counter(row.request_id for row in self.rows if row.outcome == "ok")
        assert max(served.values()) == 1, "a call was served twice"

    def assert_charged_as_billed(self) -> None:
        """An answer costs what its vendor bills for it, a refusal nothing, all else something."""
        for row in self.rows:
            if row.outcome == "provisional":
                continue
            vendor, call = self.seen[row.id]
            assert self._routed.vendor_of(row.provider_name) == vendor
            if row.outcome == "ok":
                assert (row.charge, row.estimated) == (billed(vendor, call), False), row
            elif row.outcome == "error":
                assert call.status in REFUSED, row
                assert row.charge == (0, 0, 0), row
            else:
                assert row.outcome in MAY_BE_BILLED, row
                assert row.cost_nano_usd > 0, row
                assert row.estimated, row

    def assert_what_may_be_billed_is_not_asked_again(self) -> None:
        """Of the same vendor; only a connection that it closed unanswered is replaced by a new one, once."""
        for rows in self.of_request.values():
            final = [
                row.provider_name
                for row in rows
                if row.outcome in MAY_BE_BILLED and self.seen[row.id][1].status not in (HUNG_UP, RESET)
            ]
            for name in final:
                assert [row for row in rows if row.provider_name == name][-1].outcome in ("cut", "timeout"), (
                    rows
                )
            assert len(set(final)) == len(final), rows

    def assert_told_as_booked(self, told: Told) -> None:
        """What a caller who stayed was told is what was booked; an error only where no vendor served the call."""
        rows = self.of_request[told.request_id]
        good = [row for row in rows if row.outcome == "ok"]
        if told.whole:
            assert len(good) == 1, rows
            vendor, _ = self.seen[good[0].id]
            assert (text_of(told.body), good[0]) == (self._routed.vendors[vendor].vendor.says(), rows[-1])
            return
        assert good == [], (told, rows)
        assert told.code in ("vendor_error", "vendor_rate_limited", "vendor_timeout"), told
        if told.status == 200 and text_of(told.body):  # a stream that has begun is not begun again
            assert rows[-1].outcome == "cut", (told, rows)
            return
        self._assert_every_vendor_was_asked(told, rows)

    def _assert_every_vendor_was_asked(self, told: Told, rows: list[Row]) -> None:
        """Every vendor, and those again that failed for the moment."""
        assert {self._routed.vendor_of(row.provider_name) for row in rows} == set(MOODY), (told, rows)
        for_the_moment = sum(
            row.outcome == "error" and self.seen[row.id][1].status in FOR_THE_MOMENT for row in rows
        )
        retries = len(rows) - len(MOODY)
        assert retries >= min(RETRIES, for_the_moment), (told, rows)


def billed(vendor: str, call: SeenCall) -> tuple[int, int, int]:
    """Tokens in and out, and nano-USD."""
    assert call.usage is not None
    tokens_in, tokens_out = protocol_of(vendor).counted(call.usage)
    price_in, price_out = CENTI_USD[vendor]
    cost = (tokens_in * price_in + tokens_out * price_out) * NANO_USD_PER_CENTI_USD_A_MILLION
    return tokens_in, tokens_out, cost


def text_of(body: bytes) -> str:
    """What an answer says, whole or in events."""
    if not body.startswith((b"data: ", b": ")):
        message: dict[str, Any] = json.loads(body)["choices"][0]["message"]
        return str(message["content"])
    events = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in json.loads(event).get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
