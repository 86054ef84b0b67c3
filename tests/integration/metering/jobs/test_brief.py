"""Whoever is frozen in the middle of a job's transaction keeps nobody waiting for long."""

import threading
import time
from typing import Any

import pytest
from django.db import Error, connection

from metering.ids import uuid7
from metering.jobs.brief import IDLE_S, brief_transaction
from metering.jobs.end import event, tell
from metering.jobs.lease import claim, mine
from metering.models import TaskJob
from tests.integration.metering.jobs.new_job import new_job


@pytest.mark.django_db(transaction=True)
def test_a_row_that_a_frozen_runner_has_locked_is_free_again_soon() -> None:
    job = claim(new_job().pk, uuid7())
    assert job is not None
    TaskJob.objects.filter(pk=job.pk).update(leased_until="2000-01-01T00:00Z")
    locked, found = threading.Event(), dict[str, Any]()

    def freeze() -> None:
        try:
            with brief_transaction():
                mine(job).select_for_update().exists()
                locked.set()
                time.sleep(IDLE_S + 1)
                mine(job).update(progress=99)
        except Error as error:
            found["error"] = error
        finally:
            connection.close()

    thread = threading.Thread(target=freeze)
    thread.start()
    assert locked.wait(10)
    begun_s = time.monotonic()
    assert claim(job.pk, uuid7()) is None
    assert time.monotonic() - begun_s < IDLE_S / 2, "nobody waits for a locked row"
    with pytest.raises(Error):
        tell(job, [event("delta")])
    thread.join()
    assert isinstance(found["error"], Error)
    taken_on = claim(job.pk, uuid7())
    assert taken_on is not None
    assert taken_on.progress == 0
