"""Run a program as an ordinary user although we are root: `unprivileged.py UID PROGRAM ARGUMENTS...`.

PostgreSQL refuses to run as root. Changing the user alone is not enough, because a clone may lie in a folder only
root may enter, so one capability is kept across the change: to pass file permissions (CAP_DAC_OVERRIDE), handed on
to the program as an ambient capability. Where the user cannot be changed (a container that maps only root), UID is
0 and a user namespace shows root to the program as "nobody" instead.

This file is executed by its path and imports nothing of the project.
"""

import ctypes
import os
import sys
from pathlib import Path

CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CLONE_NEWUSER = 0x10000000
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def change_user(uid: int) -> None:
    """Become `uid`, keeping only the capability to pass file permissions."""
    # Without this bit the change of user drops all capabilities, and access(2), by which PostgreSQL looks for its
    # own programs, leaves those of an ordinary user out of account.
    _check(_libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Two records of effective, permitted, inheritable: capabilities 0 to 31, then the rest.
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)))
    _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def hide_root() -> None:
    """Enter a user namespace in which root's files and processes carry the name of nobody."""
    uid, gid = os.getuid(), os.getgid()
    _check(_libc.unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def main() -> None:
    uid, program = int(sys.argv[1]), sys.argv[2:]
    try:
        change_user(uid) if uid else hide_root()
        os.execv(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"cannot run {program[0]} as user {uid or NOBODY}: {error}")


if __name__ == "__main__":
    main()
