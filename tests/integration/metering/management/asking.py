"""Commands as a person or a script runs them."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


def text(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def answer(name: str, *arguments: str) -> Any:
    return json.loads(text(name, *arguments, "--json"))


def refusal(name: str, *arguments: str) -> CommandError:
    output = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(name, *arguments, "--json", stdout=output)
    assert output.getvalue() == ""
    return refused.value
