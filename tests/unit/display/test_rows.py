"""Which rows are shown."""

import pytest

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.endpoints import WILDCARD, Peer, parse

PLAIN = Options(10, 80)


def shows(options: Options, text: str, port: int = 0, hidden: AddressList | None = None) -> bool:
    address = WILDCARD if text == "*" else parse(text)
    return RowFilter(options, hidden).shows(Peer(address, port))


@pytest.mark.parametrize("text", ["8.8.8.8", "10.0.0.1", "fe80::1", "192.0.2.1", "2606:4700::1111"])
def test_remote_addresses_are_shown(text: str) -> None:
    assert shows(PLAIN, text)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_shown_only_on_request_but_its_listeners_always(text: str) -> None:
    assert not shows(PLAIN, text)
    assert shows(PLAIN, text, 5432)
    assert shows(Options(10, 80, show_loopback=True), text)


@pytest.mark.parametrize(
    "text",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.0.1", "240.0.0.1"),
        *("fe80::1", "fc00::1", "::1", "224.0.0.1", "192.0.2.1", "100.64.0.1"),
    ],
)
def test_filter_local_hides_what_is_not_public(text: str) -> None:
    local = Options(10, 80, filter_local=True, show_loopback=True)
    assert not shows(local, text)
    assert not shows(local, text, 80)


def test_filter_local_leaves_public_addresses_and_public_listeners() -> None:
    local = Options(10, 80, filter_local=True)
    assert shows(local, "8.8.8.8")
    assert shows(local, "2606:4700::1111")
    assert shows(local, "*", 22)


def test_listed_addresses_are_hidden_but_never_the_wildcard() -> None:
    hidden = AddressList(["0.0.0.0/0", "::/0", "!8.8.4.4"])
    assert not shows(PLAIN, "8.8.8.8", hidden=hidden)
    assert shows(PLAIN, "8.8.4.4", hidden=hidden)
    assert shows(PLAIN, "*", 22, hidden=hidden)
