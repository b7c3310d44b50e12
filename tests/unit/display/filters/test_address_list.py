"""Lists of addresses in files."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.filters.address_list import AddressList, read_list
from connmon_display.filters.grammar import entry_of
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact

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


@given(st.lists(entries(), max_size=12))
def test_the_innermost_entry_is_told_with_its_line(
    listed: list[tuple[str, set[tuple[int, int]], bool]],
) -> None:
    found = AddressList(["# first line", *(text for text, _, _ in listed)])
    for version in (4, 6):
        for offset in range(390):
            hit = found.find(address(version, offset).packed)
            if hit is None:
                continue
            text, covered, excepted = listed[hit.line - 2]
            assert (version, offset) in covered
            assert not excepted
            assert AddressList([str(hit.entry)]).find(address(version, offset).packed)
            inner = [other for _, other, no in listed if not no and (version, offset) in other]
            assert not any(other < covered for other in inner), text


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, (1 << 128) - 1)), max_size=40))
def test_networks_of_all_sizes(networks: list[tuple[int, int]]) -> None:
    """The upper half of an IPv6 address decides, or the lower one where upper ones are equal."""
    made = [ipaddress.ip_network((number, prefix), strict=False) for prefix, number in networks]
    found = AddressList(map(str, made))
    for network in made:
        for edge in (network[0], network[-1]):
            assert edge.packed in found
            for beside in (int(edge) - 1, int(edge) + 1):
                if 0 <= beside < 1 << 128:
                    other = ipaddress.IPv6Address(beside)
                    assert (other.packed in found) == any(other in each for each in made)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.254.0", "192.0.2.0/23"),
        ("192.0.2.1 - 192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("192.0.2.0-192.0.2.255", "192.0.2.0/24"),
        ("192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("as64496", "AS64496"),
        ("AS4294967295", "AS4294967295"),
        ("country:de", "country:DE"),
        ("Country: DE", "country:DE"),
    ],
)
def test_entries_are_written_in_one_way(text: str, shown: str) -> None:
    assert str(entry_of(text)) == shown


IN_US = Fact(parse("8.8.8.8"), "US", 15_169, "Google LLC")


@pytest.mark.parametrize(
    ("lines", "entry", "line"),
    [
        (["country:US"], "country:US", 1),
        (["AS1", "as15169"], "AS15169", 2),
        (["country:US", "AS15169", "8.0.0.0/8", "8.8.8.0/24"], "8.8.8.0/24", 4),
        (["country:US", "AS15169"], "AS15169", 2),
        (["country:US", "country:us"], "country:US", 1),
        (["8.8.8.8", "8.8.8.8"], "8.8.8.8", 1),
        (["country:US", "!8.8.4.4", "!country:DE", "!AS1"], "country:US", 1),
    ],
)
def test_the_most_exact_entry_is_told(lines: list[str], entry: str, line: int) -> None:
    hit = AddressList(lines).find(IN_US.address, IN_US)
    assert hit is not None
    assert (str(hit.entry), hit.line) == (entry, line)


@pytest.mark.parametrize(
    "lines",
    [
        ["country:US", "!8.8.8.8"],
        ["!8.8.8.8", "country:US"],
        ["AS15169", "!country:US"],
        ["8.8.8.8", "!country:US"],
        ["8.8.8.8", "!8.0.0.0/8"],
        ["country:US", "!AS15169"],
        ["!country:DE"],
        [],
    ],
)
def test_an_exception_of_any_kind_wins(lines: list[str]) -> None:
    assert AddressList(lines).find(IN_US.address, IN_US) is None


def test_nothing_of_a_network_is_listed_before_its_country_is_known() -> None:
    listed = AddressList(["country:US", "AS15169"])
    assert listed.find(IN_US.address) is None
    assert listed.find(IN_US.address, Fact(IN_US.address)) is None
    assert listed.needs == {"country", "asn"}
    assert AddressList(["!country:US"]).doubts == {"country"}
    assert AddressList(["8.8.8.8"]).needs == frozenset()


def test_a_wildcard_is_never_listed() -> None:
    assert b"" not in AddressList(["0.0.0.0/0", "::/0"])


@pytest.mark.parametrize(
    "line",
    [
        *("192.0.2.7", "  192.0.2.7  ", "192.0.2.7 # office", "192.0.2.7;x", "192.0.2.7 // y"),
        *("192.0.2.0/24", "192.0.2.7/24", "192.0.2.1-192.0.2.9", "192.0.2.1 - 192.0.2.9"),
        *("192.0.2.7\r\n", "192.0.2.7/32", "192.0.2.0/255.255.255.0"),
        *("192.0.2.7#x", "192.0.2.7//x;y", "::ffff:192.0.2.7", "\t192.0.2.7\t# ; //"),
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
        *("AS", "AS0", "ASx", "AS4294967296", "AS12345678901", "country:", "country:DEU", "DE"),
        *("www.example.net", "!!192.0.2.8", "192.0.2.8 192.0.2.9", "192.0.2.08", "192.0.2.8/+8"),
        *("\0", "192.0.2.8\0", "²", "192.0.2.8/²", "AS²", "/", "192.0.2.8/-1", "192.0.2.8/0x8"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_others_count(line: str) -> None:
    found = AddressList(["192.0.2.7", line], "my list")
    assert parse("192.0.2.7") in found
    assert found.bad == 1
    assert found.problems[0].startswith("my list, line 2: ")
    assert found.problems[0].isprintable()


@pytest.mark.parametrize(
    ("last", "rest"),
    [("192.0.2.7", "the good ones are used"), ("", "none is good: it lists nothing")],
)
def test_only_the_first_bad_lines_are_told_one_by_one(tmp_path: Path, last: str, rest: str) -> None:
    path = tmp_path / "list"
    path.write_text("bad\n" * 1_000 + last, encoding="ascii")
    found = read_list(path)
    assert len(found.problems) == 6
    assert found.problems[-1].endswith(f"1000 bad lines in all; {rest}")


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
