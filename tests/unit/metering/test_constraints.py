"""Whatever a constraint refuses is told in a sentence, never by the constraint's name."""

import pytest
from django.apps import apps
from django.db.models import BaseConstraint, CheckConstraint, UniqueConstraint

CONSTRAINTS = [
    pytest.param(constraint, id=constraint.name)
    for model in apps.get_app_config("metering").get_models()
    for constraint in model._meta.constraints
]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_it_says_what_is_wrong(constraint: BaseConstraint) -> None:
    if isinstance(constraint, UniqueConstraint) and constraint.fields and constraint.condition is None:
        return  # Django names the fields: "Team with this Tenant and Slug already exists."
    message = str(constraint.get_violation_error_message())
    assert constraint.name not in message
    assert message.endswith(".")
    assert message != CheckConstraint.default_violation_error_message


def test_there_are_many() -> None:
    assert len(CONSTRAINTS) > 35
