"""Events as lines of text."""

import re
from pathlib import Path

import pytest

from connmon_display.filters.grammar import Country
from connmon_display.filters.lists import Match
from connmon_display.scroll.lines import Lines
from connmon_display.scroll.writing import Known
from connmon_display.words.glyphs import ASCII, UNICODE
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Direction, Fact, Lookup
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.states import Protocol, State

MOMENT = 1_790_000_000.25  # 2026-09-21 14:13:20.250 UTC
REMOTE = parse("8.8.8.8")
NAMED = Fact(REMOTE, name="dns.google", name_state=Lookup.RESOLVED, name_source="dns")
ROW = Connection(
    1, Protocol.TCP, State.ESTABLISHED, parse("10.0.0.2"), 40_000, REMOTE, 443, 42, "curl", 0
)._replace(direction=Direction.OUT)
PLAIN = Lines("time", UNICODE.arrows, color=False)
HOST = "web1"


def line(what: What, row: Connection = ROW, fact: Fact | None = None, port: int = 0) -> str:
    peer = Peer(row.remote or row.local, port)
    return PLAIN.event(HOST, Event(MOMENT, what, peer, row), Known(fact))


def test_each_kind_of_event() -> None:
    assert line(What.NEW) == "[14:13:20] NEW → 8.8.8.8  ESTABLISHED:443(https)  curl[42]"
    assert line(What.ACTIVE) == "[14:13:20] ACTIVE → 8.8.8.8  ESTABLISHED:443(https)  curl[42]"
    closing = ROW._replace(state=State.CLOSE_WAIT)
    assert (
        line(What.CLOSED, closing) == "[14:13:20] CLOSED → 8.8.8.8  CLOSE_WAIT:443(https)  curl[42]"
    )
    trying = ROW._replace(state=State.SYN_SENT)
    assert line(What.FAILED, trying) == "[14:13:20] FAILED → 8.8.8.8  SYN_SENT:443(https)  curl[42]"


def test_a_namespace_that_is_not_known_is_no_place() -> None:
    assert ROW._replace(namespace="?").where == ""
    assert ROW._replace(namespace="?", container="3f1c09aa21bd").where == "3f1c09aa21bd"


def test_a_container_or_namespace_is_named() -> None:
    inside = ROW._replace(namespace="4026532001", container="3f1c09aa21bd")
    fact = Fact(REMOTE, "US")
    for what in (What.NEW, What.ACTIVE):
        assert line(what, inside, fact).endswith("  curl[42]  in 3f1c09aa21bd  US")
    assert line(What.NEW, inside._replace(container="")).endswith("  curl[42]  in 4026532001")
    for what in (What.CLOSED, What.FAILED):
        assert "  curl[42]  in 3f1c09aa21bd" in line(what, inside)


def test_what_is_closed_tells_what_it_carried_if_that_is_known() -> None:
    final = Counters(1, 1_200, 34_000, rtt=3_100, retransmits=2)
    event = Event(MOMENT, What.CLOSED, Peer(REMOTE), ROW)
    assert PLAIN.event(HOST, event, Known(Fact(REMOTE, "US"), final=final)) == (
        "[14:13:20] CLOSED → 8.8.8.8  ESTABLISHED:443(https)  curl[42]"
        "  sent 1.2 kB, received 34 kB, rtt 3.1 ms, 2 retransmits"
    )
    opened = event._replace(what=What.NEW)
    assert PLAIN.event(HOST, opened, Known(final=final)) == line(What.NEW)


def test_a_listening_socket_of_several_processes_tells_how_many_more() -> None:
    row = ROW._replace(state=State.LISTEN, local_port=22, remote=b"", remote_port=0)
    shared = row._replace(holders=(42, 43, 44, 45))
    expected = "[14:13:20] LISTEN → 10.0.0.2:22  LISTEN:22(ssh)  curl[42] +3"
    assert line(What.LISTEN, shared, port=22) == expected
    assert line(What.NEW, ROW._replace(holders=(42, 43))).endswith("  curl[42]")


