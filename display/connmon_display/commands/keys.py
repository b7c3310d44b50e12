"""`connmon keys`: make this host's key, show it, and say whose else may come in."""

import argparse
import os
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

from connmon_display.export.writing import write_lines
from connmon_display.start_error import StartError
from connmon_shared.access import keys
from connmon_shared.access.allowed import entry, place, read_allowed
from connmon_shared.access.remote import REMOTE_PORT
from connmon_shared.access.roles import Role
from connmon_shared.access.trust import TrustError
from connmon_shared.stage.arguments import add_version
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.saying import complain, say
from connmon_shared.text import clean

PROGRAM = "connmon keys"
_TAKEN_OVER = "a running connmon takes this over within a second"
_COLLECTOR_HELP = "not to watch, but to tell of the connections of its host"


def main(arguments: list[str]) -> int:
    """Do what `arguments` say and return the exit code."""
    args = parser().parse_args(arguments)
    work: Callable[[argparse.Namespace, Path], list[str]] = args.work
    try:
        lines = work(args, keys.default_directory().absolute())
    except TrustError as error:
        complain(PROGRAM, error)
        return Exit.NO_PERMISSION
    except StartError as error:
        complain(PROGRAM, error)
        return error.code
    return say(PROGRAM, lines)


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Keys for watching from other hosts: each host has one, and allows others.",
        epilog=f"Keys are kept in ${keys.ENVIRONMENT}, else ~/.config/connmon/keys.",
    )
    add_version(p)
    add = p.add_subparsers(required=True, metavar="COMMAND", title="commands").add_parser
    add("create", help="make this host's key").set_defaults(work=_create)
    add("show", help="show this host's key, and whose are allowed").set_defaults(work=_show)
    allow = add("allow", help="let in who has a key, to watch")
    allow.add_argument("key", metavar="KEY", help="as connmon keys show prints it on its host")
    allow.add_argument("name", metavar="NAME", nargs="?", default="", help="whose it is")
    allow.add_argument("--collector", action="store_true", help=_COLLECTOR_HELP)
    allow.set_defaults(work=_allow)
    revoke = add("revoke", help="let somebody in no longer")
    revoke.add_argument("which", metavar="KEY|NAME")
    revoke.set_defaults(work=_revoke)
    return p


def _create(_args: argparse.Namespace, directory: Path) -> list[str]:
    keys.create(directory)
    return _introduction(directory)


def _show(_args: argparse.Namespace, directory: Path) -> list[str]:
    introduction = _introduction(directory)
    return [*introduction, *(line for role in Role for line in _listing(directory, role))]


def _listing(directory: Path, role: Role) -> list[str]:
    """Return whose keys are allowed."""
    allowed = read_allowed(directory, role)
    entries = [f"  {key}  {name}".rstrip() for key, name in allowed.names.items()]
    heading = f"Allowed here as a {role}, in {place(directory, role)}:"
    return ["", heading, *(entries or ["  nobody"]), *allowed.problems]


def _allow(args: argparse.Namespace, directory: Path) -> list[str]:
    if not keys.is_key(args.key):
        text = f"{clean(args.key, keys.LENGTH)!r} is no key: it has {keys.LENGTH} characters"
        raise StartError(f"{text} (put quotes around it)", Exit.USAGE)
    name = clean(args.name.strip())
    role = Role.COLLECTOR if args.collector else Role.VIEWER
    listing = place(directory, role)
    lines = _lines(listing)
    before = dict(map(entry, lines)).get(args.key, name)
    others = [line for line in lines if entry(line)[0] != args.key]
    _write(listing, [*others, f"{args.key} {name}".rstrip()])
    renamed = f", no longer called {before}" if before and before != name else ""
    return [f"allowed {name or args.key} as a {role}{renamed}; {_TAKEN_OVER}"]


def _revoke(args: argparse.Namespace, directory: Path) -> list[str]:
    which = clean(args.which.strip())  # as it is kept
    revoked = [role for role in Role if which and _revoke_as(place(directory, role), which)]
    if not revoked:
        raise StartError(f"nobody is allowed as {which!r}: see connmon keys show", Exit.USAGE)
    return [f"revoked {which} as a {' and a '.join(revoked)}; {_TAKEN_OVER}"]


def _revoke_as(listing: Path, which: str) -> bool:
    """Take `which`, a key or a name, out of a list; return whether it was there."""
    lines = _lines(listing)
    kept = [line for line in lines if which not in entry(line)]
    if len(kept) < len(lines):
        _write(listing, kept)
    return len(kept) < len(lines)


def _introduction(directory: Path) -> list[str]:
    """Return this host's key, and what to type on the other side."""
    key = keys.load(directory).public
    host = socket.gethostname()
    quoted = shlex.quote(key)
    return [
        f"The key of {host}, which is no secret:",
        f"  {key}",
        "",
        f"To watch {host} from another host:",
        f"  here:   connmon --listen tcp://0.0.0.0:{REMOTE_PORT}",
        f"  there:  connmon-display tcp://{host}:{REMOTE_PORT} --server-key {quoted}",
        f"To watch another host from {host}, run there:",
        f"  {Role.VIEWER.allowing(quoted)} {shlex.quote(host)}",
        f"To let {host} tell another host of its connections, run there:",
        f"  {Role.COLLECTOR.allowing(quoted)} {shlex.quote(host)}",
    ]


def _lines(listing: Path) -> list[str]:
    try:
        return keys.read(listing).splitlines()
    except FileNotFoundError:
        return []


def _write(listing: Path, lines: list[str]) -> None:
    os.umask(0o077)
    try:
        keys.make_directory(listing.parent)
        write_lines(listing, lines)
    except OSError as error:
        text = f"cannot write {listing}: {error.strerror}"
        raise StartError(text, Exit.WRITE_ERROR) from error
