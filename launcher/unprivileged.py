"""Run a program without the powers of root although we are root: `unprivileged.py USER KEEP PROGRAM ARGUMENTS...`.

USER is the number of an ordinary user; or `hidden`, where the user cannot be changed (a container that maps only root)
and a user namespace shows root to the program as "nobody" instead; or `root`, for a program that needs root's files.
None of them has a capability, nor can it get one. KEEP names those that are kept all the same, by their numbers
separated by commas; `-` for none.

The program starts in the folder that this one is started in, which an ordinary user could perhaps not enter. So it is
reached there as /proc/self/cwd. A program that such a user could not find is opened before.

This file is executed by its path and imports nothing of the project.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

CAPABILITY_VERSION_3 = 0x20080522
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
HIDDEN, ROOT = "hidden", "root"
MOST = 64
"""More capabilities than there are."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def become(user: str, kept: frozenset[int]) -> None:
    """Another user, or the same, without capabilities but those that are kept."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    if user == HIDDEN:
        _hide_root()
    elif user != ROOT:
        os.setgroups([])
    _bound(kept)
    if user not in (HIDDEN, ROOT):
        uid = int(user)
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    mask = sum(1 << number for number in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Two records of effective, permitted, inheritable: capabilities 0 to 31, then the rest.
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)))


def _bound(kept: frozenset[int]) -> None:
    """No program that is started from here has more than what is kept."""
    for number in range(MOST):
        if number not in kept and _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            if ctypes.get_errno() == errno.EINVAL:  # there are no more
                return
            if ctypes.get_errno() == errno.EPERM:  # a container kept this from us; no_new_privs says the same
                return
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _hide_root() -> None:
    """Enter a user namespace in which root's files and processes carry the name of nobody."""
    uid, gid = os.getuid(), os.getgid()
    _check(_libc.unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def main() -> None:
    user, keep, *program = sys.argv[1:]
    kept = frozenset() if keep == "-" else frozenset(map(int, keep.split(",")))
    try:
        opened = os.open(program[0], os.O_RDONLY | os.O_CLOEXEC)
        become(user, kept)
        try:
            os.execv(program[0], program)  # noqa: S606
        except PermissionError:  # on the way to it is a folder that this user may not enter
            os.execve(opened, program, os.environ)  # noqa: S606
    except OSError as error:
        sys.exit(f"cannot run {program[0]} as user {user}: {error}")


if __name__ == "__main__":
    main()
