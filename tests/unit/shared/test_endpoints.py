import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.endpoints import WILDCARD, Peer, Scope, normalise, parse, scope_of, text_of


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("8.8.8.8", Scope.GLOBAL),
        ("2a00:1450::1", Scope.GLOBAL),
        ("10.1.2.3", Scope.PRIVATE),
        ("172.16.0.1", Scope.PRIVATE),
        ("192.168.1.1", Scope.PRIVATE),
        ("100.64.0.1", Scope.PRIVATE),
        ("fd00::1", Scope.PRIVATE),
        ("127.0.0.1", Scope.LOOPBACK),
        ("127.255.0.9", Scope.LOOPBACK),
        ("::1", Scope.LOOPBACK),
        ("169.254.1.1", Scope.LINK_LOCAL),
        ("fe80::1", Scope.LINK_LOCAL),
        ("224.0.0.251", Scope.MULTICAST),
        ("ff02::fb", Scope.MULTICAST),
        ("192.0.2.1", Scope.DOCUMENTATION),
        ("203.0.113.9", Scope.DOCUMENTATION),
        ("2001:db8::1", Scope.DOCUMENTATION),
        ("3fff::1", Scope.DOCUMENTATION),
        ("240.0.0.1", Scope.RESERVED),
        ("255.255.255.255", Scope.RESERVED),
    ],
)
def test_the_scope_of_an_address(text: str, scope: Scope) -> None:
    assert scope_of(parse(text)) is scope


@given(st.sampled_from([4, 16]).flatmap(lambda n: st.binary(min_size=n, max_size=n)).filter(any))
def test_what_is_global_is_so_by_the_registries(raw: bytes) -> None:
    ip = ipaddress.ip_address(raw)
    special = ip.is_multicast or ip.is_reserved or not ip.is_global
    documentation = any(
        ip in ipaddress.ip_network(text) for text in ("2001:db8::/32", "3fff::/20", "192.0.2.0/24")
    )
    if scope_of(raw) is Scope.GLOBAL:
        assert not special
        assert not documentation


@pytest.mark.parametrize("length", [4, 16])
@pytest.mark.parametrize("second", [0, 1, 0xA0, 0xFF])
def test_no_first_byte_hides_what_is_special(length: int, second: int) -> None:
    for first in range(1, 256):
        raw = bytes((first, second, *bytes(length - 3), 1))
        ip = ipaddress.ip_address(raw)
        special = ip.is_multicast or ip.is_reserved or ip.is_link_local or not ip.is_global
        scope = scope_of(raw)
        assert (scope is not Scope.GLOBAL) == special or scope is Scope.DOCUMENTATION, ip


def test_the_wildcard_has_a_scope_of_its_own() -> None:
    assert scope_of(WILDCARD) is Scope.WILDCARD


@pytest.mark.parametrize("text", ["0.0.0.0", "::"])  # noqa: S104 - nothing is bound
def test_an_address_of_zeros_is_the_wildcard(text: str) -> None:
    assert parse(text) == WILDCARD
    assert text_of(WILDCARD) == "*"


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("1.2.3.4", bytes([1, 2, 3, 4])),
        ("::ffff:1.2.3.4", bytes([1, 2, 3, 4])),
        ("fe80::1%eth0", ipaddress.ip_address("fe80::1").packed),
        ("::1", bytes(15) + b"\1"),
        ("1.2.3.4%eth0", bytes([1, 2, 3, 4])),
    ],
)
def test_parse(text: str, packed: bytes) -> None:
    assert parse(text) == packed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.3",
        "1.2.3.4.5",
        "localhost",
        "%eth0",
        "1.2.3.4/8",
        "1::2::3",
        "*",
        "010.1.1.1",
        "1%1%1",
        "\udcff",
        "1.2.3.4\0",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some are those of codecs
        parse(text)


addresses = st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)


@given(addresses)
def test_addresses_survive_their_text(raw: bytes) -> None:
    address = normalise(raw)
    if address:
        assert parse(text_of(address)) == address
    assert normalise(address) == address


@given(addresses)
def test_every_address_has_a_scope(raw: bytes) -> None:
    assert scope_of(normalise(raw)) in Scope


@given(st.binary(min_size=4, max_size=4).filter(any))
def test_a_mapped_address_is_its_ipv4_one(raw: bytes) -> None:
    assert normalise(bytes(10) + b"\xff\xff" + raw) == raw


@given(st.binary(max_size=20).filter(lambda raw: len(raw) not in {0, 4, 16}))
def test_bytes_of_another_length_are_no_address(raw: bytes) -> None:
    with pytest.raises(ValueError, match="4 or 16"):
        text_of(raw)


@pytest.mark.parametrize(
    ("peer", "text"),
    [
        (Peer(parse("1.2.3.4")), "1.2.3.4"),
        (Peer(parse("::1")), "::1"),
        (Peer(parse("1.2.3.4"), 22), "1.2.3.4:22"),
        (Peer(parse("::1"), 22), "[::1]:22"),
        (Peer(WILDCARD, 22), "*:22"),
    ],
)
def test_the_text_of_a_row(peer: Peer, text: str) -> None:
    assert str(peer) == text
    assert peer.listening == bool(peer.port)
