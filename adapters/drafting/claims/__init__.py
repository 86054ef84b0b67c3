"""Checks patent claims for faults of form, without I/O and without a model: `check_claims` is all of it."""

from adapters.drafting.claims.check import check_claims
from adapters.drafting.claims.finding import RULES, Finding
from adapters.drafting.claims.split import Claim, split_claims
from adapters.drafting.claims.support import term_support

__all__ = ["RULES", "Claim", "Finding", "check_claims", "split_claims", "term_support"]
