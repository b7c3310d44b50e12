"""What `--check` can find out, and what it amounts to. Pure."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from connmon_collector.privilege.capabilities import Capability
from connmon_collector.sources.choose import Verdict
from connmon_shared.stage.exits import Exit

#: Without these, too, all is seen, as long as little happens.
_RESERVES = {
    Capability.SETPCAP,
    Capability.NET_ADMIN,
    Capability.IPC_LOCK,
    Capability.SYS_NICE,
    Capability.SYS_RESOURCE,
}


class Tracefs(Enum):
    """The file system in which the kernel describes its events, in words."""

    READABLE = "readable"
    CLOSED = "mounted, but closed to us"
    UNMOUNTED = "not mounted"
    ABSENT = "not in this kernel"


class Right(NamedTuple):
    """A capability that is wanted."""

    capability: Capability
    held: bool
    works: bool  # what it is wanted for; that may be so without it, and not so with it


class Findings(NamedTuple):
    """All of it."""

    verdicts: Sequence[Verdict]  # of the sources that were asked for, best first
    rights: Sequence[Right] = ()
    root: bool = True
    refusal: str = ""  # why root cannot be given up; empty: it can
    names: str | None = None  # why none are observed; empty: they are; None: not asked for
    tracefs: Tracefs | None = None  # None: not asked for
    withheld: tuple[int, int] = (0, 0)  # so many processes are closed to us, of so many
    room: int = 0  # for news of sockets that are no more
    closed: int = 0  # network namespaces that could not be entered
    confined: bool = False  # to a user namespace: capabilities count only inside
    rootless: bool = False  # confined to one in which nobody is root
    alone: bool = False  # in a container's namespace of processes
    apart: bool = False  # in a network of our own, and cannot look into the machine's
    unheard: str | None = None  # why no other host's enricher hears us; empty: it does; None: ours

    @property
    def lacking(self) -> list[Capability]:
        """The capabilities that are missed."""
        return [right.capability for right in self.rights if not right.works]


def verdict(found: Findings) -> Exit:
    """Return the exit code: what a start would end with, else whether anything is missing."""
    if not any(each.works for each in found.verdicts):
        return Exit.UNAVAILABLE
    if found.refusal:
        return Exit.NO_PERMISSION
    missing = found.lacking or found.unheard or not _complete(found)
    return Exit.INCOMPLETE if missing else Exit.OK


def summary(found: Findings) -> str:
    """Return that in words."""
    code = verdict(found)
    if found.unheard and code == Exit.INCOMPLETE:
        return f"No enricher hears it, see above. Else: {summary(found._replace(unheard=None))}"
    if code == Exit.OK:
        return "Nothing is missing."
    if code != Exit.INCOMPLETE:
        return "It does not start here."
    if _complete(found) and _RESERVES.issuperset(found.lacking):
        return "It works and sees all, but lacks what helps when much happens or goes wrong."
    return "It works, but does not see all."


def _complete(found: Findings) -> bool:
    hidden = found.names or found.alone or found.apart
    return found.verdicts[0].works and not hidden
