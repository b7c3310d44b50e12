"""What is checked before anything starts, so that no mistake is found only at the end."""

import sys
from dataclasses import dataclass

from connmon_display.export.writing import check_writable
from connmon_display.filters.address_list import AddressList, read_list
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.exits import Exit


class StartError(Exception):
    """The program cannot start; the text says what to do."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the checks yielded."""

    row_filter: RowFilter
    problems: tuple[str, ...]  # sentences: not fatal, but to be told


def prepare(options: Options) -> Prepared:
    """Read the filter file and see whether the output can be written.

    Raises:
        StartError: one of them cannot be.
    """
    if options.output is not None:
        try:
            check_writable(options.output)
        except OSError as error:
            raise StartError(
                f"cannot write {options.output}: {error.strerror}; choose another --output",
                Exit.WRITE_ERROR,
            ) from error
    hidden = _hidden(options)
    problems = tuple(hidden.problems) if hidden is not None else ()
    return Prepared(RowFilter(options, hidden), problems)


def complain(program: str, sentence: object) -> None:
    """Tell the user `sentence` on standard error."""
    print(f"{program}: {sentence}", file=sys.stderr)  # noqa: T201


def _hidden(options: Options) -> AddressList | None:
    if options.filter_file is None:
        return None
    try:
        return read_list(options.filter_file)
    except OSError as error:
        raise StartError(
            f"cannot read the filter file {options.filter_file}: {error.strerror}", Exit.USAGE
        ) from error
