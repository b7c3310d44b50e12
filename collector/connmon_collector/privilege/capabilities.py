"""What we may do: decided by capability, never by uid. Root in a container may lack some."""

import os
import sys
from collections.abc import Iterable
from enum import IntEnum

from connmon_collector import syscalls


class Capability(IntEnum):
    """The capabilities that the collector knows, by their bit (linux/capability.h)."""

    DAC_READ_SEARCH = 2
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    NET_BROADCAST = 11
    NET_ADMIN = 12
    NET_RAW = 13
    IPC_LOCK = 14
    SYS_PTRACE = 19
    SYS_ADMIN = 21
    SYS_NICE = 23
    SYS_RESOURCE = 24
    PERFMON = 38

    def __str__(self) -> str:
        return f"CAP_{self.name}"


#: Both together show which process holds a socket; only they are kept after the start.
KEPT = (Capability.SYS_PTRACE, Capability.DAC_READ_SEARCH)


def mask_of(capabilities: Iterable[Capability]) -> int:
    """Return the bits that stand for `capabilities`."""
    return sum(1 << capability for capability in set(capabilities))


def missing(wanted: Iterable[Capability]) -> tuple[Capability, ...]:
    """Return those of `wanted` that are not in effect."""
    effective = _effective()
    return tuple(capability for capability in wanted if not effective >> capability & 1)


def has(*wanted: Capability) -> bool:
    """Return whether all of `wanted` are in effect."""
    return not missing(wanted)


def sees_processes() -> bool:
    """Return whether every process may be looked into, so that root would see no more."""
    return has(*KEPT)


if sys.platform == "linux":

    def _effective() -> int:
        return syscalls.capget().effective

else:
    _ALL = -1

    def _effective() -> int:
        """Return everything for root, nothing for others: there are no capabilities here."""
        return _ALL if sys.platform != "win32" and os.geteuid() == 0 else 0
