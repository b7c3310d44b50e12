"""Which source to use. Modules that only work on one system are imported only there."""

import sys

from connmon_collector.sources.base import Source, SourceUnavailableError

CHOICES = ("auto", "poll", "psutil")


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


if sys.platform == "linux":

    def _netlink() -> Source:
        from connmon_collector.sources.netlink_source import NetlinkSource  # noqa: PLC0415

        try:
            return NetlinkSource()
        except OSError as error:
            raise SourceUnavailableError(
                f"the kernel's socket diagnostics are not available ({error.strerror or error})"
            ) from error

else:

    def _netlink() -> Source:
        raise SourceUnavailableError("only Linux has netlink socket diagnostics")


def _psutil(*reasons: str) -> Source:
    from connmon_collector.sources.psutil_source import PsutilSource  # noqa: PLC0415

    return PsutilSource(reasons)
