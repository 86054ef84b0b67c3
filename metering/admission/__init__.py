"""Whether a call may be made: what it is planned to use, what limits it, and which of them says no."""
