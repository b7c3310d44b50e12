"""The parser of every command line of ours: what that does not say, the config file may say."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from connmon_shared.access.trust import TrustError
from connmon_shared.config.place import config_file, home, read_config
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.saying import complain, say
from connmon_shared.text import clean, legible

NO_CONFIG = "--no-config"
#: Print what is wrong with the config file's values, and end: for `connmon config`, in no help.
CHECK_CONFIG = "--check-config"
_NO = "--no-"
_UNCONFIGURABLE = {"--help", "--version", NO_CONFIG}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, and which may know the config file.

    What is given on the command line counts more; a flag that the file switches on is switched
    off there by its opposite: `--no-ascii`, or `--sudo` for `--no-sudo`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - argparse's
        super().__init__(*args, **options)
        self.register("type", Path, _file)

    def add_config(self) -> None:
        """Let the config file count, unless the command line says that it does not."""
        self.add_argument(NO_CONFIG, action="store_true", help="do not read the config file")

    def error(self, message: str) -> NoReturn:
        """Print `message` and where help is, and exit with 2."""
        self.exit(Exit.USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Print `message`, a line that may quote anything, and exit."""
        super().exit(status, f"{legible(message.rstrip())}\n" if message else None)

    @property
    def configurable(self) -> Mapping[str, argparse.Action]:
        """The options that the config file can set, by their names without dashes."""
        named = self._option_string_actions
        if NO_CONFIG not in named:
            return {}
        return {
            name.removeprefix("--"): action
            for name, action in named.items()
            if name.startswith("--")
            and name not in _UNCONFIGURABLE
            and action.help != argparse.SUPPRESS
            and name == _longest(action)
            and not self._is_opposite(name)
        }

    def parse_known_args(  # type: ignore[override] # nobody calls it with a namespace of his own
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse `args`, and let the config file say what they do not."""
        args = sys.argv[1:] if args is None else args
        if CHECK_CONFIG in args and self.configurable:
            self._check_config()
        self._add_opposites(args)
        found, rest = super().parse_known_args(args, namespace)  # first: to help it takes no file
        if rest or getattr(found, "no_config", True):
            return found, rest
        values, lists = self._configured()
        found, rest = super().parse_known_args(args, argparse.Namespace(**values))
        for name, value in lists.items():
            if getattr(found, name) is None:  # one on the command line takes the place of all
                setattr(found, name, value)
        return found, rest

    def _is_opposite(self, name: str) -> bool:
        """Return whether beside `--no-x` there is `--x`, which can be set."""
        other = self._option_string_actions.get(_opposite(name))
        return name.startswith(_NO) and other is not None and other.help != argparse.SUPPRESS

    def _add_opposites(self, args: Sequence[str]) -> None:
        """Add those options of `args` that switch a flag off; no help lists them."""
        opposites = {
            _opposite(f"--{name}"): action
            for name, action in self.configurable.items()
            if is_flag(action)
        }
        for option in opposites.keys() & set(args) - self._option_string_actions.keys():
            dest = opposites[option].dest
            self.add_argument(option, dest=dest, action="store_false", help=argparse.SUPPRESS)

    def _configured(self) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Return what the config file says: values, and lists of them, by their destinations."""
        found, mistakes = self._understood()
        if mistakes:
            self._refuse(*mistakes)
        lists = {action.dest: value for action, value in found if isinstance(value, list)}
        values = {action.dest: value for action, value in found if action.dest not in lists}
        return values, lists

    def _check_config(self) -> NoReturn:
        """Print all that is wrong in the config file; exit with 2 if anything is."""
        _, mistakes = self._understood()
        sys.exit((say(self.prog, mistakes) or Exit.USAGE) if mistakes else Exit.OK)

    def _understood(self) -> tuple[list[tuple[argparse.Action, object]], list[str]]:
        """Return the options that the config file sets, with the values, and what is wrong."""
        path = config_file()
        try:
            text = None if path is None else read_config(path)
        except TrustError as error:
            self._refuse(error)
        if path is None or not text:
            return [], []
        # Only then: TOML takes some milliseconds to import.
        from connmon_shared.config.settings import Config, ConfigError, table_of  # noqa: PLC0415

        try:
            config = Config(path, text)
        except ConfigError as error:
            self._refuse(error)
        found, mistakes, options = [], config.mistakes, self.configurable
        for setting in config.of(table_of(self.prog)):
            action = options[setting.name]
            try:
                found.append((action, self._value(action, setting.value)))
            except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
                mistakes.append(f"{path}: {setting}: {error}")
        return found, mistakes

    def _refuse(self, *mistakes: object) -> NoReturn:
        *others, last = mistakes
        for mistake in others:
            complain(self.prog, mistake)
        self.exit(Exit.USAGE, f"{self.prog}: {last} ({NO_CONFIG}: without that file)\n")

    def _value(self, action: argparse.Action, value: object) -> object:
        if is_flag(action):
            if not isinstance(value, bool):
                raise TypeError(f"true or false is expected, not {_quoted(value)}")
            return value
        if isinstance(action, self._registry_get("action", "append")):
            return [
                _converted(action, one) for one in (value if isinstance(value, list) else [value])
            ]
        return _converted(action, value)


def is_flag(action: argparse.Action) -> bool:
    """Return whether an option is there or not, and takes no value."""
    return action.nargs == 0 and action.const is True


def _converted(action: argparse.Action, value: object) -> object:
    if isinstance(value, bool | list | dict):
        raise TypeError(f"a text or a number is expected, not {_quoted(value)}")
    text = str(value)
    if action.type in PATHS:
        return _path(text, action.type)
    converted = action.type(text) if callable(action.type) else text
    if action.choices is not None and converted not in action.choices:
        raise ValueError(f"{clean(text, 40)!r} is none of {', '.join(map(str, action.choices))}")
    return converted


def _quoted(value: object) -> str:
    """Return a value as TOML writes it, or nearly so."""
    import json  # noqa: PLC0415 - for a mistake only

    return clean(json.dumps(value, default=str), 40)


def _file(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("a name is expected")
    return Path(text)


def file_name(text: str) -> Path:
    """Return the path of a file that may be there or not.

    Raises:
        argparse.ArgumentTypeError: it is the name of a folder, which a path does not tell.
    """
    if text.endswith(("/", os.sep)):
        raise argparse.ArgumentTypeError(f"{clean(text, 40)!r} names a folder; name a file in it")
    return _file(text)


#: The types of options that are paths.
PATHS = (Path, file_name)


def _path(text: str, kind: Callable[[str], Path]) -> Path:
    name = kind(text)
    path = home() / text[2:] if text.startswith("~/") else name
    if not path.is_absolute():
        raise ValueError(f"{clean(text, 40)!r} is no path that begins with / or ~/")
    return path


def _longest(action: argparse.Action) -> str:
    return max(action.option_strings, key=len)


def _opposite(option: str) -> str:
    return f"--{option[len(_NO) :]}" if option.startswith(_NO) else f"{_NO}{option[2:]}"
