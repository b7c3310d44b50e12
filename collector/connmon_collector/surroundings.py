"""Linux: where we run: in a container, in a user namespace, closed off from how many processes."""

import os
from pathlib import Path

_FIRST_PID_NAMESPACE = "pid:[4026531836]"  # the kernel numbers only this one itself
_KERNEL_THREAD = "/proc/2"  # the first of them, where all processes are to be seen
_USERS = Path("/proc/self/uid_map")
_EVERYBODY = ["0", "0", "4294967295"]  # of a system without user namespaces, or outside of all


def confined() -> bool:
    """Return whether our capabilities count only inside a user namespace."""
    return _USERS.exists() and read(_USERS).split() != _EVERYBODY


def rootless() -> bool:
    """Return whether we are in a user namespace in which nobody is root."""
    return confined() and "0" not in read(_USERS).split()[::3]


def alone() -> bool:
    """Return whether we see only the processes of a container."""
    return _link("/proc/self/ns/pid") not in {"", _FIRST_PID_NAMESPACE}


def apart() -> bool:
    """Return whether our network is another one than the machine's, which kernel threads are in."""
    return not alone() and _link(_KERNEL_THREAD + "/ns/net") not in {"", _link("/proc/self/ns/net")}


def withheld() -> tuple[int, int]:
    """Return how many processes are closed to us, and of how many."""
    opened = closed = 0
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                (process / "ns/net").readlink()
            except PermissionError:
                closed += 1
            except OSError:
                continue  # it has ended
            else:
                opened += 1
    return closed, closed + opened


def read(file: str | Path) -> str:
    """Return the text of a file, empty where it cannot be read."""
    try:
        return Path(file).read_text("utf-8", "replace")
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - a string is what is wanted
    except OSError:
        return ""  # a sandbox without, or hidden
