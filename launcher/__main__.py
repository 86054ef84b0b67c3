"""The programs behind script/: `python -m launcher demo|server|worker|beat|migrate|test|check|bench ARGUMENTS`.

Whatever goes wrong in a foreseeable way is one line on standard error and a non-zero exit status.
"""

import importlib
import sys

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError

from launcher.errors import LauncherError
from launcher.signals import Stopped, raise_stopped_on_signals


def main() -> int:
    launcher = importlib.import_module(f"launcher.{sys.argv[1]}")
    raise_stopped_on_signals()
    status = 1
    try:
        return int(launcher.main(sys.argv[2:]))
    except Stopped:
        return 130
    except LauncherError as error:
        reason, status = str(error), error.status
    except ImproperlyConfigured as error:
        reason = str(error)
    except (psycopg.Error, DatabaseError) as error:
        reason = f"the database refused: {str(error).strip().splitlines()[0]}"
    except OSError as error:
        reason = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    print(f"error: {reason}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
