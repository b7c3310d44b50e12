import ipaddress

import pytest
from helpers_geo import opened
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_enricher.geo.builder import IPV4, IPV6, TableBuilder
from connmon_enricher.geo.table import Table

Rows = list[tuple[int, int, str | None]]
BITS = {IPV4: 32, IPV6: 128}


def table_of(rows: Rows, family: int) -> Table[str]:
    builder = TableBuilder()
    for start, end, value in rows:
        builder.add(family, start, end, builder.value_id(value))
    return opened(builder.build())


def mapped(address: int) -> bool:
    """Return whether `address`, an IPv6 one, stands for an IPv4 one (::ffff:a.b.c.d)."""
    return address >> 32 == 0xFFFF


def naive(rows: Rows, address: int) -> str | None:
    """Return the value of the innermost row by looking at all of them.

    A mapped address is an IPv4 one: IPv6 rows that reach beyond the mapped ones are not about it.
    """
    inside = [
        (start, -end, index, value)
        for index, (start, end, value) in enumerate(rows)
        if start <= address <= end and (not mapped(address) or (mapped(start) and mapped(end)))
    ]
    return max(inside, key=lambda row: row[:3])[3] if inside else None


def addresses(family: int) -> st.SearchStrategy[int]:
    """Addresses that are often close together, where halves, blocks and families meet."""
    bits = BITS[family]
    anchors = [
        0,
        0xFFFF << 32,
        1 << 48,
        1 << bits - 1,
        1 << bits // 2,
        1 << bits - 21,
        5 << bits - 21,
        (1 << bits) - 1,
    ]
    near = st.builds(
        lambda anchor, step: anchor + step, st.sampled_from(anchors), st.integers(-9, 9)
    )
    return st.one_of(near, st.integers(0, (1 << bits) - 1)).map(
        lambda address: min(max(address, 0), (1 << bits) - 1)
    )


def row_lists(family: int, spread: int = 0) -> st.SearchStrategy[Rows]:
    """Rows anywhere, or below `spread`."""
    address = st.integers(0, spread) if spread else addresses(family)
    ends = st.tuples(address, address).map(sorted)
    row = st.tuples(ends, st.sampled_from(["AA", "BB", "CC", None]))
    return st.lists(row.map(lambda row: (row[0][0], row[0][1], row[1])), max_size=12)


def edges(rows: Rows, family: int) -> set[int]:
    around = {edge + step for row in rows for edge in row[:2] for step in (-1, 0, 1)}
    return {address for address in around if 0 <= address < 1 << BITS[family]}


@pytest.mark.parametrize("end", [0xFFFE_FFFF_FFFF, 0xFFFF_0000_0000, 1 << 127])
def test_a_mapped_address_is_not_within_rows_of_ipv6(end: int) -> None:
    table = table_of([(0, end, "AA")], IPV6)
    assert table.find((0xFFFF_0000_0000).to_bytes(IPV6, "big")) is None
    assert table.find((0xFFFE_FFFF_FFFF).to_bytes(IPV6, "big")) == "AA"


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("family", [IPV4, IPV6])
@settings(deadline=None, max_examples=40)  # a table takes 10 MB
@given(data=st.data())
def test_finds_what_a_scan_of_all_rows_finds(data: st.DataObject, family: int) -> None:
    rows = data.draw(row_lists(family))
    probes = data.draw(st.lists(addresses(family), max_size=10))
    table = table_of(rows, family)
    for address in {*probes, *edges(rows, family)}:
        assert table.find(address.to_bytes(family, "big")) == naive(rows, address)


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None, max_examples=40)  # a table takes 10 MB
@given(rows=row_lists(IPV6, spread=1 << 66), probes=st.lists(st.integers(0, 1 << 66)))
def test_finds_what_lies_within_one_64(rows: Rows, probes: list[int]) -> None:
    table = table_of(rows, IPV6)
    for address in {*probes, *edges(rows, IPV6)}:
        assert table.find(address.to_bytes(IPV6, "big")) == naive(rows, address)


def test_a_gap_between_ranges_is_unknown() -> None:
    table = table_of([(10, 20, "AA"), (30, 40, "BB")], IPV4)
    found = [table.find(number.to_bytes(4, "big")) for number in (9, 10, 20, 21, 29, 30, 40, 41)]
    assert found == [None, "AA", "AA", None, None, "BB", "BB", None]


def test_the_innermost_of_nested_ranges_counts_whatever_their_order() -> None:
    rows: Rows = [(50, 60, "CC"), (0, 100, "AA"), (40, 70, "BB"), (45, 48, None)]
    table = table_of(rows, IPV4)
    found = {
        number: table.find(number.to_bytes(4, "big")) for number in (39, 40, 45, 49, 55, 61, 71)
    }
    assert found == {39: "AA", 40: "BB", 45: None, 49: "BB", 55: "CC", 61: "BB", 71: "AA"}


def test_ranges_reach_the_last_address() -> None:
    table = table_of([(0, (1 << 128) - 1, "AA"), ((1 << 128) - 1, (1 << 128) - 1, "BB")], IPV6)
    assert table.find(ipaddress.ip_address("ffff::").packed) == "AA"
    assert table.find(bytes([255]) * 16) == "BB"


def test_families_do_not_mix_and_the_wildcard_is_unknown() -> None:
    table = table_of([(0, (1 << 32) - 1, "AA")], IPV4)
    assert table.find(bytes(4)) == "AA"
    assert table.find(bytes(15) + b"\1") is None
    assert table.find(b"") is None


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        table_of([(2, 1, "AA")], IPV4)


def test_keeps_few_of_many_values_decoded_and_finds_all() -> None:
    rows: Rows = [(number, number, f"V{number}") for number in range(5_000)]
    table = table_of(rows, IPV4)
    for _ in range(2):
        assert all(table.find(start.to_bytes(4, "big")) == value for start, _, value in rows)


@pytest.mark.parametrize(("family", "bits"), [(IPV4, 8), (IPV4, 13), (IPV6, 64), (IPV6, 107)])
def test_finds_each_of_many_neighbours(family: int, bits: int) -> None:
    rows: Rows = [(number << bits, (number + 1 << bits) - 1, f"V{number}") for number in range(500)]
    table = table_of(rows, family)
    for first, last, value in rows:
        for address in (first, last):
            assert table.find(address.to_bytes(family, "big")) == value
    beyond = rows[-1][1] + 1
    assert table.find(beyond.to_bytes(family, "big")) is None
