"""Which part of an address's timeline is of which process and port."""

import pytest
from helpers import connection, delta, keyframe

from connmon_display.rows import shares
from connmon_display.rows.shares import Shares
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track

START = 1_790_000_000.0
RESOLVER = "192.0.2.53"
PEER = Peer(parse(RESOLVER))
LETTERS = " .o#x^"


def dns(number: int, process: str, port: int = 53, *, end: int = 0) -> Connection:
    """Return a connection whose own end is as special as its number, or the one of another."""
    local_port = 1_024 + (end or number)
    return connection(number, RESOLVER, process=process, port=port, local_port=local_port)


class Watched:
    """A history and the shares that follow it."""

    def __init__(self, *rows: Connection) -> None:
        self.history = History()
        self.history.keyframe(keyframe(START, *rows))
        self.shares = Shares(self.history)

    def happens(self, after: float, *changed: Connection, gone: tuple[int, ...] = ()) -> None:
        """Let a message tell what changed so many seconds after the beginning."""
        self.shares.follow(self.history.delta(delta(START + after, *changed, gone=gone)))

    def parts(self) -> dict[str, Track]:
        parts = self.shares.parts(self.history.tracks[PEER])
        return {f"{purpose.process} {purpose.port}": track for purpose, track in parts}

    def drawn(self, seconds: int = 8) -> dict[str, str]:
        """Return what each part looks like, a character a second."""
        marks = {name: part.timeline.marks(0, 10, seconds) for name, part in self.parts().items()}
        return {name: "".join(LETTERS[mark] for mark in found) for name, found in marks.items()}


def test_a_row_of_one_process_and_port_is_not_divided() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "curl"), gone=(1,))
    assert watched.parts() == {"curl 53": watched.history.tracks[PEER]}


def test_a_second_process_has_a_part_of_its_own_from_its_first_connection_on() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, gone=(1,))
    watched.happens(4, dns(2, "wget"))
    watched.happens(6, gone=(2,))
    assert watched.drawn() == {"curl 53": "##x.....", "wget 53": "....^#x."}


def test_a_part_whose_connection_was_over_before_the_next_still_tells_of_it() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, gone=(1,))
    watched.happens(4, dns(2, "curl"))
    watched.happens(5, gone=(2,))
    watched.happens(6, dns(3, "wget"), dns(4, "wget"), gone=(3,))
    assert {name: part.current.id for name, part in watched.parts().items()} == {
        "curl 53": 2,
        "wget 53": 4,
    }


def test_two_that_were_there_from_the_first_are_told_apart() -> None:
    watched = Watched(dns(1, "curl"), dns(2, "wget"))
    watched.happens(4, gone=(2,))
    assert watched.drawn() == {"curl 53": "########", "wget 53": "####x..."}


def test_both_at_once_are_told_apart_and_what_closes_is_its_own() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "wget"))
    watched.happens(4, gone=(1,))
    watched.happens(5, dns(3, "curl"))
    assert watched.drawn() == {"curl 53": "####x^##", "wget 53": "..^#####"}


def test_a_second_port_is_a_part_too() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "curl", 853))
    assert watched.drawn(4) == {"curl 53": "####", "curl 853": "..^#"}
    assert [part.ports for part in watched.parts().values()] == [(53,), (853,)]


def test_several_short_ones_in_one_message_are_told_apart() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(1, gone=(1,))
    watched.happens(3, dns(2, "curl"), dns(3, "wget"), dns(4, "dig"), gone=(2, 3))
    assert watched.drawn(6) == {"curl 53": "#x.^x.", "wget 53": "...^x.", "dig 53": "...^##"}


def test_a_process_that_is_known_late_was_it_all_the_time() -> None:
    watched = Watched(dns(1, ""))
    watched.happens(2, dns(1, "curl"))
    watched.happens(3, dns(2, "wget"))
    assert watched.drawn(5) == {"curl 53": "#####", "wget 53": "...^#"}


def test_a_part_whose_process_is_known_late_is_of_that_process() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "", 853))
    assert watched.drawn(4) == {"curl 53": "####", " 853": "..^#"}
    watched.happens(3, dns(2, "wget", 853))
    assert watched.drawn(4) == {"curl 53": "####", "wget 853": "..^#"}
    assert [*watched.parts()["wget 853"].open] == [2]


def test_several_of_which_nothing_was_known_may_turn_out_to_be_of_several() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(1, dns(2, "", 853), dns(3, "", 853))
    watched.happens(2, dns(2, "wget", 853), dns(3, "dig", 853))
    parts = watched.parts()
    assert {name: [*part.open] for name, part in parts.items()} == {
        "curl 53": [1],
        "wget 853": [2],
        "dig 853": [3],
    }


