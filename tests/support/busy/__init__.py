"""The parts of the busy world (tests/support/busy_world.py)."""
