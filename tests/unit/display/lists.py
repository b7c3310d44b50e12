"""Lists in files, as a test writes them."""

from pathlib import Path

from connmon_display.filters.list_file import ListFile, Role
from connmon_display.filters.lists import Lists
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options

PLAIN = Options(10, 80)


class Folder:
    """Lists in files.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def filter(self, options: Options = PLAIN, **lists: list[str]) -> RowFilter:
        """Return the filter that has a list of these lines for each role that is named."""
        files = []
        for name, lines in lists.items():
            self.write(name, lines)
            files.append(ListFile(self.path / name, Role[name.partition("_")[0].upper()]))
        return RowFilter(options, Lists(files))

    def write(self, name: str, lines: list[str]) -> None:
        """Write a list in the way of editors: beside it first."""
        new = self.path / f"{name}.new"
        new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        new.replace(self.path / name)