def test_an_alert_tells_why_and_what() -> None:
    event = Event(MOMENT, What.NEW, Peer(REMOTE), ROW)
    known = Known(Fact(REMOTE, "US", 15_169, "Google LLC"))
    listed = Match(Path("lists/bad\x1b"), Country("US"), 12)
    assert PLAIN.alert(HOST, event, known, listed) == (
        '[14:13:20] ALERT → 8.8.8.8  matched "country:US" (lists/bad?:12)  ESTABLISHED:443(https)'
        "  curl[42]  US  AS15169 Google LLC"
    )
    assert "ALERT → 8.8.8.8  not in the baseline (usual)  EST" in PLAIN.alert(
        HOST, event, known, Match(Path("usual"))
    )
    colored = Lines("time", ASCII.arrows, color=True).alert(HOST, event, known, listed)
    assert "\x1b[1;31mALERT\x1b[m -> 8.8.8.8" in colored


def test_a_stretch_in_which_events_were_lost() -> None:
    expected = "[14:13:22] GAP → not observed  14:13:20 to 14:13:22: events were lost"
    assert PLAIN.lost(HOST, MOMENT, MOMENT + 2) == expected
    epoch = Lines("epoch", UNICODE.arrows, color=False)
    assert "1790000000.250 to 1790000000.500" in epoch.lost(HOST, MOMENT, MOMENT + 0.25)


def test_a_listening_socket() -> None:
    row = ROW._replace(state=State.LISTEN, local_port=22, remote=b"", remote_port=0)
    expected = "[14:13:20] LISTEN → 10.0.0.2:22  LISTEN:22(ssh)  curl[42]"
    assert line(What.LISTEN, row, port=22) == expected


def test_udp_says_so() -> None:
    row = ROW._replace(protocol=Protocol.UDP)
    assert line(What.NEW, row) == "[14:13:20] NEW → 8.8.8.8  ESTABLISHED:443(https)  udp  curl[42]"
    bound = row._replace(state=State.CLOSE, local_port=53, remote=b"", remote_port=0)
    expected = "[14:13:20] LISTEN → 10.0.0.2:53  UNCONN:53(domain)  udp  curl[42]"
    assert line(What.LISTEN, bound, port=53) == expected


def test_an_incoming_connection_shows_our_port_and_where_it_comes_from() -> None:
    row = ROW._replace(local_port=22, remote_port=51_000, direction=Direction.IN)
    assert line(What.NEW, row) == "[14:13:20] NEW ← 8.8.8.8  ESTABLISHED:22(ssh)  curl[42]"


def test_a_direction_that_is_not_known_has_no_arrow() -> None:
    row = ROW._replace(direction=Direction.UNKNOWN)
    assert line(What.NEW, row) == "[14:13:20] NEW - 8.8.8.8  ESTABLISHED:443(https)  curl[42]"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("] | x [ACTIVE", '"] | x [ACTIVE"[42]'),
        ("ssh[1]  US", '"ssh[1]  US"[42]'),
        ('say "hi"', r'"say \"hi\""[42]'),
        ("nginx +3", '"nginx +3"[42]'),
        ("tmux: server", "tmux: server[42]"),
        ("漢字", "漢字[42]"),
    ],
)
def test_a_name_that_looks_like_other_fields_is_in_quotes(name: str, told: str) -> None:
    shown = line(What.NEW, ROW._replace(process=name))
    assert shown == f"[14:13:20] NEW → 8.8.8.8  ESTABLISHED:443(https)  {told}"


def test_a_port_without_a_name_stands_alone() -> None:
    assert "  ESTABLISHED:64999  " in line(What.NEW, ROW._replace(remote_port=64_999))


def test_an_unknown_process_is_left_out() -> None:
    assert line(What.NEW, ROW._replace(process="", pid=0)).endswith("ESTABLISHED:443(https)")


