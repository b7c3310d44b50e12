"""`connmon keys`: make this host's key, show it, and say whose else may come in."""

import argparse
import os
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

from connmon_display.export.writing import write_lines
from connmon_display.prepare import StartError, complain, say
from connmon_shared.access import keys
from connmon_shared.access.allowed import entry, place, read_allowed
from connmon_shared.access.remote import REMOTE_PORT
from connmon_shared.stage.arguments import Parser
from connmon_shared.stage.exits import Exit
from connmon_shared.text import clean

PROGRAM = "connmon keys"
_TAKEN_OVER = "a running connmon takes this over within a second"


def main(arguments: list[str]) -> int:
    """Do what `arguments` say and return the exit code."""
    args = _parser().parse_args(arguments)
    work: Callable[[argparse.Namespace, Path], list[str]] = args.work
    try:
        lines = work(args, keys.default_directory().absolute())
    except keys.KeysError as error:
        complain(PROGRAM, error)
        return Exit.NO_PERMISSION
    except StartError as error:
        complain(PROGRAM, error)
        return error.code
    return say(PROGRAM, lines)


def _parser() -> argparse.ArgumentParser:
    p = Parser(
        prog=PROGRAM,
        description="Keys for watching from other hosts: each host has one, and allows others.",
        epilog=f"Keys are kept in ${keys.ENVIRONMENT}, else ~/.config/connmon/keys.",
    )
    add = p.add_subparsers(required=True, metavar="COMMAND", title="commands").add_parser
    add("create", help="make this host's key").set_defaults(work=_create)
    add("show", help="show this host's key, and whose are allowed").set_defaults(work=_show)
    allow = add("allow", help="let in who has a key")
    allow.add_argument("key", metavar="KEY", help="as connmon keys show prints it on its host")
    allow.add_argument("name", metavar="NAME", nargs="?", default="", help="whose it is")
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
    allowed = read_allowed(directory)
    entries = [f"  {key}  {name}".rstrip() for key, name in allowed.names.items()]
    heading = f"Allowed here, in {place(directory)}:"
    return [*introduction, "", heading, *(entries or ["  nobody"]), *allowed.problems]


def _allow(args: argparse.Namespace, directory: Path) -> list[str]:
    if not keys.is_key(args.key):
        text = f"{clean(args.key, keys.LENGTH)!r} is no key: it has {keys.LENGTH} characters"
        raise StartError(f"{text} (put quotes around it)", Exit.USAGE)
    name = clean(args.name.strip())
    others = [line for line in _lines(directory) if entry(line)[0] != args.key]
    _write(directory, [*others, f"{args.key} {name}".rstrip()])
    return [f"allowed {name or args.key}; {_TAKEN_OVER}"]


def _revoke(args: argparse.Namespace, directory: Path) -> list[str]:
    lines = _lines(directory)
    which = clean(args.which.strip())  # as it is kept
    kept = [line for line in lines if which not in entry(line)]
    if not which or len(kept) == len(lines):
        raise StartError(f"nobody is allowed as {which!r}: see connmon keys show", Exit.USAGE)
    _write(directory, kept)
    return [f"revoked {which}; {_TAKEN_OVER}"]


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
        f"  connmon keys allow {quoted} {shlex.quote(host)}",
    ]


def _lines(directory: Path) -> list[str]:
    try:
        return keys.read(place(directory)).splitlines()
    except FileNotFoundError:
        return []


def _write(directory: Path, lines: list[str]) -> None:
    os.umask(0o077)
    try:
        keys.make_directory(directory)
        write_lines(place(directory), lines)
    except OSError as error:
        text = f"cannot write {place(directory)}: {error.strerror}"
        raise StartError(text, Exit.WRITE_ERROR) from error
