"""What `--check` tells people: what works, what is missing and what that costs, and what helps."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connmon_collector.findings import Findings, Right, Tracefs, summary, verdict
from connmon_collector.privilege.capabilities import Capability
from connmon_shared.stage.exits import Exit

_MOUNT = "mount -t tracefs none /sys/kernel/tracing"
_LEND = "-v /sys/kernel/tracing:/sys/kernel/tracing:ro"


class _Use(NamedTuple):
    purpose: str
    cost: str  # of being without


_BECOME = _Use("to become an ordinary user", "it does not start: root cannot be given up")
_HOLDERS = _Use("to see whose a socket is; kept", "processes of other users are not seen")
#: What each capability is for. All but the kept ones are given up after the start.
_USES = {
    Capability.SETUID: _BECOME,
    Capability.SETGID: _BECOME,
    Capability.SETPCAP: _Use(
        "to bar the way back to root twice", "the way back to root is barred only once"
    ),
    Capability.DAC_READ_SEARCH: _HOLDERS,
    Capability.SYS_PTRACE: _HOLDERS,
    Capability.SYS_NICE: _Use("to go first on a busy machine", "a busy machine keeps us waiting"),
    Capability.SYS_RESOURCE: _Use(
        "to go first again after a second of unbroken work",
        "after a second of unbroken work we never go first again",
    ),
    Capability.NET_ADMIN: _Use(
        "for large buffers",
        "if more than {room:,} connections end in 0.1 s, bytes (poll: short ones) are lost",
    ),
    Capability.PERFMON: _Use(
        "to hear of connections as they happen (events)", "`events` does not work"
    ),
    Capability.IPC_LOCK: _Use(
        "for large rings of events", "a flood of events loses some; or `events` does not work"
    ),
    Capability.NET_BROADCAST: _Use(
        "to hear how many bytes containers' connections had",
        "bytes of closed connections in containers are not known",
    ),
    Capability.SYS_ADMIN: _Use(
        "to look into other network namespaces (containers)",
        "what was open before the start in other network namespaces ({closed}) is not seen",
    ),
    Capability.NET_RAW: _Use(
        "to read names from DNS answers (--observe-dns)", "no names from DNS answers"
    ),
}

#: Nobody should give a container that much for the sake of what is left.
_STRONG = {Capability.SYS_ADMIN}


def report(found: Findings, start: str) -> Iterator[str]:
    """Yield the lines of the report.

    Args:
        found: what it is about.
        start: the command that root starts the collector with.
    """
    yield from _sources(found)
    yield ""
    if sys.platform == "linux":
        yield from _rights(found)
        yield ""
    yield summary(found)
    yield from _remedy(found, start)


def _sources(found: Findings) -> Iterator[str]:
    yield f"{'source':<8} {'works':<6} sees"
    for each in found.verdicts:
        yield f"{each.name:<8} {_yes(each.works):<6} {each.sees}"
        if not each.works:
            yield f"{'':<15} {each.why}"
    if found.names is not None:
        yield f"{'names':<8} {_yes(not found.names):<6} names from DNS answers"
        if found.names:
            yield f"{'':<15} {found.names}"
    if found.unheard is not None:
        yield f"{'enricher':<8} {_yes(not found.unheard):<6} on another host"
        if found.unheard:
            yield f"{'':<15} {found.unheard}"
    if len(found.verdicts) > 1:
        best = next((each.name for each in found.verdicts if each.works), None)
        yield f"--source auto takes {best}" if best else "no source works here"


def _rights(found: Findings) -> Iterator[str]:
    yield f"{'capability':<20} {'here':<6} what for, or what is lost"
    for right in found.rights:
        yield f"{right.capability!s:<20} {_yes(right.held):<6} {_worth(right, found)}"
    if found.tracefs is not None:
        yield f"tracefs: {found.tracefs.value}"
    if found.refusal:
        yield found.refusal
    if found.withheld[0]:
        closed, everybody = found.withheld
        yield f"processes: {closed} of {everybody} are closed to us, whatever capabilities we have"
    if found.alone:
        yield "in a container's namespace of processes: those outside have no name"
    if found.apart:
        yield "in a network of our own: the machine's is not looked into"
    if found.confined:
        yield "in a user namespace: a capability does not count outside"


def _worth(right: Right, found: Findings) -> str:
    use = _USES[right.capability]
    if right.works:
        return use.purpose if right.held else f"{use.purpose}; not needed here"
    cost = use.cost.format(room=found.room, closed=found.closed)
    return f"held in vain: {cost}" if right.held else cost


def _remedy(found: Findings, start: str) -> Iterator[str]:
    """Yield what helps, last of all the command."""
    if verdict(found._replace(unheard=None)) == Exit.OK:
        return
    if found.rootless or (found.root and found.confined):
        yield "This user namespace (a rootless container?) allows no more: run connmon outside."
    elif found.root:
        yield from _remedy_for_root(found)
    elif found.tracefs == Tracefs.UNMOUNTED:
        yield "Root sees more, once tracefs is mounted. connmon asks sudo by itself then; by hand:"
        yield as_root([_MOUNT, start])
    else:
        yield "Root sees more. connmon asks sudo for that by itself; the collector alone, by hand:"
        yield as_root([start])


def _remedy_for_root(found: Findings) -> Iterator[str]:
    mounts = found.tracefs == Tracefs.UNMOUNTED and Capability.SYS_ADMIN in _held(found)
    options = _options(found)
    if options:
        yield "This root lacks some rights. Start the container with these (elsewhere: the like):"
        yield " ".join(options)
    if mounts:
        yield f"{'Then inside, to' if options else 'To'} hear of connections as they happen:"
        yield _MOUNT
    if options or mounts:
        return
    if strong := set(found.lacking) & _STRONG - _held(found):
        yield "The rest takes most of what root may. If it is worth that, start the container with:"
        yield " ".join(f"--cap-add={each.name}" for each in strong)
    else:
        yield "Root can do no more here: this kernel, or a sandbox, does not offer the rest."


def _options(found: Findings) -> list[str]:
    """Return what to start the container with. What is held in vain is not to be had."""
    held = _held(found)
    options = ["--pid=host"] if found.alone else []
    if found.apart or (found.alone and Capability.SYS_ADMIN not in held):
        options.append("--network=host")
    wanted = [each for each in found.lacking if each not in held | _STRONG]
    options += [f"--cap-add={each.name}" for each in wanted]
    if found.tracefs == Tracefs.UNMOUNTED and Capability.SYS_ADMIN not in held:
        options.append(_LEND)
    return options


def _held(found: Findings) -> set[Capability]:
    return {right.capability for right in found.rights if right.held}


if sys.platform == "win32":

    def as_root(commands: Sequence[str]) -> str:
        """Return one line that has an administrator run `commands`."""
        return f"{' && '.join(commands)} (as administrator)"

else:

    def as_root(commands: Sequence[str]) -> str:
        """Return one line that has root run `commands`, the last of which starts the collector."""
        if shutil.which("sudo"):
            return " && ".join(f"sudo {each}" for each in commands)
        # su does not say who called, and the collector becomes who that is.
        *before, start = commands
        line = " && ".join([*before, f"env SUDO_UID={os.getuid()} {start}"])
        return f"su -c {shlex.quote(line)}"


def _yes(true: object) -> str:
    return "yes" if true else "no"
