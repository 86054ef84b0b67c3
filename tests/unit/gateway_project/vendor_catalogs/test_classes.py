from decimal import Decimal

import pytest

from gateway_project.vendor_catalogs.classes import class_of


@pytest.mark.parametrize(
    ("of_input", "of_output", "code"),
    [
        ("0", "0", "BASE_S"),
        ("0.5", "0.5", "BASE_S"),
        ("0.5", "0.51", "BASE_M"),
        ("1", "5", "BASE_M"),
        ("2.5", "10", "PRO_M"),
        ("5", "25", "PRO_L"),
        ("10", "30", "ADVANCED"),
    ],
)
def test_dearer_models_are_in_higher_classes(of_input: str, of_output: str, code: str) -> None:
    assert class_of({"input": Decimal(of_input), "output": Decimal(of_output)}) == code
