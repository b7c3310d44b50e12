"""Lists that are read again while a view goes on: on another thread, for one may be long."""

import os
import queue
import threading

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.list_file import ListFile, shown
from connmon_display.filters.lists import Lists
from connmon_shared.stage.loop import Loop


class Renewal:
    """Reads what has changed when it is asked to, and says so.

    Args:
        lists: of the view; only the view's own thread changes them.
        loop: of the view; it is woken when something was read.
    """

    def __init__(self, lists: Lists, loop: Loop) -> None:
        self._lists = lists
        self._loop = loop
        self._read: queue.SimpleQueue[tuple[ListFile, AddressList | OSError]] = queue.SimpleQueue()
        self._left = 0  # files that are being read
        self._again = False  # asked meanwhile
        self._woken = -1

    def begin(self) -> str:
        """Begin to read what has changed, and return a sentence about it."""
        if self._left:
            self._again = True
            return "the lists are being read already; once more after that"
        changed = [file for file in self._lists.files if file.changed]
        if not changed:
            return "no list has changed"
        self._left = len(changed)
        self._woken, wake = os.pipe()
        self._loop.watch(self._woken)
        threading.Thread(target=self._read_all, args=(changed, wake), daemon=True).start()
        return f"reading {', '.join(shown(file.path) for file in changed)} again"

    def finish(self) -> list[str]:
        """Take what was read by now, and return what to say; to be called in every turn."""
        said: list[str] = []
        while not self._read.empty():
            self._left -= 1
            said += self._take(*self._read.get())
            os.read(self._woken, 1)  # it is written right after that
            if self._left:
                continue
            self._loop.forget(self._woken)
            os.close(self._woken)
            if self._again:
                self._again = False
                said.append(self.begin())
        return said

    def _take(self, file: ListFile, found: AddressList | OSError) -> list[str]:
        before = len(file.listed)
        kept = f"its {_entries(before)} from before still count{'s' * (before == 1)}"
        if isinstance(found, OSError):
            return [
                f"cannot read the {file.role} {shown(file.path)} again: {found.strerror}; {kept}"
            ]
        if not len(found):
            return [
                *found.problems,
                f"the {file.role} {shown(file.path)} lists nothing now; {kept}",
            ]
        self._lists.replace(file, found)
        bad = f", {found.bad:,} bad line{'s' * (found.bad != 1)}" if found.bad else ""
        return [
            *found.problems,
            f"the {file.role} {shown(file.path)} was read again: {_entries(len(found))}{bad}",
        ]

    def _read_all(self, changed: list[ListFile], wake: int) -> None:
        try:
            for file in changed:
                try:
                    found: AddressList | OSError = file.read()
                except OSError as error:
                    found = error
                self._read.put((file, found))
                os.write(wake, b"\n")
        finally:
            os.close(wake)


def _entries(count: int) -> str:
    return f"{count:,} entr{'y' if count == 1 else 'ies'}"
