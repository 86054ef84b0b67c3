"""What can go wrong on a developer's machine, each told in one sentence."""


class LauncherError(Exception):
    """The run cannot go on; the message is a sentence for the person at the terminal."""

    status = 1
    """What the program ends with."""


class ConfigRefused(LauncherError):
    """The file of `--config` cannot be used; the message says why, line by line."""

    status = 2
