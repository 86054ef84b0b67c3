"""The words that a budget may use: what is counted, in which windows, and whose use."""

from metering.types import Dimension, ExpiryCharge, SubjectType, Window

DIMENSIONS = [dimension.value for dimension in Dimension if dimension is not Dimension.CONCURRENCY]
WINDOWS = [window.value for window in Window if window is not Window.NONE]
SUBJECTS = [
    subject.value for subject in SubjectType if subject not in (SubjectType.GLOBAL, SubjectType.PROVIDER)
]
"""Whose use a plan's budget may count."""
CHARGES = [charge.value for charge in ExpiryCharge]
