"""Figures that people look at: usage over time, by whom and what, against the period before.

They are added up from rollups and, for what no rollup covers yet, from the ledger's rows, so that a figure is the one
that `metering.usage.summary` would tell. Selectors, but for `saved_views.py`: what writes rollups is
`metering/rollups/`.
"""
