"""Composition of the gateway: settings, wiring and the HTTP surfaces."""
