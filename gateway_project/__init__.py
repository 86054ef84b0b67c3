"""Composition of the gateway: settings, wiring and the HTTP surfaces."""

from gateway_project.collector import collect_less_often

# Here, since every process comes by before it loads anything large: with Python's own thresholds a sixth of what a
# start takes goes into walking through objects that stay.
collect_less_often()
