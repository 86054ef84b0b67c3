"""Usage added up beforehand, so that a report reads few rows: quarters of an hour, and days of each zone.

A unit (`levels.py`) is always added up whole from the lines that `metering.usage` reports, by the expressions of
`measures.py`, and is good until a line of it is recorded anew (`changed.py`). Invariant: a good unit's rows are the
sums of its lines. Whoever reads takes good units and, for all other time, the lines (metering/reports/plan.py).
"""
