"""Modules that are loaded only once something of them is used."""

import contextlib
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:  # it brings tempfile
    from importlib.abc import Loader


@contextlib.contextmanager
def loading_late(*names: str) -> Iterator[None]:
    """Let what is imported meanwhile, and is not loaded yet, load the modules `names` late.

    Libraries import what a user of theirs may need; we may be one that never does. Where a module
    of a package is meant, the package has to be named as well.
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
            found.loader = cast("Loader", _Late(found.loader, self._names))
        return found


class _Late:
    """Leaves a module empty until it is asked for what it has not.

    Unlike importlib's LazyLoader it lets a module of a package be imported without the package.
    """

    def __init__(self, loader: "Loader", names: Collection[str]) -> None:
        self._loader = loader
        self._names = names

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return what is to be loaded; None: a usual module."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Let `module` be loaded once somebody asks for what is in it (PEP 562)."""
        vars(module)["__getattr__"] = partial(self._load, module)

    def _load(self, module: ModuleType, name: str) -> object:
        """Load `module`, and return what it has of that `name`."""
        if f"{module.__name__}.{name}" in self._names:  # the next to be imported
            raise AttributeError(name)
        del vars(module)["__getattr__"]
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        return getattr(module, name)
