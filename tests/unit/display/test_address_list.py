"""Lists of addresses in files."""

import ipaddress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.filters.address_list import AddressList, AddressSet, read_list
from connmon_shared.endpoints import parse

small = st.integers(0, 300)
base = {4: int(ipaddress.ip_address("10.0.0.0")), 6: int(ipaddress.ip_address("2001:db8::"))}


def address(version: int, offset: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    number = base[version] + offset
    return ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number)


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, set[tuple[int, int]], bool]:
    """Return an entry, the (version, offset) that it stands for, and whether it is an exception."""
    version, excepted = draw(st.sampled_from([4, 6])), draw(st.booleans())
    kind = draw(st.sampled_from(["single", "range", "network"]))
    low = draw(small)
    if kind == "single":
        text, covered = str(address(version, low)), {low}
    elif kind == "range":
        high = draw(st.integers(low, 320))
        text = f"{address(version, low)} - {address(version, high)}"
        covered = set(range(low, high + 1))
    else:
        bits = draw(st.integers(0, 6))
        width = (32 if version == 4 else 128) - bits
        text = f"{address(version, low)}/{width}"  # host bits may be set
        start = low >> bits << bits
        covered = set(range(start, start + (1 << bits)))
    text = ("! " if excepted else "") + text
    return text, {(version, offset) for offset in covered}, excepted


@given(st.lists(entries(), max_size=12))
def test_membership_is_that_of_a_naive_scan(
    listed: list[tuple[str, set[tuple[int, int]], bool]],
) -> None:
    found = AddressList([text for text, _, _ in listed])
    assert not found.problems
    inside = {item for _, covered, excepted in listed if not excepted for item in covered}
    outside = {item for _, covered, excepted in listed if excepted for item in covered}
    for version in (4, 6):
        for offset in range(390):
            expected = (version, offset) in inside - outside
            assert (address(version, offset).packed in found) == expected


@given(st.lists(st.tuples(small, small).map(lambda pair: (min(pair), max(pair)))))
def test_spans_are_sorted_and_apart(spans: list[tuple[int, int]]) -> None:
    merged = AddressSet.of(spans)
    pairs = list(zip(merged.starts, merged.ends, strict=True))
    assert pairs == sorted(pairs)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(pairs))


@pytest.mark.parametrize(
    "line",
    [
        *("192.0.2.7", "  192.0.2.7  ", "192.0.2.7 # office", "192.0.2.7;x", "192.0.2.7 // y"),
        *("192.0.2.0/24", "192.0.2.7/24", "192.0.2.1-192.0.2.9", "192.0.2.1 - 192.0.2.9"),
        *("192.0.2.7\r\n", "192.0.2.7/32", "192.0.2.0/255.255.255.0"),
    ],
)
def test_a_line_lists(line: str) -> None:
    found = AddressList([line])
    assert parse("192.0.2.7") in found
    assert parse("192.0.3.7") not in found
    assert not found.problems


@pytest.mark.parametrize("line", ["", "  ", "# 192.0.2.7", "; 192.0.2.7", "// 192.0.2.7", "\n"])
def test_comments_and_empty_lines_list_nothing(line: str) -> None:
    found = AddressList([line])
    assert parse("192.0.2.7") not in found
    assert not found.problems


@pytest.mark.parametrize(
    "line",
    [
        *("nonsense", "192.0.2", "192.0.2.256", "192.0.2.0/33", "192.0.2.9-192.0.2.1", "!"),
        *("192.0.2.1-2001:db8::1", "192.0.2.1-", "-", "2001:db8::/129", "\x1b[2J", "1-2-3"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_others_count(line: str) -> None:
    found = AddressList(["192.0.2.7", line], "my list")
    assert parse("192.0.2.7") in found
    assert found.bad == 1
    assert found.problems[0].startswith("my list, line 2: ")
    assert found.problems[0].isprintable()


def test_only_the_first_bad_lines_are_told_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("bad\n" * 1_000, encoding="ascii")
    found = read_list(path)
    assert len(found.problems) == 6
    assert found.problems[-1].endswith("1000 bad lines in all; the good ones are used")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_files_of_other_systems_and_bytes_that_are_no_text(
    tmp_path: Path, start: bytes, end: bytes
) -> None:
    path = tmp_path / "list"
    path.write_bytes(start + end.join([b"192.0.2.7", b"2001:db8::/32", b"\xff\xfe"]))
    found = read_list(path)
    assert parse("192.0.2.7") in found
    assert parse("2001:db8::5") in found
    assert found.bad == 1


def test_everything_can_be_listed() -> None:
    found = AddressList(["0.0.0.0/0", "::/0"])
    assert parse("255.255.255.255") in found
    assert parse("ffff::") in found
