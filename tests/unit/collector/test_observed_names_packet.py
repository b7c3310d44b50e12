import ipaddress

import pytest
from dns_packets import CLIENT, CLIENT6, SERVER, SERVER6, packet
from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.observed_names.packet import read_datagram

ENDS = [((SERVER, 53), (CLIENT, 40_000)), ((SERVER6, 53), (CLIENT6, 40_000))]


@pytest.mark.parametrize(("source", "target"), ENDS)
def test_ends_and_payload_are_found(source: tuple[str, int], target: tuple[str, int]) -> None:
    datagram = read_datagram(packet(b"payload", source, target))
    assert datagram is not None
    assert datagram.source == ipaddress.ip_address(source[0]).packed + (53).to_bytes(2)
    assert datagram.target == ipaddress.ip_address(target[0]).packed + (40_000).to_bytes(2)
    assert datagram.payload == b"payload"


def test_options_of_ipv4_are_passed_over() -> None:
    datagram = read_datagram(packet(b"payload", *ENDS[0], options=b"\x01" * 8))
    assert datagram is not None
    assert datagram.payload == b"payload"
    assert datagram.source[-2:] == (53).to_bytes(2)


@pytest.mark.parametrize(("source", "target"), ENDS)
def test_padding_behind_a_short_datagram_is_no_part_of_it(
    source: tuple[str, int], target: tuple[str, int]
) -> None:
    datagram = read_datagram(packet(b"payload", source, target) + bytes(18))
    assert datagram is not None
    assert datagram.payload == b"payload"


@pytest.mark.parametrize(("source", "target"), ENDS)
def test_what_is_cut_short_is_none(source: tuple[str, int], target: tuple[str, int]) -> None:
    whole = packet(b"payload", source, target)
    for size in range(len(whole)):
        assert read_datagram(whole[:size]) is None


def changed(whole: bytes, at: int, value: int) -> bytes:
    return whole[:at] + bytes((value,)) + whole[at + 1 :]


def test_other_protocols_versions_and_impossible_lengths_are_none() -> None:
    four, six = (packet(b"payload", *ends) for ends in ENDS)
    assert read_datagram(changed(four, 9, 6)) is None  # TCP
    assert read_datagram(changed(six, 6, 44)) is None  # a fragment's header
    for at, value in ((6, 0x20), (6, 0x01), (7, 1)):  # more fragments, or a later one
        assert read_datagram(changed(four, at, value)) is None
    assert read_datagram(changed(four, 0, 0x55)) is None
    assert read_datagram(changed(four, 0, 0x44)) is None  # a header of 16 bytes
    assert read_datagram(changed(four, 25, 7)) is None  # UDP with less than its header
    assert read_datagram(changed(four, 25, 200)) is None  # and with more than there is


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x45", b"\x4f", b"\x60"]))
def test_any_bytes_are_a_datagram_or_none(data: bytes, first: bytes) -> None:
    datagram = read_datagram(first + data)
    assert datagram is None or datagram.payload in data