def test_place_and_network_are_told_when_it_opens() -> None:
    fact = Fact(REMOTE, "US", 15_169, "Google LLC")
    assert line(What.NEW, fact=fact).endswith("curl[42]  US  AS15169 Google LLC")
    assert line(What.CLOSED, fact=fact).endswith("curl[42]")


def test_time_stamps() -> None:
    assert PLAIN.stamp(MOMENT) == "14:13:20"
    assert Lines("iso", UNICODE.arrows, color=False).stamp(MOMENT) == "2026-09-21T14:13:20.250+0000"
    assert Lines("epoch", UNICODE.arrows, color=False).stamp(MOMENT) == "1790000000.250"


def test_the_other_lines() -> None:
    missed = "[14:13:20] GAP → messages lost  short connections may be missing"
    assert PLAIN.missed(HOST, MOMENT) == missed
    anew = "[14:13:20] GAP → history lost  the enricher was restarted; open now:"
    assert PLAIN.anew(HOST, MOMENT) == anew
    assert PLAIN.gap(HOST, MOMENT - 2.5, MOMENT) == "[14:13:20] GAP → not observed  for 2.5s"
    assert PLAIN.stale(HOST, MOMENT, 4.93) == "[14:13:20] GAP → no heartbeat  for 4.9s"
    assert PLAIN.back(HOST, MOMENT) == "[14:13:20] BACK → heartbeat  heard again"
    name = PLAIN.name(MOMENT, NAMED)
    assert name == "[14:13:20] NAME → 8.8.8.8  dns.google"
    unsure = PLAIN.name(MOMENT, NAMED._replace(name_source="ptr"))
    assert unsure == "[14:13:20] NAME → 8.8.8.8  ~dns.google"
    assert PLAIN.status(HOST, MOMENT, 3, 10.9) == "[14:13:20] Status: 3 active IPs | Runtime: 10s"
    assert PLAIN.status(HOST, MOMENT, 1, 70) == "[14:13:20] Status: 1 active IP | Runtime: 1m10s"


@pytest.mark.parametrize("what", What)
def test_colour_is_around_the_word_alone(what: What) -> None:
    event = Event(MOMENT, what, Peer(REMOTE), ROW)
    colored = Lines("time", UNICODE.arrows, color=True).event(HOST, event, Known())
    assert re.search(rf"\x1b\[3\dm{what.value}\x1b\[m →", colored)
    assert re.sub(r"\x1b\[\d*m", "", colored) == PLAIN.event(HOST, event, Known())


def test_foreign_words_are_cleaned() -> None:
    evil = "a\x1b[2J\nb"
    fact = Fact(REMOTE, "U\n", 1, evil, evil)
    text = line(What.NEW, ROW._replace(process=evil), fact)
    assert text.isprintable()
    assert PLAIN.name(MOMENT, fact).isprintable()


def test_the_arrows_are_the_glyphs_ones() -> None:
    came = Event(MOMENT, What.NEW, Peer(REMOTE), ROW._replace(direction=Direction.IN))
    plain = Lines("time", ASCII.arrows, color=False)
    assert " NEW <- 8.8.8.8 " in plain.event(HOST, came, Known())
    assert " NAME -> 8.8.8.8 " in Lines("time", ASCII.arrows, color=False).name(
        MOMENT, Fact(REMOTE)
    )


def test_with_several_hosts_every_line_names_its_own() -> None:
    lines = Lines("time", UNICODE.arrows, color=False, several=lambda: True)
    assert lines.gap("web1", MOMENT - 2, MOMENT) == "[14:13:20] web1 GAP → not observed  for 2s"
    assert lines.status("web2", MOMENT, 1, 1) == "[14:13:20] web2 Status: 1 active IP | Runtime: 1s"
    named = lines.name(MOMENT, NAMED)
    assert named == "[14:13:20] NAME → 8.8.8.8  dns.google"
    assert lines.missed("e\x1bvil", MOMENT).isprintable()
