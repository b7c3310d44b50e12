"""A list of addresses from a file: single ones, networks, ranges, and exceptions.

One entry a line; `#`, `;` and `//` begin a comment:

    192.0.2.7
    10.0.0.0/8
    198.51.100.1-198.51.100.20
    !10.1.2.3            # not this one
"""

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_COMMENT = re.compile(r"\s*(?:#|;|//).*$")
_SHOWN_PROBLEMS = 5
_IPV4_LENGTH = 4

Span = tuple[int, int]  # first and last address as whole numbers


@dataclass(slots=True)
class AddressSet:
    """Addresses of one family as sorted spans that do not overlap."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "AddressSet":
        """Return the union of `spans`."""
        merged = cls()
        for start, end in sorted(spans):
            if merged.ends and start <= merged.ends[-1] + 1:
                merged.ends[-1] = max(merged.ends[-1], end)
            else:
                merged.starts.append(start)
                merged.ends.append(end)
        return merged

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self.starts, number) - 1
        return at >= 0 and number <= self.ends[at]


class AddressList:
    """The addresses that a file lists."""

    def __init__(self, lines: Iterable[str], name: str = "filter") -> None:
        spans: dict[tuple[int, bool], list[Span]] = {}
        self.problems: list[str] = []  # sentences, one for each of the first bad lines
        self.bad = 0
        for number, line in enumerate(lines, start=1):
            entry = _COMMENT.sub("", line).strip()
            if not entry:
                continue
            try:
                version, span = _span(entry.removeprefix("!").strip())
            except ValueError:
                self._complain(
                    f"{name}, line {number}: {entry[:60]!r} is no address, network or range"
                )
                continue
            spans.setdefault((version, entry.startswith("!")), []).append(span)
        self._sets = {key: AddressSet.of(found) for key, found in spans.items()}

    def __contains__(self, address: bytes) -> bool:
        version = 4 if len(address) == _IPV4_LENGTH else 6
        number = int.from_bytes(address)
        listed = self._sets.get((version, False), ())
        excepted = self._sets.get((version, True), ())
        return number in listed and number not in excepted

    def _complain(self, problem: str) -> None:
        self.bad += 1
        if self.bad <= _SHOWN_PROBLEMS:
            self.problems.append(problem)


def read_list(path: Path) -> AddressList:
    """Return the list in `path`.

    Raises:
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        found = AddressList(lines, str(path))
    if found.bad > _SHOWN_PROBLEMS:
        found.problems.append(f"{path}: {found.bad} bad lines in all; the good ones are used")
    return found


def _span(entry: str) -> tuple[int, Span]:
    first, dash, last = entry.partition("-")
    if dash:
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        if low.version != high.version or int(low) > int(high):
            raise ValueError("a range runs from a lower to a higher address")
        return low.version, (int(low), int(high))
    network = ipaddress.ip_network(entry, strict=False)
    return network.version, (int(network.network_address), int(network.broadcast_address))
