"""Which source to use. Modules that only work on one system are imported only there."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from connmon_collector.sources.base import Source, SourceUnavailableError

CHOICES = ("auto", "poll", "psutil")


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
    if choice == "psutil":
        return _psutil()
    try:
        return _netlink()
    except SourceUnavailableError as error:
        if choice == "poll":
            raise
        return _psutil(f"{error}: psutil is used instead")


def probe() -> list[Verdict]:
    """Try every source, best first, and leave nothing open."""
    return [
        _try("events", _open_events, "every connection with its process, however short"),
        _try(
            "poll",
            lambda: _netlink().close(),
            "what is open at each look, and short TCP connections without their process",
        ),
        _try("psutil", lambda: _psutil().close(), "what is open at each look"),
    ]


def _try(name: str, attempt: Callable[[], object], sees: str) -> Verdict:
    try:
        attempt()
    except SourceUnavailableError as error:
        return Verdict(name, works=False, why=str(error), sees=sees)
    return Verdict(name, works=True, why="", sees=sees)


if sys.platform == "linux":

    def _open_events() -> None:
        import os  # noqa: PLC0415
        import struct  # noqa: PLC0415

        from connmon_collector.syscalls import perf_event_open  # noqa: PLC0415

        # A dummy event (software, number 9) of everything on the first CPU.
        attributes = struct.pack("=IIQ96x", 1, 112, 9)
        try:
            os.close(perf_event_open(attributes, -1, 0, -1, 8))
        except OSError as error:
            raise SourceUnavailableError(
                f"the kernel's events may not be listened to ({error.strerror})"
            ) from error

    def _netlink() -> Source:
        from connmon_collector.sources.netlink_source import NetlinkSource  # noqa: PLC0415

        try:
            return NetlinkSource()
        except OSError as error:
            raise SourceUnavailableError(
                f"the kernel's socket diagnostics are not available ({error.strerror or error})"
            ) from error

else:

    def _open_events() -> None:
        raise SourceUnavailableError("only Linux has them")

    def _netlink() -> Source:
        raise SourceUnavailableError("only Linux has netlink socket diagnostics")


def _psutil(*reasons: str) -> Source:
    from connmon_collector.sources.psutil_source import PsutilSource  # noqa: PLC0415

    return PsutilSource(reasons)
