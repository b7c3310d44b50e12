"""`connmon config`: what the config file says, and what it could say."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from connmon_shared.access.trust import TrustError
from connmon_shared.config.option_names import OPTION_NAMES
from connmon_shared.config.place import ENVIRONMENT, config_file, read_config
from connmon_shared.config.settings import Config, ConfigError
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.parser import Parser
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
        lines = [*_in_force(config_file())]
    except (TrustError, ConfigError) as error:
        complain(PROGRAM, error)
        return Exit.USAGE
    return say(PROGRAM, lines)


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Show what the config file says to each program, if all its keys are known.",
        epilog=f"Its place: ${ENVIRONMENT}, else $XDG_CONFIG_HOME/connmon/config.toml, else"
        " ~/.config/connmon/config.toml. Exit codes: 0 all is well, 2 the file cannot be used.",
    )
    p.add_argument(
        "--sample", action="store_true", help="print one with all there is to set, and set nothing"
    )
    return p


def _in_force(path: Path | None) -> Iterator[str]:
    """Yield what the file says to each program, as such a file itself."""
    if path is None:
        yield f"# There is no config file: ${ENVIRONMENT} is empty."
        return
    text = read_config(path)
    if text is None:
        yield f"# There is no {path}; to begin one: {PROGRAM} --sample > {path}"
        return
    yield f"# {path}"
    config = Config(path, text)
    for table in OPTION_NAMES:
        if found := config.of(table):
            yield from ("", f"[{table}]")
            yield from (f"{setting.name} = {_toml(setting.value)}" for setting in found)


def _toml(value: object) -> str:
    """Return a value as TOML writes it."""
    return json.dumps(value, default=str)  # the same for all that an option can be
