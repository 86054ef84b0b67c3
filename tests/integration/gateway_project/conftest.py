"""Each test is a process that has told nobody anything yet."""

import pytest

from gateway_project.vendor_configs import told


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()
