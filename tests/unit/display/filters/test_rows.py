"""Which rows are shown."""

from pathlib import Path

import pytest
from unit.display.lists import PLAIN, Folder

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.endpoints import WILDCARD, Peer, parse
from connmon_shared.messages import Fact


def shows(options: Options, text: str, port: int = 0) -> bool:
    address = WILDCARD if text == "*" else parse(text)
    return RowFilter(options).shows(Peer(address, port))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


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


GOOGLE, SECOND, OTHER = (Peer(parse(text)) for text in ("8.8.8.8", "8.8.4.4", "1.1.1.1"))
IN_US = Fact(GOOGLE.address, "US", 15_169)


def test_listed_addresses_are_hidden_but_never_the_wildcard(folder: Folder) -> None:
    found = folder.filter(hidden=["0.0.0.0/0", "::/0", "!8.8.4.4"])
    assert not found.shows(GOOGLE)
    assert found.shows(SECOND)
    assert found.shows(Peer(WILDCARD, 22))


def test_only_what_is_listed_is_shown_listening_sockets_neither(folder: Folder) -> None:
    found = folder.filter(only=["8.0.0.0/8", "!8.8.4.4"], only_too=["1.1.1.1"])
    assert [found.shows(peer) for peer in (GOOGLE, SECOND, OTHER)] == [True, False, True]
    assert not found.shows(Peer(WILDCARD, 22))


def test_of_what_only_files_show_filter_files_hide_some(folder: Folder) -> None:
    found = folder.filter(only=["8.0.0.0/8"], hidden=["8.8.4.4"])
    assert [found.shows(peer) for peer in (GOOGLE, SECOND, OTHER)] == [True, False, False]


def test_a_country_hides_as_soon_as_it_is_known(folder: Folder) -> None:
    found = folder.filter(hidden=["country:US"])
    assert found.shows(GOOGLE)
    assert not found.shows(GOOGLE, IN_US)
    only = folder.filter(only=["country:US"])
    assert not only.shows(GOOGLE)
    assert only.shows(GOOGLE, IN_US)


def test_what_is_watched_is_marked_with_the_reason(folder: Folder, tmp_path: Path) -> None:
    found = folder.filter(watched=["# bad ones", "country:US"], watched_too=["1.1.1.1"])
    match = found.match(GOOGLE, IN_US)
    assert match is not None
    assert match.words == f'matched "country:US" ({tmp_path}/watched:2)'
    assert found.match(GOOGLE) is None
    assert found.match(OTHER) is not None


def test_what_is_not_in_a_baseline_is_marked_but_loopback_and_listeners(
    folder: Folder, tmp_path: Path
) -> None:
    everything = Options(10, 80, show_loopback=True)
    found = folder.filter(everything, baseline=["8.8.8.8"], baseline_too=["8.8.4.4"])
    assert [found.match(peer) is None for peer in (GOOGLE, SECOND, OTHER)] == [True, True, False]
    match = found.match(OTHER)
    assert match is not None
    assert match.words == f"not in the baseline ({tmp_path}/baseline)"
    assert found.match(Peer(parse("127.0.0.1"))) is None
    assert found.match(Peer(parse("1.1.1.1"), 22)) is None


def test_what_is_hidden_deserves_no_attention(folder: Folder) -> None:
    assert folder.filter(watched=["8.8.8.8"], hidden=["8.0.0.0/8"]).match(GOOGLE) is None


def test_a_list_that_needs_a_look_up_says_so_once_for_each(folder: Folder) -> None:
    lists = folder.filter(watched=["8.8.8.8", "AS1", "!country:DE", "country:US"]).lists
    assert lists.problems(frozenset({"country", "asn"})) == []
    [asn, country] = lists.problems(frozenset())
    assert "line 2: AS1" in asn
    assert "--lookup-asn" in asn
    assert "line 3: country:DE" in country
    assert "--lookup-country" in country
