"""What tests of the drafting task share: three inventions, and runs of the task with the sandbox."""

from typing import Any

import msgspec

from adapters.drafting.adapter import DraftingAdapter
from metering.ports import TaskRequest
from metering.types import Task
from tests.support.spending import CountingSpending
from tests.support.workspace import MemoryWorkspace

MACHINE = (
    "A coffee machine comprises a housing 10, a water tank 12 and a pump 14. The pump 14 draws water from the water "
    "tank 12 and feeds a boiler 16. A temperature sensor 20 measures the temperature of the water in the boiler 16. If "
    "the water is too cold, a controller 18 switches a heating element 22 on. The controller 18 is connected to the "
    "temperature sensor 20 and switches the pump 14 off when the water tank 12 is empty. This avoids damage to the "
    "pump 14. FIG. 1 shows the coffee machine in section."
)
CLEANING = (
    "A method for cleaning a membrane filter in a water treatment plant. A pressure difference across the membrane is "
    "measured. If the pressure difference exceeds a threshold value, the feed flow is interrupted. Then a cleaning "
    "solution is pumped through the membrane in the reverse direction. The cleaning solution contains citric acid. Air "
    "bubbles are injected into the cleaning solution so that deposits are loosened. After a holding time, the membrane "
    "is rinsed with clean water and the feed flow is restored. Known methods clean at fixed intervals and waste water."
)
PAYMENTS = (
    "The invention concerns a system for detecting fraudulent payments. A gateway server receives a payment request "
    "from a client device. A feature extractor computes a feature vector from the payment request and a transaction "
    "history. A scoring model assigns a risk score to the feature vector. If the risk score is above a threshold, a "
    "review queue holds the payment request. An analyst marks the payment request as fraudulent or genuine. A training "
    "module updates the scoring model with the marked payment requests. Existing systems use fixed rules, which "
    "attackers learn quickly."
)
COOLING = (
    "A cooling system 10 for a battery has a pump 12, a cold plate 14 and a controller 16. The pump 12 draws coolant "
    "from a tank 18. The controller 16 reads a temperature sensor 20 and sets the speed of the pump 12."
)
INVENTIONS = {"device": MACHINE, "numbered": COOLING, "method": CLEANING, "system": PAYMENTS}
ALL = ["title", "field", "background", "summary", "drawings", "description", "claims", "abstract"]
Json = dict[str, Any]


def wanted(workspace: MemoryWorkspace | None = None, *, work_id: str = "", **fields: Any) -> TaskRequest:
    """A request for a draft; about the coffee machine, unless it goes on with one or says otherwise."""
    given = fields if {"draft_id", "disclosure"} & set(fields) else {"disclosure": MACHINE, **fields}
    return TaskRequest(
        task=Task.DRAFTING, input=given, limits={}, workspace=workspace or MemoryWorkspace(), work_id=work_id
    )


async def drafted(request: TaskRequest, spending: CountingSpending | None = None) -> Json:
    result: Json = msgspec.json.decode(
        await DraftingAdapter().execute(request, spending or CountingSpending())
    )
    return result


async def events(request: TaskRequest, spending: CountingSpending | None = None) -> list[Json]:
    stream = DraftingAdapter().stream(request, spending or CountingSpending())
    return [msgspec.json.decode(event) async for event in stream]


def texts(result: Json) -> dict[str, str]:
    """The sections' texts by code."""
    return {section["code"]: section["text"] for section in result["sections"]}


def asked_for(spending: CountingSpending) -> list[str]:
    """The sections that the model was asked for, call by call."""
    names = [body["response_format"]["json_schema"]["name"] for body in spending.asked]
    return [name.removeprefix("draft_") for name in names]


def errors(result: Json) -> list[Json]:
    return [finding for finding in result["findings"] if finding["severity"] == "error"]


def text_answer(text: str) -> str:
    """What a model answers for a section of text."""
    return msgspec.json.encode({"text": text}).decode()


def claims_answer(*claims: str) -> str:
    """What a model answers for the claims."""
    numbered = [{"number": number, "text": text} for number, text in enumerate(claims, 1)]
    return msgspec.json.encode({"claims": numbered}).decode()
