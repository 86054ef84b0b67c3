"""What granian's workers import: the application, in a process that does not outlive granian's own.

granian ends its workers when it ends in good order; killed, it would leave them behind on the port.
"""

import os
import sys

from gateway_project.asgi import application
from gateway_project.local.die_with_parent import end_when_parent_dies

__all__ = ["application"]

if not end_when_parent_dies(os.getppid()):
    sys.exit(1)
