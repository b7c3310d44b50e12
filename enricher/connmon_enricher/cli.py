"""`connmon-enricher`: arguments in, exit code out."""

import argparse
import os
import sys
from pathlib import Path

from connmon_shared.access.trust import TrustError
from connmon_shared.sockets import EndpointError
from connmon_shared.stage.arguments import (
    TCP,
    add_common_options,
    add_lifeline,
    add_name_options,
    tcp,
)
from connmon_shared.stage.descriptors import allow_descriptors
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.garbage import collect_rarely
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.runtime import Runtime, RuntimeDirectoryError
from connmon_shared.stage.saying import complain

PROGRAM = "connmon-enricher"


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Follow the collectors, look names and places up, and serve displays.",
    )
    add_name_options(p.add_argument)
    p.add_argument("--lookup-country", action="store_true", help="look countries up, offline")
    p.add_argument("--lookup-asn", action="store_true", help="look AS numbers up, offline")
    p.add_argument("--geo-path", type=Path, metavar="PATH", help="GeoIP file, or its folder")
    add = p.add_argument_group("other hosts").add_argument
    add("--listen", type=tcp, metavar=TCP, help="serve viewers there, and at the next port")
    add("--listen-collectors", type=tcp, metavar=TCP, help="take collectors in there")
    add_common_options(p)
    add_lifeline(p)
    return p


def main() -> None:
    """Run the enricher until it is told to stop."""
    args = parser().parse_args()
    # After the arguments: zmq and aiodns take 100 ms to import, --help must not wait for them.
    from connmon_enricher.lock import AlreadyRunningError, acquire  # noqa: PLC0415
    from connmon_enricher.lookups import DnsServerError  # noqa: PLC0415
    from connmon_shared.stage.log import begin  # noqa: PLC0415

    begin(PROGRAM, verbose=args.verbose)
    os.umask(0o077)  # whoever can connect to the feed can put rows into it: nobody but us
    try:
        runtime = Runtime(args.runtime_dir.absolute())
        runtime.create()
    except RuntimeDirectoryError as error:
        sys.exit(_fail(error, Exit.UNAVAILABLE))
    try:
        held = acquire(runtime.lock)
        code = _serve(args, runtime)
    except AlreadyRunningError as error:
        sys.exit(_fail(f"{error}; {runtime.hint}", Exit.ALREADY_RUNNING))
    except DnsServerError as error:
        sys.exit(_fail(error, Exit.USAGE))
    except TrustError as error:
        sys.exit(_fail(error, Exit.NO_PERMISSION))
    except (EndpointError, OSError) as error:
        sys.exit(_fail(error, Exit.UNAVAILABLE))
    os.close(held)
    sys.exit(code)


def _serve(args: argparse.Namespace, runtime: Runtime) -> int:
    from connmon_enricher.door import RELOAD, Entrances  # noqa: PLC0415
    from connmon_enricher.lookups import chosen  # noqa: PLC0415
    from connmon_enricher.service import Enricher  # noqa: PLC0415
    from connmon_shared.stage.loop import STOP_SIGNALS, Loop  # noqa: PLC0415

    collect_rarely()
    allow_descriptors()  # a listener that has none left aborts (libzmq 4.3.5)
    entrances = Entrances(args.listen, args.listen_collectors)
    reload = {RELOAD} if any(entrances) else set()
    loop = Loop(args.lifeline, {*STOP_SIGNALS} - reload, reload & {*STOP_SIGNALS})
    enricher = Enricher(runtime, chosen(args), loop, entrances)
    try:
        loop.ready()
        enricher.run()
    finally:
        enricher.close()
    return by_signal(loop.stopping) if loop.stopping else Exit.OK


def _fail(error: object, code: Exit) -> int:
    complain(PROGRAM, error)
    return code
