"""How thoroughly properties are searched: the same examples each time, or new and many ones.

`HYPOTHESIS_PROFILE=search` looks for new counterexamples, fifty times as long.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "steady")
FACTOR = 50 if PROFILE == "search" else 1
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def register_profiles() -> None:
    """Once, before tests are collected. Without a deadline: a busy machine is no failure."""
    settings.register_profile("steady", derandomize=True, deadline=None, database=None)
    settings.register_profile("search", max_examples=100 * FACTOR, deadline=None, print_blob=True)
    settings.load_profile(PROFILE)


def thorough(examples: int, **facts: Any) -> settings:
    """Settings for a property whose examples are dear: so many of them, and more when searching."""
    return settings(max_examples=examples * FACTOR, suppress_health_check=SLOW, **facts)
