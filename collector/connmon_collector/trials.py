"""Linux: what `--check` tries, as a start would do it. Nothing stays open, or changed.

A capability is judged by what it is for: where something else grants the same it is not missed,
and a user namespace or a sandbox grants less than it says.
"""

import contextlib
import os
import resource
import socket
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from connmon_collector.findings import Right, Tracefs
from connmon_collector.observed_names.capture import Capture
from connmon_collector.privilege.capabilities import KEPT, Capability, has, sees_processes
from connmon_collector.sources.diag_sockets import EVENT_BUFFER_BYTES
from connmon_collector.sources.events import perf
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.stream import Stream
from connmon_collector.sources.events.tracepoints import MOUNTS
from connmon_collector.sources.sock_diag.netlink import AF_NETLINK, NETLINK_SOCK_DIAG
from connmon_collector.surroundings import confined, read, withheld
from connmon_shared.stage.runtime import Runtime

assert sys.platform == "linux"  # noqa: S101 - how a type checker learns whose module this is

_SO_RCVBUFFORCE = 33  # asm-generic/socket.h
_SOL_NETLINK, _NETLINK_LISTEN_ALL_NSID = 270, 8  # linux/socket.h, linux/netlink.h
_NEWS_BYTES = 1_280  # what the news of a destroyed socket takes of a buffer
_MOST_NEWS = 2 * EVENT_BUFFER_BYTES // _NEWS_BYTES  # the kernel doubles what is asked for
_PRIORITY = 1  # that a start asks for
_TEXT_BYTES = 4_096
_REFUSED = "not permitted"
_UNFINISHED = "the process that tried it was ended"

_ALWAYS = (
    Capability.SETUID,
    Capability.SETGID,
    Capability.SETPCAP,
    *KEPT,
)
_WANTED = {
    "psutil": _ALWAYS,
    "poll": (*_ALWAYS, Capability.NET_ADMIN),
    "events": (
        *_ALWAYS,
        Capability.NET_ADMIN,
        Capability.PERFMON,
        Capability.IPC_LOCK,
        Capability.SYS_NICE,
        Capability.SYS_RESOURCE,
        Capability.NET_BROADCAST,
        Capability.SYS_ADMIN,
    ),
}


def rights(source: str, *, heard: bool, root: bool) -> list[Right]:
    """Return the capabilities that a source wants.

    Args:
        source: as it was asked for.
        heard: whether the kernel's events can be listened to.
        root: whether we are.
    """
    trials = _trials(heard=heard, root=root)
    wanted = _WANTED["events" if source == "auto" else source]
    return [Right(each, has(each), trials[each]()) for each in wanted]


def name_right(names: str) -> Right:
    """Return the one that observing names takes; `names` is why that does not work, if so."""
    return Right(Capability.NET_RAW, has(Capability.NET_RAW), not names)


def names() -> str:
    """Return why no names can be observed, empty if they can."""
    try:
        Capture().close()
    except OSError as error:
        return os.strerror(error.errno or 0)
    return ""


def refusal(runtime: Runtime) -> str:
    """Return why root cannot be given up, empty if it can."""
    from connmon_collector.privilege.drop import PrivilegeError, drop  # noqa: PLC0415

    def give_up() -> str:
        try:
            drop(runtime.collector_account())
        except PrivilegeError as error:
            return str(error)
        return ""

    return _in_child(give_up)


def tracefs() -> Tracefs:
    """Return what there is of it."""
    if any(map(_listed, MOUNTS)):
        return Tracefs.READABLE
    if "\ttracefs\n" not in read("/proc/filesystems"):
        return Tracefs.ABSENT
    return Tracefs.CLOSED if any(map(_mounted, MOUNTS)) else Tracefs.UNMOUNTED


