"""Whom a display attaches to, on this host or on another, tried once before anything is drawn."""

import argparse
import contextlib

import zmq

from connmon_display.following.attachment import Target, link_to
from connmon_display.start_error import StartError
from connmon_shared.access.curve import Remote
from connmon_shared.access.remote import SCHEME, tcp_endpoint
from connmon_shared.access.trust import TrustError
from connmon_shared.sockets import EndpointError, RefusedError, Socket, probe
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import RuntimeDirectoryError, of_endpoint

_LOOK_SECONDS = 1.0
_START = "start it with: sudo connmon (or: make run)"
_BE_ALLOWED = "look as who started it, mostly root (sudo), or start one of your own elsewhere"


def target_of(args: argparse.Namespace) -> Target:
    """Return what the command line names.

    Raises:
        StartError: it names nothing that could be there.
    """
    named = args.endpoint or str(args.runtime_dir)
    try:
        if not named.startswith(SCHEME):
            return of_endpoint(named)
        endpoint = tcp_endpoint(named)
        if args.server_key is None:
            text = f"{endpoint} needs --server-key, which connmon keys show prints there"
            raise StartError(text, Exit.USAGE)
        return Remote.at(endpoint, args.server_key)
    except EndpointError as error:
        raise StartError(str(error), Exit.USAGE) from error
    except TrustError as error:
        raise StartError(str(error), Exit.NO_PERMISSION) from error
    except RuntimeDirectoryError as error:
        raise StartError(str(error), Exit.UNAVAILABLE) from error


def knock(target: Target) -> None:
    """See whether somebody is there who lets us in.

    Raises:
        StartError: nobody does, or the user has lost patience.
    """
    if isinstance(target, Remote):
        _knock_afar(target)
        return
    try:
        probe(target.view)
    except RefusedError as error:
        raise StartError(f"{error}; {_BE_ALLOWED}", Exit.NO_PERMISSION) from error
    except EndpointError as error:
        raise StartError(f"{error}; {_START}", Exit.UNAVAILABLE) from error


def _knock_afar(target: Remote) -> None:
    context: zmq.Context[Socket] = zmq.Context()
    with contextlib.closing(Loop()) as loop:
        link = link_to(target, context, loop)
        while link.trouble and link.failure is None and loop.stopping is None:
            loop.wait(_LOOK_SECONDS)
            link.tend()
        link.close()
    context.destroy(linger=0)
    if link.failure is not None:
        refused = isinstance(link.failure, RefusedError)
        code = Exit.NO_PERMISSION if refused else Exit.UNAVAILABLE
        raise StartError(str(link.failure), code)
    if loop.stopping is not None:
        raise StartError("interrupted", by_signal(loop.stopping))
