"""Fake vendors that speak real protocols over real HTTP, keep a log of their calls, and misbehave on request."""
