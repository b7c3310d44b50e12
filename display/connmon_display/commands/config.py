"""`connmon config`: what the config file says, and what it could say."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from connmon_shared.access.trust import TrustError
from connmon_shared.config.option_names import OPTION_NAMES
from connmon_shared.config.place import ENVIRONMENT, config_file, read_config
from connmon_shared.config.settings import Config, ConfigError, Setting
from connmon_shared.stage.arguments import add_version
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.parser import CHECK_CONFIG, Parser
from connmon_shared.stage.saying import complain, say

PROGRAM = "connmon config"
_SAMPLE = "config.toml"


def main(arguments: list[str]) -> int:
    """Do what `arguments` say and return the exit code."""
    args = parser().parse_args(arguments)
    if args.sample:
        text = files("connmon_display.commands").joinpath(_SAMPLE).read_text(encoding="utf-8")
        return say(PROGRAM, text.splitlines())
    try:
        path = config_file()
        config = _config(path)
    except (TrustError, ConfigError) as error:
        complain(PROGRAM, error)
        return Exit.USAGE
    if config is None:
        return say(PROGRAM, [_nothing(path)])
    said = {table: settings for table in OPTION_NAMES if (settings := config.of(table))}
    mistakes = dict.fromkeys([*config.mistakes, *_refused(said)])  # several tell the same
    for mistake in mistakes:
        complain(PROGRAM, mistake)
    return Exit.USAGE if mistakes else say(PROGRAM, [f"# {path}", *_in_force(said)])


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Show what the config file says to each program, if all of it can be used.",
        epilog=f"Its place: ${ENVIRONMENT}, else $XDG_CONFIG_HOME/connmon/config.toml, else"
        " ~/.config/connmon/config.toml. Exit codes: 0 no key or value is wrong, 2 one is, or the"
        " file cannot be used.",
    )
    add_version(p)
    p.add_argument(
        "--sample", action="store_true", help="print one with all there is to set, and set nothing"
    )
    return p


def _config(path: Path | None) -> Config | None:
    """Return what is in the file; None if there is none.

    Raises:
        TrustError: it cannot be read, or must not be.
        ConfigError: it is no TOML.
    """
    text = None if path is None else read_config(path)
    return None if path is None or text is None else Config(path, text)


def _nothing(path: Path | None) -> str:
    """Return what to say where there is no file."""
    if path is None:
        return f"# There is no config file: ${ENVIRONMENT} is empty."
    file, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
    make = "" if path.parent.is_dir() else f"mkdir -p {folder} && "
    return f"# There is no {path}; to begin one: {make}{PROGRAM} --sample > {file}"


def _refused(tables: Iterable[str]) -> list[str]:
    """Let each program look at the file, and return what it refuses.

    Only they know what is right: no process imports another's parser.
    """
    checks = [
        subprocess.Popen(_command(table), stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
        for table in tables
    ]
    return [line for check in checks for line in check.communicate()[0].splitlines()]


def _command(table: str) -> list[str]:
    """Return what lets the program that a table is for check it."""
    program, _, process = table.partition("-")
    if process:
        module, words = f"{program}_{process}", []
    else:
        module, words = "connmon_display.launcher", [] if table == "connmon" else table.split(".")
    return [sys.executable, "-I", "-m", module, *words, CHECK_CONFIG]


def _in_force(said: Mapping[str, Iterable[Setting]]) -> Iterator[str]:
    """Yield what the file says to each program, as such a file itself."""
    for table, settings in said.items():
        yield from ("", f"[{table}]")
        yield from (f"{setting.name} = {_toml(setting.value)}" for setting in settings)


def _toml(value: object) -> str:
    """Return a value as TOML writes it."""
    return json.dumps(value, default=str)  # the same for all that an option can be
