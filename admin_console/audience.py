"""Whom a page of the console is for."""

from enum import Enum, auto


class Audience(Enum):
    """Each of them contains those before it."""

    OPERATORS = auto()
    """Super admins."""
    ADMINS = auto()
    """And a tenant's own administrators, who see their tenant."""
    EVERYBODY = auto()
    """And members, who see what is theirs."""
