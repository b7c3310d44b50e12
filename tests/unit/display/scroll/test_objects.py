"""Events as JSON, and that the page about it says what is written."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connmon_display.filters.grammar import Country
from connmon_display.filters.lists import Match
from connmon_display.scroll.objects import Objects
from connmon_display.scroll.writing import Known
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Direction, Fact, Lookup, Process
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.states import Protocol, State

PAGE = (Path(__file__).parents[4] / "docs" / "json.md").read_text("utf-8")
MOMENT = 1_790_000_000.25  # 2026-09-21 14:13:20.250 UTC
HOST = "web1"
REMOTE = parse("8.8.8.8")
ROW = Connection(
    *(1, Protocol.TCP, State.ESTABLISHED, parse("10.0.0.2"), 40_000, REMOTE, 443),
    *(42, "curl", 1000, (42, 43), "4026532001", "3f1c09aa21bd", Direction.OUT),
)
KNOWN = Known(
    Fact(REMOTE, "US", 15_169, "Google LLC", "dns.google", Lookup.RESOLVED, "ptr"),
    Process(42, "curl", 1001, "me", "/usr/bin/curl", "curl https://dns.google"),
    Counters(1, 1_200, 34_000, rtt=3_100, retransmits=2),
)
BARE = Connection(2, Protocol.UDP, State.CLOSE, b"", 53, b"", 0)
OBJECTS = Objects()
LISTED = Match(Path("lists/bad"), Country("US"), 12)
UNLISTED, NOBODY = Match(Path("usual")), Peer(parse("10.0.0.7"))

Fields = dict[str, Any]


def event(what: What, row: Connection = ROW, known: Known = KNOWN) -> Fields:
    peer = Peer(row.remote) if row.remote else Peer(row.local, row.local_port)
    return read(OBJECTS.event(HOST, Event(MOMENT, what, peer, row), known))


def read(line: str) -> Fields:
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


WRITTEN: dict[str, list[Fields]] = {
    **{
        what.value.lower(): [event(what), event(what, BARE, Known())]
        for what in (What.ACTIVE, What.NEW, What.LISTEN, What.CLOSED, What.FAILED)
    },
    "alert": [
        read(OBJECTS.alert(HOST, Event(MOMENT, What.NEW, Peer(REMOTE), ROW), KNOWN, LISTED)),
        read(OBJECTS.alert(HOST, Event(MOMENT, What.ACTIVE, NOBODY, BARE), Known(), UNLISTED)),
    ],
    "name": [read(OBJECTS.name(MOMENT, KNOWN.fact or Fact(b"")))],
    "gap": [read(OBJECTS.gap(HOST, MOMENT - 2, MOMENT))],
    "lost": [read(OBJECTS.lost(HOST, MOMENT - 2, MOMENT))],
    "missed": [read(OBJECTS.missed(HOST, MOMENT))],
    "anew": [read(OBJECTS.anew(HOST, MOMENT))],
    "stale": [read(OBJECTS.stale(HOST, MOMENT, 3.0004))],
    "back": [read(OBJECTS.back(HOST, MOMENT))],
    "status": [read(OBJECTS.status(HOST, MOMENT, 3, 70.5))],
    "problem": [read(OBJECTS.problem("", MOMENT, "no names: start it as root"))],
}


def sections() -> dict[str, dict[str, str]]:
    """Return the fields on the page, with their types, by each heading's words."""
    parts = re.findall(r"^### ([a-z, ]+)$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    found: dict[str, dict[str, str]] = {}
    for headed, text in parts:
        shared = found["new"] if "all fields of `new`" in text else {}
        found |= {what: shared | fields(text) for what in headed.split(", ")}
    return found


def fields(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(\w+)` \| ([a-z ]+?) \|", text, re.MULTILINE))


COMMON = fields(PAGE[PAGE.index("## Every object") : PAGE.index("## What happens")])
IS_OF_TYPE: dict[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in {int, float},
    "null": lambda value: value is None,
    "array of integer": lambda value: (
        isinstance(value, list) and all(type(each) is int for each in value)
    ),
}


def test_the_page_has_all_that_is_written_and_nothing_else() -> None:
    assert sections().keys() == WRITTEN.keys()


@pytest.mark.parametrize("what", WRITTEN)
def test_an_object_has_the_fields_of_the_page_in_their_order_and_of_their_types(what: str) -> None:
    expected = COMMON | sections()[what]
    for written in WRITTEN[what]:
        assert list(written) == list(expected)
        assert written["what"] == what
        for name, kinds in expected.items():
            fits = any(IS_OF_TYPE[kind](written[name]) for kind in kinds.split(" or "))
            assert fits, (name, written[name])


def test_what_the_page_calls_null_can_be_so_and_nothing_else() -> None:
    for what, (_, bare) in ((w, found) for w, found in WRITTEN.items() if len(found) > 1):
        nulls = {name for name, value in bare.items() if value is None}
        allowed = {name for name, kind in sections()[what].items() if kind.endswith("null")}
        assert nulls == allowed - {"port", "local_port", "service"}, what


def test_the_page_names_every_state() -> None:
    for state in State:
        assert f"`{state.name}`" in PAGE


def test_all_that_is_known_of_a_connection_is_told() -> None:
    assert event(What.CLOSED) == {
        "what": "closed",
        "schema": 1,
        "time": "2026-09-21T14:13:20.250Z",
        "epoch": MOMENT,
        "host": "web1",
        "address": "8.8.8.8",
        "port": 443,
        "service": "https",
        "direction": "out",
        "protocol": "tcp",
        "state": "ESTABLISHED",
        "local_address": "10.0.0.2",
        "local_port": 40_000,
        "remote_address": "8.8.8.8",
        "remote_port": 443,
        "pid": 42,
        "pids": [42, 43],
        "process": "curl",
        "uid": 1001,
        "user": "me",
        "executable": "/usr/bin/curl",
        "command": "curl https://dns.google",
        "container": "3f1c09aa21bd",
        "namespace": "4026532001",
        "country": "US",
        "asn": 15_169,
        "organisation": "Google LLC",
        "name": "dns.google",
        "name_source": "ptr",
        "sent": 1_200,
        "received": 34_000,
        "rtt": 0.0031,
        "retransmits": 2,
    }


def test_what_is_not_known_is_null() -> None:
    found = event(What.LISTEN, BARE, Known())
    known = {name: value for name, value in found.items() if value is not None}
    assert known == {
        "what": "listen",
        "schema": 1,
        "time": "2026-09-21T14:13:20.250Z",
        "epoch": MOMENT,
        "host": "web1",
        "address": "*",
        "port": 53,
        "service": "domain",
        "protocol": "udp",
        "state": "UNCONN",
        "local_address": "*",
        "local_port": 53,
        "pids": [],
    }


def test_who_came_to_us_is_asked_for_our_port() -> None:
    came = ROW._replace(local_port=22, remote_port=51_000, direction=Direction.IN)
    found = event(What.NEW, came)
    assert [found[name] for name in ("port", "service", "direction")] == [22, "ssh", "in"]
    unnamed = event(What.NEW, ROW._replace(remote_port=64_999, direction=Direction.UNKNOWN))
    assert [unnamed[name] for name in ("service", "direction")] == [None, None]


def test_a_name_that_is_still_looked_up_is_none() -> None:
    pending = Known(Fact(REMOTE, name="8.8.8.8", name_state=Lookup.PENDING))
    found = event(What.NEW, known=pending)
    assert (found["name"], found["name_source"]) == (None, None)
    placed = Known(Fact(REMOTE, "", 15_169, "Google LLC", "", Lookup.NOT_FOUND))
    found = event(What.NEW, known=placed)
    assert (found["name"], found["name_source"]) == ("AS15169 Google LLC", "as")


def test_the_owner_of_the_socket_stands_in_for_an_unknown_process() -> None:
    assert event(What.NEW, known=Known())["uid"] == ROW.uid
    alone = event(What.NEW, ROW._replace(holders=()))
    assert alone["pids"] == [42]


@pytest.mark.parametrize("moment", [0.0, 1_790_000_000.9996, 1e11])
def test_both_times_are_the_same_to_the_millisecond(moment: float) -> None:
    found = read(OBJECTS.missed(HOST, moment))
    assert found["epoch"] == round(moment, 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["time"])
    assert found["time"][20:23] == f"{round(moment, 3) % 1:.3f}"[2:]


def test_foreign_text_stays_on_its_line() -> None:
    evil = 'a\n\x1b[2J\u2028"é'
    line = OBJECTS.event(
        HOST, Event(MOMENT, What.NEW, Peer(REMOTE), ROW._replace(process=evil)), Known()
    )
    assert "\n" not in line
    assert "\x1b" not in line
    assert "é" in line
    assert read(line)["process"] == evil


def test_an_alert_tells_the_connection_and_why() -> None:
    listed, unlisted = WRITTEN["alert"]
    why = ("reason", "list", "entry", "line")
    assert [listed[name] for name in why] == ["listed", "lists/bad", "country:US", 12]
    assert [unlisted[name] for name in why] == ["not-in-baseline", "usual", None, None]
    new = event(What.NEW)
    assert {name: listed[name] for name in new} == new | {"what": "alert"}


def test_the_name_of_a_list_may_be_no_text() -> None:
    odd = Match(Path("list\udcff"), Country("US"), 1)
    line = OBJECTS.alert(HOST, Event(MOMENT, What.NEW, Peer(REMOTE), ROW), KNOWN, odd)
    assert json.loads(line.encode())["list"] == "list\ufffd"
