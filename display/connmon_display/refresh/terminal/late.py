"""Modules that are loaded only once something of them is used."""

import contextlib
import sys
from collections.abc import Collection, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


@contextlib.contextmanager
def loading_late(*names: str) -> Iterator[None]:
    """Let what is imported meanwhile, and is not loaded yet, load the modules `names` late.

    Libraries import what a user of theirs may need; we may be one that never does.
    """
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder:
    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(fullname, path) if fullname in self._names else None
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found
