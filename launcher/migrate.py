"""`script/migrate`: bring the database up to date, and perhaps a file into it, for several servers together."""

import argparse

from launcher.commands import load_config, migrate, set_up_django
from launcher.configuration import load_state_dir
from launcher.stack import running_stack


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/migrate", description="Bring the database up to date.")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="a catalog, or the file of the proxy mode, the proxy service or LiteLLM, loaded afterwards",
    )
    options = parser.parse_args(arguments)
    with running_stack(load_state_dir()) as stack:
        set_up_django(stack)
        migrate(stack)
        if options.config is not None:
            load_config(options.config)
    return 0