def test_what_becomes_known_of_a_part_never_takes_the_place_of_another() -> None:
    watched = Watched(dns(1, "curl", 0), dns(2, "wget"))
    watched.happens(1, dns(3, "curl", 53))
    watched.happens(2, dns(4, "curl", 0))
    watched.happens(3, dns(5, "", 53), dns(6, "", 0))
    assert sorted(n for part in watched.parts().values() for n in part.open) == [1, 2, 3, 4, 5, 6]


def test_one_whose_process_turns_out_to_be_another_goes_over_to_that() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(1, dns(2, "wget"))
    watched.happens(2, dns(3, ""))
    assert [*watched.parts()["wget 53"].open] == [2, 3], "the newest is the likeliest"
    watched.happens(3, dns(3, "curl"))
    assert [*watched.parts()["curl 53"].open] == [1, 3]
    assert [*watched.parts()["wget 53"].open] == [2]


def test_connections_that_are_numbered_anew_stay_where_they_were() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "wget"))
    events = watched.history.keyframe(
        keyframe(START + 3, dns(7, "wget", end=2), dns(8, "curl", end=1))
    )
    watched.shares.follow(events)
    assert watched.drawn(5) == {"curl 53": "#####", "wget 53": "..^##"}
    assert {name: [*part.open] for name, part in watched.parts().items()} == {
        "curl 53": [8],
        "wget 53": [7],
    }
    watched.happens(4, gone=(7,))
    assert watched.drawn(6)["wget 53"] == "..^#x."


def test_no_row_has_parts_without_bound() -> None:
    watched = Watched(dns(1, "curl"))
    for number in range(2, 200):
        watched.happens(number, dns(number, f"worker-{number}"))
    assert len(watched.parts()) <= 64
    held = [number for part in watched.parts().values() for number in part.open]
    assert sorted(held) == [*range(1, 200)]


@pytest.mark.parametrize("rounds", [12_000])
def test_a_part_that_changes_all_the_time_is_thinned(rounds: int) -> None:
    watched = Watched(dns(1, "curl"), dns(2, "curl"))
    watched.happens(1, dns(3, "wget"))
    for at in range(rounds):
        watched.happens(2 + at / 10, dns(4 + at, "dig"), gone=(3 + at,) if at else ())
    assert max(len(part.timeline) for part in watched.parts().values()) <= 4_096


def test_all_parts_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "IN_ALL", 2_000)
    monkeypatch.setattr(shares, "MOST_OF_ALL", 20)
    watched = Watched()
    addresses = [f"192.0.2.{number}" for number in range(1, 31)]
    number = 0
    for at in range(200):
        gone = tuple(range(number - len(addresses) + 1, number + 1)) if at else ()
        came = []
        for address in addresses:
            number += 1
            came.append(connection(number, address, process=("curl", "wget", "dig")[at % 3]))
        watched.happens(1 + at, *came, gone=gone)
    found = [
        part
        for track in watched.history.tracks.values()
        for _, part in watched.shares.parts(track)
        if part is not track
    ]
    assert len(found) == 20
    assert max(len(part.timeline) for part in found) <= 100
    undivided = watched.history.tracks[Peer(parse(addresses[-1]))]
    assert [part for _, part in watched.shares.parts(undivided)] == [undivided]


def test_parts_of_rows_that_are_gone_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "MOST_OF_ALL", 2)
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "wget"))
    other = "192.0.2.54"
    watched.happens(3, connection(3, other, process="curl"), connection(4, other, process="wget"))
    track = watched.history.tracks[Peer(parse(other))]
    assert [part for _, part in watched.shares.parts(track)] == [track]
    del watched.history.tracks[PEER]
    watched.shares.forget()
    watched.happens(4, connection(5, other, process="wget"))
    assert len([*watched.shares.parts(track)]) == 2


def test_rows_that_the_history_forgot_have_no_parts() -> None:
    watched = Watched(dns(1, "curl"))
    watched.happens(2, dns(2, "wget"))
    track = watched.history.tracks.pop(PEER)
    watched.shares.forget()
    assert [part for _, part in watched.shares.parts(track)] == [track]


def test_parts_that_stand_still_and_the_others_know_nothing_of_each_other() -> None:
    watched, alone, then = (Watched(dns(1, "curl"), dns(2, "dig")) for _ in range(3))
    for each in (watched, alone, then):
        each.happens(1, dns(3, "curl"), gone=(2,))
    still = standing_still(watched)
    for each in (watched, alone):
        each.happens(2, gone=(3,))
        each.happens(3, dns(4, "dig"), dns(5, "ssh", 22))
    assert told(still) == told(then)
    assert told(watched) == told(alone)


def standing_still(watched: Watched) -> Watched:
    """Return what stands still."""
    still = Watched()
    still.history = watched.history.still()
    still.shares = watched.shares.still(still.history)
    return still


def told(watched: Watched) -> object:
    parts = watched.parts().items()
    return [(name, [*part.open], part.current.id, part.timeline.pack()) for name, part in parts]
