#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL or REDIS_URL it runs on the embedded servers of the state folder."""

import os
import sys
import traceback

# These use no server, so none is started for them.
SERVERLESS = frozenset(
    {"help", "version", "--help", "-h", "--version", "check", "check_claims", "make_catalogs", "spectacular"}
)

# A command whose exit status 1 says something else says 2 when it could not run.
COULD_NOT_RUN = {"verify_ledger": 2}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_project.settings")
    from django.core.exceptions import ImproperlyConfigured

    from launcher.errors import LauncherError

    could_not_run = COULD_NOT_RUN.get("".join(sys.argv[1:2]), 1)
    try:
        run()
    except (ImproperlyConfigured, LauncherError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(could_not_run)
    except Exception:  # noqa: BLE001 # whatever it is, it is no verdict on the books
        traceback.print_exc()
        sys.exit(could_not_run)


def run() -> None:
    from django.core.management import execute_from_command_line

    if not SERVERLESS.isdisjoint([*sys.argv[1:], "help"][:1]):
        execute_from_command_line(sys.argv)
        return

    from launcher.configuration import load_state_dir
    from launcher.stack import running_stack

    with running_stack(load_state_dir()) as stack:
        os.environ.update(stack.environment())
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
