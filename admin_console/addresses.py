"""Addresses of pages without parameters: a page of the console has hundreds of them, which Django would work out anew
each time.
"""

from functools import lru_cache

from django.urls import get_script_prefix, reverse
from django.utils.functional import lazy

MOST = 1_000
"""More than there are pages."""


def address_of(name: str) -> str:
    """Return the address of a page by its name, as `reverse` does, but reversed once and kept."""
    return _address(name, get_script_prefix())


@lru_cache(MOST)
def _address(name: str, prefix: str) -> str:
    return reverse(name)


address_later = lazy(address_of, str)
"""The same where the addresses are not known yet."""
