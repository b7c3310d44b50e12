"""Descriptors of processes as /proc shows them (proc(5), /proc/PID/fd)."""

import os

_SOCKET_LINK = "socket:["  # a socket's descriptor links to socket:[INODE]
_START_TIME = 19  # the place of field 22 behind the name, counted from 0


def descriptors(proc: str, pid: int) -> list[str]:
    """Return the numbers of a process's descriptors; none when it has ended meanwhile.

    Raises:
        PermissionError: we may not look.
    """
    # Plain strings here: a Path for each descriptor would cost as much as the rest.
    try:
        return os.listdir(f"{proc}/{pid}/fd")  # noqa: PTH208
    except PermissionError:
        raise
    except OSError:
        return []  # nothing about a foreign process may end us


def socket_inode(proc: str, pid: int, descriptor: str) -> int:
    """Return the inode of the socket behind a descriptor, 0 when there is none (any more).

    Raises:
        PermissionError: we may not look.
    """
    try:
        target = os.readlink(f"{proc}/{pid}/fd/{descriptor}")  # noqa: PTH115
    except PermissionError:
        raise
    except OSError:
        return 0  # gone, or a path that is longer than any (ENAMETOOLONG): no socket
    return int(target[len(_SOCKET_LINK) : -1]) if target.startswith(_SOCKET_LINK) else 0


def birth(proc: str, pid: int) -> int:
    """Return when a process began, in clock ticks since boot (proc(5), stat, field 22).

    0 when it has ended meanwhile or is hidden: there is nothing to be read of it.
    """
    try:
        with open(f"{proc}/{pid}/stat", "rb") as file:  # noqa: PTH123 - as above
            said = file.read()
    except OSError:
        return 0
    return int(said.rpartition(b")")[2].split()[_START_TIME])