def room() -> int:
    """Return how many destroyed sockets the kernel may keep for us until we ask."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, EVENT_BUFFER_BYTES)
        except PermissionError:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, EVENT_BUFFER_BYTES)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _NEWS_BYTES


def closed_networks() -> int:
    """Return how many network namespaces cannot be entered."""
    try:
        with contextlib.closing(Networks()) as networks:
            return networks.unreachable
    except OSError:
        return 0  # nobody can tell; `events` does not work then


def _trials(*, heard: bool, root: bool) -> Mapping[Capability, Callable[[], bool]]:
    """Return how to find out whether what a capability is for works."""

    def counts(capability: Capability) -> bool:
        return has(capability) and not confined()

    def own(capability: Capability) -> bool:
        return has(capability) or not root

    trials: dict[Capability, Callable[[], bool]] = {
        Capability.SYS_NICE: lambda: not _in_child(_go_first),
        Capability.SYS_RESOURCE: lambda: not _in_child(_may_go_first_again),
        Capability.NET_ADMIN: lambda: room() >= _MOST_NEWS,
        Capability.NET_BROADCAST: _hears_all_networks,
        Capability.PERFMON: lambda: (
            heard or counts(Capability.PERFMON) or counts(Capability.SYS_ADMIN)
        ),
        Capability.IPC_LOCK: lambda: _rings_are_full() if heard else counts(Capability.IPC_LOCK),
        Capability.SYS_ADMIN: lambda: not closed_networks(),
    }
    for each in (Capability.SETUID, Capability.SETGID, Capability.SETPCAP):
        trials[each] = partial(own, each)
    return trials | {each: partial(_opens_processes, each) for each in KEPT}


def _opens_processes(capability: Capability) -> bool:
    """Return whether `capability` does its part: only with the other one it opens processes.

    Some systems guard one or two even from root; then it does.
    """
    closed, everybody = withheld()
    return has(capability) and (not sees_processes() or closed <= everybody // 2)


def _hears_all_networks() -> bool:
    try:
        with socket.socket(AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as probe:
            probe.setsockopt(_SOL_NETLINK, _NETLINK_LISTEN_ALL_NSID, 1)
    except OSError:
        return False
    return True


def _rings_are_full() -> bool:
    """Return whether the kernel lets us lock as much memory as we like.

    Each CPU has rings of several sizes, and each ring that it refuses is made smaller: then not
    every size is there once a CPU.
    """
    with contextlib.closing(Stream()):
        maps = read("/proc/self/maps").splitlines()
    sizes = Counter(_size(line) for line in maps if line.endswith("[perf_event]"))
    return set(sizes.values()) == {len(perf.online_cpus())}


def _size(line: str) -> int:
    first, _, end = line.partition(" ")[0].partition("-")
    return int(end, 16) - int(first, 16)


def _go_first() -> str:
    _may_go_first_again()  # then everybody may
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
    except OSError:
        return _REFUSED
    return ""


def _may_go_first_again() -> str:
    try:
        resource.setrlimit(resource.RLIMIT_RTPRIO, (_PRIORITY, _PRIORITY))
    except (OSError, ValueError):
        return _REFUSED
    return ""


def _in_child(trial: Callable[[], str]) -> str:
    """Return what `trial` returns in a process of its own: what it changes ends with that."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, f"{trial()}\n".encode())
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, _TEXT_BYTES).decode()
    os.close(reading)
    os.waitpid(child, 0)
    return said.removesuffix("\n") if said else _UNFINISHED


def _listed(place: Path) -> bool:
    """Return whether we may look into it; access(2) would forget our capabilities."""
    try:
        return any((place / "events").iterdir())
    except OSError:
        return False


def _mounted(place: Path) -> bool:
    """Return whether tracefs is what is to be seen there: a later mount hides an earlier one."""
    mounts = [line.split(" ") for line in read("/proc/self/mounts").splitlines()]
    return [kind for _, where, kind, *_ in mounts if where == str(place)][-1:] == ["tracefs"]
