"""Run a program within limits: `confined.py CPU_SECONDS DATA_BYTES PROGRAM ARGUMENTS...`.

It may use that much processor time and memory of its own, writes no file, leaves no core, and has no way to more
powers. This file is executed by its path and imports nothing of the project.
"""

import ctypes
import os
import resource
import sys

PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    cpu_s, data_bytes, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    limits = {resource.RLIMIT_CPU: cpu_s, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    if sys.platform == "linux":  # macOS refuses this limit
        limits[resource.RLIMIT_DATA] = data_bytes
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(limit, (value, value))
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main()
