"""Which connections are alerts: each once, whatever comes late."""

from pathlib import Path
from typing import Self

import pytest
from helpers import connection, listener
from unit.display.lists import Folder
from unit.display.watching import Host, Watching

from connmon_display.attention.alerts import PATIENCE, Alerts
from connmon_display.filters.list_file import ListFile
from connmon_display.filters.lists import Lists, Match
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import UNKNOWN_NAMESPACE, Connection, Fact

HERE, THERE, NEAR = "8.8.8.8", "1.1.1.1", "10.0.0.7"
OPTIONS = Options(10, 80, show_loopback=True)
IN_US, IN_DE = Fact(parse(HERE), "US", 15_169), Fact(parse(HERE), "DE", 15_169)


class Counting(RowFilter):
    """A filter that notes which rows it is asked about."""

    def __init__(self, options: Options, lists: Lists) -> None:
        super().__init__(options, lists)
        self.asked: list[Peer] = []

    def match(self, peer: Peer, fact: Fact | None = None) -> Match | None:
        self.asked.append(peer)
        return super().match(peer, fact)


class Watch:
    """A host, and the alerts about its connections."""

    def __init__(self, folder: Folder, **lists: list[str]) -> None:
        self.watching = Watching()
        self.folder = folder
        self.filter = Counting(OPTIONS, folder.filter(OPTIONS, **lists).lists)
        self.alerts = Alerts(self.watching.pipeline, self.filter)

    def begun(self, *rows: Connection, ahead: float = 0.0) -> Self:
        self.host: Host = self.watching.meet("web1", *rows, ahead=ahead)
        self.watching.enricher.features = ("country", "asn")
        self.watching.fetch()
        return self

    def told(self) -> list[str]:
        """Return what is told now of what has come."""
        changes, self.watching.changes = self.watching.changes, []
        alerts = [alert for change in changes for alert in self.alerts.change(change)]
        alerts += self.alerts.time()
        return [f"{a.event.what.value} {a.event.peer} {a.match.entry}" for a in alerts]

    def after(
        self, *changed: Connection, gone: tuple[int, ...] = (), seconds: float = 1.0
    ) -> list[str]:
        self.watching.clock.time += seconds
        self.watching.take(self.host.delta(*changed, gone=gone))
        return self.told()

    def learns(self, *facts: Fact) -> list[str]:
        self.watching.take(self.watching.enricher.publish(*facts))
        return self.told()

    def read_again(self, name: str, *lines: str) -> list[str]:
        self.folder.write(name, [*lines])
        [file] = [file for file in self.filter.lists.files if file.path.name == name]
        self.filter.lists.replace(file, ListFile(file.path, file.role).listed)
        return self.told()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_what_is_there_and_what_comes_is_told_once(folder: Folder) -> None:
    watch = Watch(folder, watched=["8.0.0.0/8"]).begun(connection(1, HERE), connection(2, THERE))
    assert watch.told() == [f"ACTIVE {HERE} 8.0.0.0/8"]
    again = connection(3, HERE, local_port=50_001)
    assert watch.after(again) == [f"NEW {HERE} 8.0.0.0/8"]
    assert watch.after(gone=(3,)) == []
    assert watch.after(connection(4, HERE, local_port=50_001)) == [f"NEW {HERE} 8.0.0.0/8"]


def test_one_that_comes_and_goes_at_once_is_told(folder: Folder) -> None:
    watch = Watch(folder, watched=[HERE]).begun()
    for number in (1, 2):
        assert watch.after(connection(number, HERE), gone=(number,)) == [f"NEW {HERE} {HERE}"]


def test_after_the_enricher_began_anew_nothing_is_told_again(folder: Folder) -> None:
    watch = Watch(folder, watched=[HERE]).begun(connection(1, HERE))
    assert len(watch.told()) == 1
    watch.watching.pipeline.begin_anew()
    watch.begun(connection(1, HERE), connection(2, HERE, local_port=50_001), ahead=5.0)
    assert watch.told() == [f"ACTIVE {HERE} {HERE}"]  # only of the second
    assert watch.after(gone=(1, 2)) == []


