"""A Responses call as the counting of tokens looks at it: as the chat completion that asks the same."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from providers.port import ProviderCall, ProviderError
from providers.responses.request import chat_request

NOT_COUNTABLE: dict[str, Any] = {"messages": [{"content": [{"type": "unknown"}]}]}
"""Stands for a request that holds more than can be counted here."""


class Counted:
    """Made for every answer; the request is only translated where the vendor reports too little."""

    def __init__(self, call: ProviderCall) -> None:
        self._call = call

    @property
    def model(self) -> str:
        return self._call.model

    @property
    def output_limit(self) -> int:
        return self._call.output_limit

    @cached_property
    def body(self) -> Mapping[str, Any]:
        try:
            return chat_request(self._call.body)
        except ProviderError:
            return NOT_COUNTABLE
