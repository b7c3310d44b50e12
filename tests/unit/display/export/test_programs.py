"""What is saved for programs: JSON and CSV, and that the page about them says what is written."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.display.export.session import START, leaking, material, row, ten_seconds, two_hosts
from unit.display.lists import Folder

from connmon_display.export import objects, sheet
from connmon_display.export.facts import Facts
from connmon_display.export.formats import FORMATS, format_of, writer
from connmon_display.export.material import Material
from connmon_display.steps import at_once
from connmon_shared import ATTRIBUTION
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Fact, Keyframe, Lookup, Traffic
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.states import Protocol, State

PAGE = (Path(__file__).parents[4] / "docs" / "export.md").read_text("utf-8")
SERVER = Connection(9, Protocol.TCP, State.LISTEN, b"", 22, b"", 0, 7, "sshd", holders=(7, 8))

Fields = dict[str, Any]


def read(material: Material) -> list[Fields]:
    return [json.loads(line) for line in objects.lines(material)]


def everything(tmp_path: Path) -> Material:
    """Return a session in which all that can be known of a row is known of one."""
    seen = History(Limits(over=0))
    there = row(1, "8.8.8.8")._replace(container="3f1c09aa21bd", namespace="4026532001")
    seen.keyframe(Keyframe(START, START, START + 1, (there, row(2, "1.1.1.1"), SERVER)))
    seen.keyframe(Keyframe(START + 3, START + 3, START + 4, (there, SERVER)))
    seen._memory.thinned = 5  # noqa: SLF001 - to thin takes millions of changes
    found = Folder(tmp_path).filter(watched=["country:US"])
    details = Details()
    details.count(Traffic(START + 3, (Counters(1, 100, 2_000),)), seen.connections)
    track = seen.tracks[Peer(parse("8.8.8.8"))]
    track.sent, track.received = 30, 4_000  # of connections that are over
    looked_up = ("country", "asn")
    made = material(seen, features=looked_up, row_filter=found, details=details)
    known = Fact(parse("8.8.8.8"), "US", 15_169, "Google", "dns.google", Lookup.RESOLVED, "ptr")
    return replace(made, facts={known.address: known})


def fields(heading: str) -> dict[str, str]:
    """Return the fields of a section of the page, with their types."""
    (text,) = re.findall(rf"^##+ {heading}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| ([a-z ]+?) \|", text, re.MULTILINE))


IS_OF_TYPE: dict[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in {int, float},
    "null": lambda value: value is None,
}
ROW = fields("A row")
OBJECTS = {
    "session": fields("session"),
    "host": fields("host"),
    "row": ROW | fields("row"),
}


def fits(value: object, kinds: str) -> bool:
    """Return whether `value` is of one of the types that the page names."""
    if kinds.startswith("array of "):
        kind = kinds.removeprefix("array of ")
        return isinstance(value, list) and all(fits(each, kind) for each in value)
    if kinds == "change":
        moment, state, opened = value if isinstance(value, list) else (None, None, None)
        known = state in {"active", "listen", "empty"}
        return type(moment) is float and known and type(opened) is bool
    return any(IS_OF_TYPE[kind](value) for kind in kinds.split(" or "))


def test_the_page_names_each_format_and_its_endings() -> None:
    for name, known in FORMATS.items():
        endings = " ".join(f"`{suffix}`" for suffix in known.suffixes)
        assert f"| `{name}` | {endings}" in PAGE


def test_an_object_has_the_fields_of_the_page_in_their_order_and_of_their_types(
    tmp_path: Path,
) -> None:
    for made in (everything(tmp_path), two_hosts()):
        for written in read(made):
            expected = OBJECTS[written["what"]]
            assert written["schema"] == 1
            assert list(written) == ["what", "schema", *expected]
            for name, kinds in expected.items():
                assert fits(written[name], kinds), (name, written[name])


def test_what_the_page_calls_null_can_be_so_and_known() -> None:
    rows = [written for written in read(two_hosts()) if written["what"] == "row"]
    nullable = {name for name, kinds in ROW.items() if kinds.endswith("null")}
    seldom = {"process", "active_seconds", "active_percent", "opened"}
    assert {name for found in rows for name in found if found[name] is None} == nullable - seldom


def test_a_session_tells_how_much_follows_and_whose_data_it_shows(tmp_path: Path) -> None:
    session, *rest = read(everything(tmp_path))
    assert (session["hosts"], session["rows"]) == (1, 2)
    assert [found["what"] for found in rest] == ["host", "row", "row"]
    assert session["begin"] == "2026-09-21T14:13:20.0Z"
    assert session["end"] == "2026-09-21T14:13:24.0Z"
    assert session["attribution"] == ATTRIBUTION
    assert read(material(ten_seconds()))[0]["attribution"] is None


def test_a_host_tells_what_is_missing(tmp_path: Path) -> None:
    _, host, *_ = read(everything(tmp_path))
    assert host["observed_seconds"] == 2.0
    assert host["gaps"] == [[START + 1, START + 3]]
    assert host["coarse_before"] == "2026-09-21T14:13:20.5Z"
    assert host["forgotten"] == 1


def test_a_row_tells_all_that_is_known(tmp_path: Path) -> None:
    _, _, remote, server = read(everything(tmp_path))
    assert remote["timeline"] == [[START, "active", False]]
    expected = {
        "kind": "address",
        "address": "8.8.8.8",
        "port": None,
        "state": "active",
        "active_seconds": 2.0,
        "active_percent": 100.0,
        "opened": 0,
        "open": 1,
        "ports": [443],
        "process": "curl",
        "pids": [42],
        "container": "3f1c09aa21bd",
        "namespace": "4026532001",
        "name": "dns.google",
        "name_source": "ptr",
        "country": "US",
        "asn": 15_169,
        "organisation": "Google",
        "sent": 130,
        "received": 6_000,
        "alert": f'matched "country:US" ({tmp_path}/watched:1)',
    }
    assert {name: remote[name] for name in expected} == expected
    listening = {
        "kind": "listener",
        "address": "*",
        "port": 22,
        "state": "listen",
        "pids": [7, 8],
        "active_seconds": None,
        "active_percent": None,
        "opened": None,
        "country": None,
        "timeline": [[START, "listen", False]],
    }
    assert {name: server[name] for name in listening} == listening


def test_every_change_is_told_whatever_the_unit() -> None:
    for unit in (1, 10, 600):
        rows = [found for found in read(material(ten_seconds(), unit)) if found["what"] == "row"]
        assert rows[1]["timeline"] == [[START + 4, "active", True], [START + 7, "empty", False]]
        assert rows[2]["timeline"] == [[START + 9, "empty", True]]


def test_all_hosts_are_on_one_axis() -> None:
    rows = [found for found in read(two_hosts()) if found["what"] == "row"]
    assert (rows[-1]["host"], rows[-1]["first_seen"]) == ("web2", "2026-09-21T14:13:22.0Z")
    assert rows[-1]["timeline"] == [[START + 2, "active", False]]


def test_what_is_unusual_is_told_with_how_many_and_for_how_long() -> None:
    names = ("state", "open", "unusual", "unusual_open", "unusual_seconds")
    expected = [("active", 2, "CLOSE_WAIT", 2, 300.0), ("active", 1, "SYN_SENT", 1, 310.0)]
    _, _, *rows = read(leaking())
    assert [tuple(found[name] for name in names) for found in rows] == expected
    _, *cells = (
        dict(zip(Facts._fields, line, strict=True)) for line in csv.reader(sheet.lines(leaking()))
    )
    assert [cells_of[name] for cells_of in cells[:1] for name in names] == [
        *("active", "2", "CLOSE_WAIT", "2", "300.0")
    ]


class TestSheet:
    """CSV."""

    def test_it_has_the_fields_of_a_row(self, tmp_path: Path) -> None:
        head, *rows = csv.reader(sheet.lines(everything(tmp_path)))
        assert head == list(ROW) == list(Facts._fields)
        remote, server = (dict(zip(head, found, strict=True)) for found in rows)
        assert (remote["address"], remote["port"], remote["organisation"]) == (
            *("8.8.8.8", "", "Google"),
        )
        assert (server["address"], server["port"], server["pids"]) == ("*", "22", "7 8")

    def test_without_rows_there_is_a_head(self) -> None:
        empty = History()
        empty.keyframe(Keyframe(START, START, START + 1, ()))
        assert list(sheet.lines(material(empty))) == [",".join(ROW)]

    @pytest.mark.parametrize("evil", ["=cmd|x", "+1", "-1", "@sum", 'a"b,c', "a'b"])
    def test_no_text_of_a_peer_is_a_formula_and_none_is_lost(self, evil: str) -> None:
        seen = History()
        there = row(1, "8.8.8.8")._replace(process=evil)
        seen.keyframe(Keyframe(START, START, START + 1, (there,)))
        (found,) = csv.DictReader(sheet.lines(material(seen)))
        assert found["process"].removeprefix("'") == evil
        assert not re.match(r"[=+@-]", found["process"])

    def test_each_row_is_one_line(self) -> None:
        seen = History()
        there = row(1, "8.8.8.8")._replace(process="a\nb\r\x1b[2J", container="c\nd")
        seen.keyframe(Keyframe(START, START, START + 1, (there,)))
        for line in sheet.lines(material(seen)):
            assert line.isprintable()


@pytest.mark.parametrize(
    ("name", "chosen", "expected"),
    [
        *(("a.txt", None, "text"), ("a", None, "text"), ("a.pdf", None, "text")),
        *(("a.CSV", None, "csv"), ("a.json", None, "jsonl"), ("a.csv", "jsonl", "jsonl")),
        *((None, None, "text"), (None, "csv", "csv")),
    ],
)
def test_the_name_tells_the_format_unless_it_is_chosen(
    name: str | None, chosen: str | None, expected: str
) -> None:
    assert format_of(Path(name) if name else None, chosen) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_the_size_is_told_before(name: str) -> None:
    """Within a factor of two, for a session of a usual size."""
    seen = History()
    rows = [row(number, f"8.8.{number // 250}.{number % 250}") for number in range(500)]
    seen.keyframe(Keyframe(START, START, START + 1, tuple(rows)))
    seen.keyframe(Keyframe(START + 600, START + 1, START + 601, tuple(rows[::2])))
    made = material(seen)
    form = writer(name)
    size = sum(len(line.encode()) + 1 for line in form.lines(made))
    assert size / 2 < at_once(form.sizing(made)) < size * 2
