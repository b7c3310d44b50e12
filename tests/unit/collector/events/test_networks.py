"""Names of network namespaces; entering one is tested where there is a privilege for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connmon_collector.sources.events.networks import Networks

OWN = 4_026_531_840


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    place = tmp_path / "proc/self/ns"
    place.mkdir(parents=True)
    (place / "net").symlink_to(f"net:[{OWN}]")
    return tmp_path / "proc"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    place = tmp_path / "netns"
    place.mkdir()
    return place


@pytest.fixture
def networks(proc: Path, names: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Networks]:
    monkeypatch.setattr(Networks, "_open_others", lambda _self: None)
    opened = Networks(proc, names)
    yield opened
    opened.close()


def test_one_that_is_not_known_is_ours_only_while_there_is_no_other(networks: Networks) -> None:
    assert networks.own == OWN
    assert networks.label(OWN) == networks.label(0) == ""
    networks.label(4_026_532_000)
    assert networks.label(OWN) == ""
    assert networks.label(0) == "?"


def test_one_with_a_name_is_called_by_it(networks: Networks, names: Path) -> None:
    named = names / "blue\x1b[31m"
    named.touch()
    assert networks.label(named.stat().st_ino) == "blue?[31m"


def test_one_without_is_called_by_its_number(networks: Networks) -> None:
    assert networks.label(4_026_532_000) == "net:4026532000"


def test_what_is_not_known_counts_as_ours_in_dumps(networks: Networks) -> None:
    assert networks.dumped(0)
    assert networks.dumped(OWN)
    assert not networks.dumped(4_026_532_000)
    assert [network for network, _ in networks] == [OWN]
