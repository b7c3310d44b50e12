"""The start-up order of the collector: source, drop of privilege, socket, loop."""

import argparse
import logging
import sys

import zmq

from connmon_collector.feed import Feed
from connmon_collector.limits import return_memory
from connmon_collector.observed_names.watch import open_watch
from connmon_collector.precedence import serve_first
from connmon_collector.service import Service
from connmon_collector.sources.base import SourceUnavailableError
from connmon_collector.sources.choose import open_source
from connmon_collector.way import LocalWay, RemoteWay, Way
from connmon_shared.access.curve import Remote
from connmon_shared.access.trust import TrustError
from connmon_shared.sockets import Socket
from connmon_shared.stage.clock import Clock
from connmon_shared.stage.descriptors import allow_descriptors
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.garbage import collect_rarely
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import Runtime, RuntimeDirectoryError
from connmon_shared.wire import Sender, new_epoch

_PATIENCE_SHARE = 0.25  # of an interval that a send may wait for a slow peer
_MAX_PATIENCE = 0.1  # seconds; longer and samples would be late
log = logging.getLogger("connmon-collector")


class StartError(Exception):
    """The collector cannot work, or go on; the text says why in one line."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def start(options: argparse.Namespace) -> int:
    """Work as `options` say until told to stop, and return the exit code.

    Raises:
        StartError: it cannot.
    """
    collect_rarely()
    allow_descriptors()
    return_memory()
    loop = Loop(options.lifeline)  # first: a signal that comes from now on ends us in order
    try:
        runtime = Runtime(options.runtime_dir.absolute())
        remote = remote_of(options)  # root's key is read as root
        source = open_source(options.source)  # with every descriptor that needs a privilege
    except RuntimeDirectoryError as error:
        raise StartError(str(error), Exit.UNAVAILABLE) from error
    except SourceUnavailableError as error:
        raise StartError(f"--source {options.source}: {error}", Exit.UNAVAILABLE) from error
    watch = open_watch() if options.observe_dns else None  # likewise
    if source.seamless:
        serve_first()
    _drop(runtime)
    log.debug("connections come from %s; %s", source.name, "; ".join(source.limits) or "no limits")
    context: zmq.Context[Socket] = zmq.Context()  # only now: it makes threads
    try:
        way = _way(context, remote or runtime, options, loop)
        feed = Feed(way, Sender(options.host, new_epoch()))
        service = Service(source, options.interval, feed, loop, Clock(), watch)
        loop.ready()
        number = service.run()
    except OSError as error:
        raise StartError(f"{source.name}: {error}", Exit.SOFTWARE) from error
    finally:
        context.destroy(linger=0)
        source.close()
        if watch is not None:
            watch.close()
    return by_signal(number) if number else Exit.OK


if sys.platform == "linux":

    def _drop(runtime: Runtime) -> None:
        from connmon_collector.privilege.drop import PrivilegeError, drop  # noqa: PLC0415

        try:
            lacking = drop(runtime.collector_account()).lacking
        except PrivilegeError as error:
            raise StartError(str(error), Exit.NO_PERMISSION) from error
        if lacking:
            names = " and ".join(map(str, lacking))
            log.warning(
                "root lacks %s here: processes of other users are not seen (--check)", names
            )

else:

    def _drop(_runtime: Runtime) -> None:
        """Stay who we are: elsewhere only root sees, and nothing smaller would do."""


def remote_of(options: argparse.Namespace) -> Remote | None:
    """Return the enricher of another host that `options` name, if they do.

    Raises:
        StartError: there is no key for the way.
    """
    try:
        return None if options.connect is None else Remote.at(options.connect, options.server_key)
    except TrustError as error:
        raise StartError(str(error), Exit.NO_PERMISSION) from error


def _way(
    context: zmq.Context[Socket],
    to: Runtime | Remote,
    options: argparse.Namespace,
    loop: Loop,
) -> Way:
    patience = round(min(_MAX_PATIENCE, options.interval * _PATIENCE_SHARE) * 1_000)
    if isinstance(to, Remote):
        return RemoteWay(context, to, patience, loop)
    way = LocalWay(context, to.feed, patience)
    loop.watch(way.socket)
    return way
