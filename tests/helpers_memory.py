"""What objects hold on to."""

import gc
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType

_NOT_OURS = (type, ModuleType, FunctionType, MethodType)


def reachable(*roots: object) -> Iterator[object]:
    """Yield everything that `roots` hold on to."""
    seen: set[int] = set()
    left = [*roots]
    while left:
        found = left.pop()
        if id(found) not in seen and not isinstance(found, _NOT_OURS):
            seen.add(id(found))
            yield found
            left += gc.get_referents(found)
