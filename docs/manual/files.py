"""Which files are made of the parsers."""

from collections.abc import Iterable
from pathlib import Path

from connmon_shared import __version__
from manual import bash, config, fish, man, zsh
from manual.programs import by_program, commands

FOLDER = Path(__file__).parents[2]


def files() -> dict[str, str]:
    """Return the text of each file, by its path in this folder."""
    all_of_them = commands()
    programs = by_program(all_of_them)
    return {
        "shared/connmon_shared/config/option_names.py": _text(config.names(all_of_them)),
        "display/connmon_display/commands/config.toml": _text(config.sample(all_of_them)),
        "deploy/share/zsh/site-functions/_connmon": _text(zsh.completions(all_of_them)),
        **{
            f"deploy/share/man/man1/{man.file_name(each)}.1": _text(
                man.page(each, all_of_them, __version__)
            )
            for each in all_of_them
        },
        **{
            f"deploy/share/bash-completion/completions/{name}": _text(bash.completions(own))
            for name, own in programs.items()
        },
        **{
            f"deploy/share/fish/vendor_completions.d/{name}.fish": _text(fish.completions(own))
            for name, own in programs.items()
        },
    }


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
