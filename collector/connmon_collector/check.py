"""`connmon-collector --check`: what can be seen here, what is missing, and how to get it."""

import argparse
import os
import shlex
import sys

from connmon_collector.check_report import report
from connmon_collector.findings import Findings, Right, verdict
from connmon_collector.privilege.capabilities import KEPT, has, sees_processes
from connmon_collector.sources.choose import probe
from connmon_collector.start import StartError, remote_of
from connmon_collector.way import trouble_on_the_way
from connmon_shared.stage.descriptors import allow_descriptors
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.runtime import Runtime, RuntimeDirectoryError
from connmon_shared.stage.saying import say


def check(options: argparse.Namespace) -> Exit:
    """Print what works here with `options`, and return whether that is all that could.

    Raises:
        StartError: the runtime directory's name cannot be used, or there is no key.
    """
    try:
        runtime = Runtime(options.runtime_dir.absolute())
    except RuntimeDirectoryError as error:
        raise StartError(str(error), Exit.UNAVAILABLE) from error
    remote = remote_of(options)
    found = look(runtime, options.source, names=options.observe_dns)
    if remote is not None:
        found = found._replace(unheard=trouble_on_the_way(remote))
    written = say("connmon-collector", report(found, command(runtime, options)))
    return Exit(written) or verdict(found)


if sys.platform == "linux":
    from connmon_collector import surroundings, trials

    def look(runtime: Runtime, source: str, *, names: bool) -> Findings:
        """Try what a start with these options would do."""
        allow_descriptors()
        verdicts = probe(source)
        heard = any(each.works for each in verdicts if each.name == "events")
        events = any(each.name == "events" for each in verdicts)
        root = os.geteuid() == 0
        unnamed = trials.names() if names else None
        closed = trials.closed_networks() if events else 0
        rights = trials.rights(source, heard=heard, root=root)
        if names or source == "auto":
            rights.append(trials.name_right(unnamed or ""))
        return Findings(
            verdicts,
            rights,
            root=root,
            refusal=trials.refusal(runtime),
            names=unnamed,
            tracefs=trials.tracefs() if events else None,
            withheld=surroundings.withheld() if sees_processes() else (0, 0),
            room=trials.room(),
            closed=closed,
            confined=surroundings.confined(),
            rootless=surroundings.rootless(),
            alone=surroundings.alone(),
            apart=surroundings.apart() and (closed > 0 or not heard),
        )

else:
    from connmon_collector.observed_names.capture import Capture

    def look(_runtime: Runtime, source: str, *, names: bool) -> Findings:
        """Try what a start with these options would do."""
        root = sys.platform != "win32" and os.geteuid() == 0
        rights = [Right(each, has(each), has(each)) for each in KEPT]
        return Findings(probe(source), rights, root=root, names=_unnamed() if names else None)

    def _unnamed() -> str:
        try:
            Capture().close()
        except OSError as error:
            return error.strerror or str(error)
        return ""


def command(runtime: Runtime, options: argparse.Namespace) -> str:
    """Return the command with which root starts the collector.

    As root, and not with file capabilities: those would go to the Python interpreter, and so to
    every program of every user that it runs. The directory is named: root has another one.
    """
    ours = [sys.executable, "-I", "-m", "connmon_collector", f"--runtime-dir={runtime.directory}"]
    if options.source != "auto":
        ours.append(f"--source={options.source}")
    if options.observe_dns:
        ours.append("--observe-dns")
    if options.connect is not None:
        ours += [f"--connect={options.connect}", f"--server-key={options.server_key}"]
    return shlex.join(ours)
