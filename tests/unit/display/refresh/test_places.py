"""Rows that are to stay where they are, also when a host begins anew."""

from helpers import connection
from unit.display.watching import Watching

from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.places import Places
from connmon_display.rows.row import Row, RowKey, Shown
from connmon_shared.endpoints import Peer, parse

HELD = Controls(10, held=True)


def rows_of(watching: Watching) -> list[Shown]:
    return [
        Row(RowKey(name, peer), follower, track)
        for name, follower in watching.pipeline.hosts.items()
        for peer, track in follower.history.tracks.items()
    ]


def test_what_a_host_has_no_more_comes_last_when_it_comes_again_and_all_else_stays() -> None:
    watching, addresses = Watching(), [f"192.0.2.{number}" for number in range(3)]
    for name in ("web1", "web2"):
        watching.host(name, *(connection(at, address) for at, address in enumerate(addresses)))
    places, rows = Places(), rows_of(watching)
    rows.reverse()
    places.hold(HELD, [shown.key for shown in rows])
    others, (newest, middle, oldest) = rows[:3], rows[3:]
    kept = {Peer(parse(addresses[number])) for number in (0, 2)}
    places.give_up("web1", kept)
    again = rows_of(watching)
    places.put(again)
    expected = [*others, newest, oldest, middle]
    assert [shown.key for shown in again] == [shown.key for shown in expected]