def test_one_whose_network_is_known_late_is_told_once(folder: Folder) -> None:
    first = connection(1, HERE)
    watch = Watch(folder, watched=[HERE]).begun(first._replace(namespace=UNKNOWN_NAMESPACE))
    assert len(watch.told()) == 1
    watch.watching.pipeline.begin_anew()
    watch.begun(first, ahead=5.0)
    assert watch.told() == []


def test_one_that_ended_unheard_is_not_remembered(folder: Folder) -> None:
    watch = Watch(folder, watched=[HERE]).begun(connection(1, HERE))
    assert len(watch.told()) == 1
    watch.watching.pipeline.begin_anew()
    watch.begun(ahead=5.0)
    assert watch.told() == []
    assert watch.after(connection(2, HERE)) == [f"NEW {HERE} {HERE}"]


def test_a_country_that_is_known_late_loses_no_alert(folder: Folder) -> None:
    watch = Watch(folder, watched=["country:US"]).begun(connection(1, HERE))
    assert watch.told() == []
    assert watch.after(connection(2, HERE, local_port=50_001)) == []
    assert watch.after(gone=(2,), seconds=60) == []
    assert watch.learns(IN_US) == [f"ACTIVE {HERE} country:US", f"NEW {HERE} country:US"]
    assert watch.learns(IN_US._replace(name="dns.google")) == []
    assert watch.after(connection(2, HERE, local_port=50_001)) == [f"NEW {HERE} country:US"]


def test_an_exception_that_is_known_late_prevents_a_false_alert(folder: Folder) -> None:
    watch = Watch(folder, watched=["0.0.0.0/0", "!country:DE"]).begun(connection(1, HERE))
    assert watch.told() == []
    assert watch.learns(IN_DE) == []
    assert watch.after(seconds=60) == []


def test_nobody_waits_for_ever_for_an_exception(folder: Folder) -> None:
    watch = Watch(folder, watched=["0.0.0.0/0", "!country:DE"])
    watch.begun(connection(1, HERE), connection(2, NEAR))
    assert watch.told() == [f"ACTIVE {NEAR} 0.0.0.0/0"]  # a private address is in no country
    assert watch.after(seconds=PATIENCE / 2) == []
    assert watch.after(seconds=PATIENCE / 2) == [f"ACTIVE {HERE} 0.0.0.0/0"]
    assert watch.learns(IN_US) == []


def test_without_the_look_up_nobody_waits(folder: Folder) -> None:
    watch = Watch(folder, watched=["0.0.0.0/0", "!country:DE"])
    watch.watching.host("web1", connection(1, HERE))
    assert watch.told() == [f"ACTIVE {HERE} 0.0.0.0/0"]


def test_what_an_address_says_at_once_does_not_wait_for_its_country(folder: Folder) -> None:
    watch = Watch(folder, watched=[HERE, "country:US", "!8.8.4.4"]).begun(connection(1, HERE))
    assert watch.told() == [f"ACTIVE {HERE} {HERE}"]


def test_what_is_not_in_the_baseline(folder: Folder) -> None:
    rows = (connection(1, HERE), connection(2, THERE), connection(3, "127.0.0.1"), listener(4))
    watch = Watch(folder, baseline=[HERE]).begun(*rows)
    assert watch.told() == [f"ACTIVE {THERE} None"]


def test_a_baseline_of_countries_waits_for_them(folder: Folder) -> None:
    watch = Watch(folder, baseline=["country:US"]).begun(connection(1, HERE), connection(2, THERE))
    assert watch.told() == []
    assert watch.learns(IN_US, Fact(parse(THERE), "AU")) == [f"ACTIVE {THERE} None"]


def test_a_list_that_was_read_again_counts_for_what_is_open(folder: Folder) -> None:
    rows = (connection(1, HERE), connection(2, THERE))
    watch = Watch(folder, watched=[HERE]).begun(*rows)
    assert watch.told() == [f"ACTIVE {HERE} {HERE}"]
    assert watch.read_again("watched", HERE, THERE) == [f"ACTIVE {THERE} {THERE}"]
    assert watch.read_again("watched", "10.0.0.1") == []
    assert watch.after(connection(3, HERE, local_port=50_001)) == []


