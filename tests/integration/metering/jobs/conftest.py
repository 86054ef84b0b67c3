from typing import Any

import pytest

from metering.models import TaskJob
from tests.integration.metering.jobs.new_job import new_job


@pytest.fixture
def job(db: Any) -> TaskJob:
    """A job that nobody has begun."""
    return new_job()
