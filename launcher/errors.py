"""What can go wrong on a developer's machine, each told in one sentence."""


class LauncherError(Exception):
    """The run cannot go on; the message is a sentence for the person at the terminal."""
