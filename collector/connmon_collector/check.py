"""`connmon-collector --check`: what can be seen here, what is missing, and how to get it."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from connmon_collector.privilege.capabilities import KEPT, Capability, missing
from connmon_collector.sources.choose import Verdict, probe
from connmon_collector.start import StartError
from connmon_shared.exits import Exit
from connmon_shared.runtime import Runtime, RuntimeDirectoryError

_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
_TRACEFS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))

#: What each capability is for. All but the kept ones are given up after the start.
_PURPOSES = {
    Capability.PERFMON: "to hear of connections as they happen (events)",
    Capability.DAC_READ_SEARCH: "to see which process holds a socket, and to read tracefs; kept",
    Capability.SYS_PTRACE: "to see which process holds a socket; kept",
    Capability.NET_ADMIN: "for large buffers: nothing is lost when much happens at once",
    Capability.NET_RAW: "to learn names from the DNS answers that pass by",
    Capability.SYS_ADMIN: "to look into the networks of containers",
}

#: Nobody should give a container that much for the sake of what is left.
_STRONG = {Capability.SYS_ADMIN}


class Findings(NamedTuple):
    """What was found out; the rest of this module only says it."""

    verdicts: Sequence[Verdict]  # best first
    lacking: Sequence[Capability]  # of those in the table, in its order
    kernel: Sequence[str]  # sentences
    root: bool


def look() -> Findings:
    """Find out what works here."""
    lacking = missing(_PURPOSES)
    if Capability.SYS_ADMIN not in lacking:  # the kernel takes it for this one as well
        lacking = tuple(each for each in lacking if each != Capability.PERFMON)
    root = sys.platform != "win32" and os.geteuid() == 0
    return Findings(probe(), lacking, tuple(_kernel()), root)


def check(options: argparse.Namespace) -> Exit:
    """Print what works here, and return whether that is all that could.

    Raises:
        StartError: the runtime directory's name cannot be used.
    """
    try:
        runtime = Runtime(options.runtime_dir.absolute())
    except RuntimeDirectoryError as error:
        raise StartError(str(error), Exit.UNAVAILABLE) from error
    findings = look()
    for line in report(findings, runtime):
        print(line)  # noqa: T201 - this is what --check is for
    return verdict(findings)


def verdict(findings: Findings) -> Exit:
    """Return the exit code."""
    if not any(each.works for each in findings.verdicts):
        return Exit.UNAVAILABLE
    hidden = set(KEPT) & set(findings.lacking)
    return Exit.OK if findings.verdicts[0].works and not hidden else Exit.INCOMPLETE


def report(findings: Findings, runtime: Runtime) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"{'source':<8} {'works':<6} sees"
    for each in findings.verdicts:
        yield f"{each.name:<8} {_yes(each.works):<6} {each.sees}"
        if not each.works:
            yield f"{'':<15} {each.why}"
    best = next((each.name for each in findings.verdicts if each.works), None)
    yield f"--source auto takes {best}" if best else "no source works here"
    yield ""
    if sys.platform == "linux":
        yield f"{'capability':<20} {'here':<6} why"
        for capability, purpose in _PURPOSES.items():
            yield f"{capability!s:<20} {_yes(capability not in findings.lacking):<6} {purpose}"
        yield from findings.kernel
        yield ""
    yield _remedy(findings, runtime)


def _remedy(findings: Findings, runtime: Runtime) -> str:
    wanted = [each for each in findings.lacking if each not in _STRONG]
    if verdict(findings) == Exit.OK and not wanted:
        return "Nothing is missing."
    if not findings.root:
        return f"To see all: {command(runtime)}\n(connmon does so by itself when sudo lets it)"
    if not wanted:
        return "Root can do no more here: this kernel, or sandbox, does not offer the rest."
    options = " ".join(f"--cap-add={each.name}" for each in wanted)
    return f"This root lacks some of its rights. Start the container with: {options}"


def command(runtime: Runtime) -> str:
    """Return the one command that starts the collector with all it wants.

    As root, and not with file capabilities: those would go to the Python interpreter, and so to
    every program of every user that it runs. The directory is named: sudo forgets whose it was.
    """
    ours = [sys.executable, "-I", "-m", "connmon_collector", f"--runtime-dir={runtime.directory}"]
    line = shlex.join(ours)
    if os.name == "nt":
        return f"{line} (as administrator)"
    return f"sudo {line}" if shutil.which("sudo") else f"su -c {shlex.quote(line)}"


def _kernel() -> Iterator[str]:
    """Yield what the kernel's own switches say."""
    yield f"tracefs readable: {_yes(any(map(_listed, _TRACEFS)))}"
    try:
        level = _PARANOID.read_text("ascii").strip()
    except OSError:
        level = "unknown"
    yield f"perf_event_paranoid: {level}"


def _listed(mount: Path) -> bool:
    """Return whether we may look into `mount`; access(2) would forget our capabilities."""
    try:
        return any((mount / "events").iterdir())
    except OSError:
        return False


def _yes(true: object) -> str:
    return "yes" if true else "no"
