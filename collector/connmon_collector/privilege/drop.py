"""Linux: become an ordinary user for good, and keep two capabilities.

Called when every privileged descriptor is open and before the first thread is made: capabilities
belong to a thread, and ZeroMQ's would keep root's. Afterwards no bug in what handles messages can
write a file, load a module into the kernel or become root; all it can do is read.
"""

import os
import resource
import sys
from pathlib import Path
from typing import NamedTuple

from connmon_collector.privilege.capabilities import KEPT, Capability, has, mask_of
from connmon_collector.syscalls import CapabilitySets, capget, capset, prctl
from connmon_shared.stage.runtime import Account

assert sys.platform == "linux"  # noqa: S101 - how a type checker learns whose module this is

# linux/prctl.h
_PR_SET_DUMPABLE = 4
_PR_SET_KEEPCAPS = 8
_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 38, 39
#: NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each with its lock; KEEP_CAPS locked at 0.
_SECUREBITS = 0b1110_1111
_CAPABILITIES = 64  # no kernel knows more
_STATUS = Path("/proc/self/status")
_TASKS = Path("/proc/self/task")


class PrivilegeError(Exception):
    """Root could not be given up; the text says why."""


class Dropped(NamedTuple):
    """What is left after the drop."""

    kept: int  # mask of capabilities
    lacking: tuple[Capability, ...]  # that even root did not have


def drop(account: Account) -> Dropped:
    """Give up all but the two capabilities, and root for `account`, for good.

    An ordinary user without capabilities only loses the ability to gain any.

    Raises:
        PrivilegeError: something was not given up. Go no further.
    """
    try:
        return _drop(account)
    except OSError as error:
        raise PrivilegeError(
            f"cannot give up root here ({error.strerror}): run it as an ordinary user"
        ) from error


def _drop(account: Account) -> Dropped:
    permitted = capget().permitted
    is_root = 0 in os.getresuid()
    kept = permitted & mask_of(KEPT)
    if permitted or is_root:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds what we have read
        bounded = _close_ways_back()
        if is_root:
            _become(account)
        capset(CapabilitySets(effective=kept, permitted=kept, inheritable=0))
        prctl(_PR_SET_DUMPABLE, 0)  # that user's other processes may not trace us
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _verify(account if is_root else None, kept, bounded=bounded)
    else:
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
    lacking = tuple(each for each in KEPT if is_root and not kept >> each & 1)
    return Dropped(kept, lacking)


def _close_ways_back() -> bool:
    """Let no program that we might start gain anything; return whether we may say so.

    Without CAP_SETPCAP we may not: NO_NEW_PRIVS says it as well, this is the second lock.
    """
    if not has(Capability.SETPCAP):
        prctl(_PR_SET_KEEPCAPS, 1)
        return False
    for number in range(_CAPABILITIES):
        if not _bounded(number):
            prctl(_PR_CAPBSET_DROP, number)
    try:
        prctl(_PR_SET_SECUREBITS, _SECUREBITS)
    except OSError:  # a sandbox without
        prctl(_PR_SET_KEEPCAPS, 1)
    return True


def _bounded(number: int) -> bool:
    try:
        return not prctl(_PR_CAPBSET_READ, number)
    except OSError:
        return True  # this kernel has no such capability


def _become(account: Account) -> None:
    os.setgroups([])
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)


def _verify(account: Account | None, kept: int, *, bounded: bool) -> None:
    """Ask the kernel whether all that was given up is gone.

    Raises:
        PrivilegeError: it is not.
    """
    said = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").splitlines())
    expected = {"CapPrm": kept, "CapEff": kept, "CapInh": 0, "CapAmb": 0}
    if bounded:
        expected["CapBnd"] = 0
    # A sandbox that knows no such set has no such line.
    wrong = [name for name, mask in expected.items() if int(said.get(name, "0"), 16) != mask]
    if capget() != CapabilitySets(kept, kept, 0):
        wrong.append("capget")
    if prctl(_PR_GET_NO_NEW_PRIVS) != 1:
        wrong.append("NoNewPrivs")
    if len(list(_TASKS.iterdir())) != 1:
        wrong.append("Threads")
    if account is not None:
        wrong += _wrong_ids(account)
    if wrong:
        raise PrivilegeError(f"root was not given up completely ({', '.join(wrong)})")


def _wrong_ids(account: Account) -> list[str]:
    found = {
        "Uid": set(os.getresuid()) == {account.uid},
        "Gid": set(os.getresgid()) == {account.gid},
        "Groups": not os.getgroups(),
        "setuid(0)": _refused(),
    }
    return [name for name, right in found.items() if not right]


def _refused() -> bool:
    """Return whether root cannot be regained."""
    try:
        os.setuid(0)
    except PermissionError:
        return True
    return False
