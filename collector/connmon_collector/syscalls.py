"""The few system calls of Linux that Python does not offer. The only module that uses ctypes.

Each wrapper takes and returns plain values and raises OSError. Nothing of the C library is looked
up before the first call, so that other systems can import this.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from functools import cache
from typing import NamedTuple

# By machine and width in bits. Others number their ioctls or lay out bit fields in another way.
# From the kernel's arch/*/…/syscall*.tbl and include/uapi/asm-generic/unistd.h.
_PERF_EVENT_OPEN = {
    ("x86_64", 64): 298,
    ("aarch64", 64): 241,
    ("riscv64", 64): 241,
    ("loongarch64", 64): 241,
}
_MACHINE = platform.machine()
_BITS = struct.calcsize("P") * 8
_CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3: two words of 32 bits per set
_HALF = 32


class CapabilitySets(NamedTuple):
    """The capabilities of this thread, each set as a mask of bits."""

    effective: int
    permitted: int
    inheritable: int


def perf_event_open(attributes: bytes, pid: int, cpu: int, group: int, flags: int) -> int:
    """Return a new descriptor for the event that `attributes` (struct perf_event_attr) describe.

    Raises:
        OSError: the kernel refuses; ENOSYS also where the call's number is not known.
    """
    number = _PERF_EVENT_OPEN.get((_MACHINE, _BITS))
    if number is None:
        raise OSError(errno.ENOSYS, f"perf_event_open is not known on {_MACHINE} ({_BITS} bits)")
    call = _function("syscall")
    call.restype = ctypes.c_long
    return _checked(
        call(
            ctypes.c_long(number),
            ctypes.c_char_p(attributes),
            ctypes.c_int(pid),
            ctypes.c_int(cpu),
            ctypes.c_int(group),
            ctypes.c_ulong(flags),
        )
    )


def prctl(option: int, arg2: int = 0, arg3: int = 0, arg4: int = 0, arg5: int = 0) -> int:
    """Change or return one property of this process or thread (prctl(2)).

    Raises:
        OSError: the kernel refuses.
    """
    rest = (ctypes.c_ulong(value) for value in (arg2, arg3, arg4, arg5))
    return _checked(_function("prctl")(ctypes.c_int(option), *rest))


def setns(descriptor: int, kind: int) -> None:
    """Move this thread into the namespace behind `descriptor` (os.setns is of Python 3.12).

    Raises:
        OSError: the kernel refuses.
    """
    _checked(_function("setns")(ctypes.c_int(descriptor), ctypes.c_int(kind)))


def mallopt(option: int, value: int) -> None:
    """Change how the C library manages memory (mallopt(3)).

    Raises:
        OSError: it has no such function, or does not know the option.
    """
    if not _function("mallopt")(ctypes.c_int(option), ctypes.c_int(value)):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def capget() -> CapabilitySets:
    """Return the capabilities of this thread.

    Raises:
        OSError: the kernel refuses.
    """
    words = (ctypes.c_uint32 * 6)()
    _checked(_function("capget")(ctypes.byref(_header()), ctypes.byref(words)))
    low, high = words[:3], words[3:]
    return CapabilitySets(*(a | b << _HALF for a, b in zip(low, high, strict=True)))


def capset(sets: CapabilitySets) -> None:
    """Set the capabilities of this thread.

    Raises:
        OSError: the kernel refuses.
    """
    low = [mask & 0xFFFFFFFF for mask in sets]
    words = (ctypes.c_uint32 * 6)(*low, *(mask >> _HALF for mask in sets))
    _checked(_function("capset")(ctypes.byref(_header()), ctypes.byref(words)))


def _header() -> "ctypes.Array[ctypes.c_uint32]":
    """Return the header of capget and capset: version, and pid 0 for this thread."""
    return (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)


@cache
def _function(name: str) -> "ctypes._NamedFuncPointer":
    """Return a function of the C library.

    Raises:
        OSError: it has no such function.
    """
    try:
        function = getattr(_libc(), name)
    except AttributeError:
        raise OSError(errno.ENOSYS, f"the C library has no {name}()") from None
    return function  # type: ignore[no-any-return]


if sys.platform == "linux":

    @cache
    def _libc() -> ctypes.CDLL:
        return ctypes.CDLL(None, use_errno=True)

else:

    def _libc() -> ctypes.CDLL:
        raise OSError(errno.ENOSYS, "only Linux has these system calls")


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