def test_without_a_watch_list_there_are_none(folder: Folder) -> None:
    watch = Watch(folder, hidden=[THERE]).begun(connection(1, HERE))
    assert watch.told() == []


def test_a_name_never_decides(folder: Folder) -> None:
    """Whoever owns an address can call it what he likes."""
    watch = Watch(folder, watched=["192.0.2.7", "country:US"]).begun(connection(1, HERE))
    named = Fact(parse(HERE), "DE", name="192.0.2.7", name_state=2, name_source="ptr")
    assert watch.learns(named) == []


def test_a_crowd_that_waits_is_bounded(folder: Folder) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    many = [connection(n, HERE, local_port=n) for n in range(1, 5_001)]
    assert watch.after(*many) == []
    assert len(watch.learns(IN_US)) == 4_096


def test_a_connection_that_waits_is_told_once_however_often_lists_are_read_again(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    assert watch.told() == []
    assert watch.after(connection(1, HERE)) == []
    assert watch.read_again("watched", "country:US", "192.0.2.1") == []
    assert watch.read_again("watched", "country:US") == []
    assert watch.after(gone=(1,)) == []
    assert watch.learns(IN_US) == [f"NEW {HERE} country:US"]


def test_two_that_wait_between_the_same_ends_one_after_the_other_are_both_told(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    assert watch.told() == []
    assert watch.after(connection(1, HERE)) == []
    assert watch.after(gone=(1,)) == []
    assert watch.after(connection(2, HERE)) == []
    assert watch.read_again("watched", "country:US", "192.0.2.1") == []
    assert watch.learns(IN_US) == [f"NEW {HERE} country:US"] * 2
    assert watch.read_again("watched", "country:US") == []


def test_one_that_waits_is_told_as_soon_as_a_list_that_was_read_again_names_it(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    assert watch.after(connection(1, HERE), gone=(1,)) == []
    assert watch.read_again("watched", "country:US", HERE) == [f"NEW {HERE} {HERE}"]
    assert watch.learns(IN_US) == []


def test_one_that_waited_in_vain_is_told_when_a_list_names_it_later(folder: Folder) -> None:
    watch = Watch(folder, watched=["country:US"]).begun(connection(1, HERE))
    assert watch.told() == []
    assert watch.learns(IN_DE) == []
    assert watch.read_again("watched", "country:DE") == [f"ACTIVE {HERE} country:DE"]


def test_one_that_waited_too_long_in_a_crowd_is_told_when_a_list_names_it_later(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    many = [connection(n, HERE, local_port=n) for n in range(1, 5_001)]
    assert watch.after(*many) == []
    assert len(watch.read_again("watched", HERE)) == 5_000


def test_what_waits_for_an_exception_costs_nothing_until_its_time_has_come(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["0.0.0.0/0", "!country:DE"])
    watch.begun(connection(1, HERE))
    assert watch.told() == []
    watch.filter.asked.clear()
    assert watch.after(connection(2, THERE), seconds=PATIENCE / 2) == []
    assert watch.told() == watch.told() == []
    assert watch.filter.asked == [Peer(parse(THERE))]
    assert watch.after(seconds=PATIENCE / 2) == [f"ACTIVE {HERE} 0.0.0.0/0"]
    assert watch.filter.asked == [Peer(parse(THERE)), Peer(parse(HERE))]
    assert watch.after(seconds=PATIENCE / 2) == [f"NEW {THERE} 0.0.0.0/0"]


def test_one_whose_ends_had_another_before_it_that_waited_too_long_is_told_once(
    folder: Folder,
) -> None:
    watch = Watch(folder, watched=["country:US"]).begun()
    assert watch.told() == watch.after(connection(1, HERE)) == watch.after(gone=(1,)) == []
    assert watch.after(connection(2, HERE)) == []
    many = [connection(n, HERE, local_port=n) for n in range(3, 4_098)]
    assert watch.after(*many) == []
    assert len(watch.read_again("watched", HERE)) == 4_096
