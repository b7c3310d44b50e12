"""Which source to use. Modules that only work on one system are imported only there."""

import os
import sys
from typing import NamedTuple

from connmon_collector.privilege.capabilities import sees_processes
from connmon_collector.sources.base import Source, SourceUnavailableError
from connmon_collector.sources.polled import Polled

CHOICES = ("auto", "events", "poll", "psutil")
_UNHEARD = "the processes of short connections, short UDP exchanges and containers are not seen"
_UNASKED = "psutil is used, so short connections, containers and bytes are not seen"


class Verdict(NamedTuple):
    """What trying a source has shown."""

    name: str
    works: bool
    why: str  # it does not; empty otherwise
    sees: str


def open_source(choice: str) -> Source:
    """Return the source that `choice` (one of CHOICES) stands for.

    Raises:
        SourceUnavailableError: it was named, and cannot work here.
    """
    openers = {"events": _events, "poll": _netlink, "psutil": _psutil}
    if choice != "auto":
        return openers[choice](())
    reasons: tuple[str, ...] = ()
    for opener in (_events, _netlink):
        try:
            return opener(reasons)
        except SourceUnavailableError as error:
            reasons = (str(error),)
    return _psutil(reasons)


def probe(choice: str = "auto") -> list[Verdict]:
    """Try what `choice` (one of CHOICES) may take, best first, and leave nothing open."""
    sees = {
        "events": "every connection with its process, however short",
        "poll": "what is open at each look, and short TCP connections without their process",
        "psutil": "what is open at each look",
    }
    return [_try(name, sees[name]) for name in sees if choice in {"auto", name}]


def _try(name: str, sees: str) -> Verdict:
    try:
        open_source(name).close()
    except SourceUnavailableError as error:
        return Verdict(name, works=False, why=str(error), sees=sees)
    return Verdict(name, works=True, why="", sees=sees)


if sys.platform == "linux":
    _CHECK = "`connmon-collector --check` tells what helps"
    _AS_ROOT = "run as root (sudo)"

    def _events(_reasons: tuple[str, ...]) -> Source:
        from connmon_collector.sources.events.source import EventSource  # noqa: PLC0415

        try:
            return EventSource()
        except OSError as error:
            raise SourceUnavailableError(
                f"the kernel's events may not be listened to ({_said(error)})"
            ) from error

    def _netlink(reasons: tuple[str, ...]) -> Source:
        from connmon_collector.sources.netlink_source import NetlinkSource  # noqa: PLC0415

        try:
            return Polled(NetlinkSource(_costing(_UNHEARD, reasons)))
        except OSError as error:
            raise SourceUnavailableError(
                f"the kernel's socket diagnostics are not available ({_said(error)})"
            ) from error

    def _psutil(reasons: tuple[str, ...]) -> Source:
        from connmon_collector.sources.psutil_source import PsutilSource  # noqa: PLC0415

        return Polled(PsutilSource(_costing(_UNASKED, reasons)))

    def _costing(cost: str, reasons: tuple[str, ...]) -> tuple[str, ...]:
        """Return why nothing better is used, what that costs, and what to do about it."""
        remedy = _CHECK if sees_processes() or os.geteuid() == 0 else _AS_ROOT
        return tuple(f"{reason}: {cost}; {remedy}" for reason in reasons)

    def _said(error: OSError) -> str:
        return error.strerror or str(error)

else:

    def _events(_reasons: tuple[str, ...]) -> Source:
        raise SourceUnavailableError("only Linux tells of its sockets' events")

    def _netlink(_reasons: tuple[str, ...]) -> Source:
        raise SourceUnavailableError("only Linux has netlink socket diagnostics")

    def _psutil(_reasons: tuple[str, ...]) -> Source:
        from connmon_collector.sources.psutil_source import PsutilSource  # noqa: PLC0415

        return Polled(PsutilSource())
