"""A mapping that is copied at once, its values only when they change. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol, Self, TypeVar
from weakref import ReferenceType, ref


class Copyable(Protocol):
    """What can be changed, and copied before."""

    def copy(self) -> Self:
        """Return another one that is the same now."""
        ...


Key = TypeVar("Key")
Value = TypeVar("Value", bound=Copyable)


class LateCopy(dict[Key, Value]):
    """A mapping that has its values in common with its copies until one of them changes one.

    Whoever changes a value has to ask for it with `own`. For a copy that nobody holds any more
    nothing is copied.

    Attributes:
        yields: whether it is this mapping that gets a copy when another one changes a value that
            both have, and not the other: then nobody may hold on to a value of this one.
    """

    def __init__(
        self,
        items: Mapping[Key, Value] | Iterable[tuple[Key, Value]] = (),
        *,
        yields: bool = False,
    ) -> None:
        super().__init__(items)
        self.yields = yields
        self._copies: list[ReferenceType[LateCopy[Key, Value]]] = [ref(self)]  # the same for all

    def copy(self, *, yields: bool = False) -> "LateCopy[Key, Value]":
        """Return the mapping as it is now, and whether it `yields`."""
        copy = LateCopy(self, yields=yields)
        self._copies[:] = [*(known for known in self._copies if known() is not None), ref(copy)]
        copy._copies = self._copies
        return copy

    def own(self, key: Key) -> Value:
        """Return the value of `key` to be changed: a copy of its own, if another has it as well.

        Raises:
            KeyError: there is none.
        """
        value = self[key]
        others = [
            other
            for known in self._copies
            if (other := known()) is not None and other is not self and other.get(key) is value
        ]
        if all(other.yields for other in others):
            for other in others:
                other[key] = value.copy()
        else:
            value = self[key] = value.copy()
        return value
