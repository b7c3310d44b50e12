"""What `connmon status` says of the stages: sentences, a table, and JSON."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from connmon_display.commands.fare import Fare, document, page, wrong
from connmon_shared.messages import Figure, Status

NOW = 1_800_000_000.0
HOUR = 3_600
LONG = "so it is and so it stays " * 20
DOCS = Path(__file__).parents[4] / "docs"


def figures(**values: float) -> tuple[Figure, ...]:
    return tuple(Figure(name, value) for name, value in values.items())


COLLECTOR = Status(
    stage="collector",
    version="0.1.0",
    source="events",
    interval=1.0,
    limits=(),
    pid=4242,
    started=NOW - HOUR,
    figures=figures(
        connections=1_234, messages=36_000, bytes=HOUR * 34_000, cpu=45, memory=45e6, dropped=0
    ),
    host="web1",
)
ENRICHER = Status(
    stage="enricher",
    version="0.1.0",
    source="feed",
    interval=0.0,
    limits=(),
    pid=4243,
    started=NOW - HOUR,
    figures=figures(viewers=2, rows=1_200, transitions=34_567, lag=0.0123, memory=81e6),
)


def told(*statuses: Status, width: int = 80) -> list[str]:
    fares = [Fare(status, NOW) for status in statuses]
    return list(page(fares, wrong(fares), width))


def test_a_stage_is_a_row_of_a_table() -> None:
    lines = told(COLLECTOR, ENRICHER)
    assert lines[0] == "all well"
    assert lines[2:5] == [
        "stage      host   pid  up  source  sockets  msg/s  B/s   cpu  memory",
        "collector  web1  4242  1h  events    1,234   10.0  34k  1.2%   45 MB",
        "enricher   -     4243  1h  feed          -      -    -     -   81 MB",
    ]
    assert lines[-1] == "msg/s, B/s and cpu are means since the start."


def test_what_is_good_to_know_follows() -> None:
    limits = ("short UDP exchanges are not seen",)
    lines = told(replace(COLLECTOR, lost=17, limits=limits), ENRICHER)
    assert "  collector of web1: 17 kernel events were lost; the time around them is blank" in lines
    assert "  collector of web1: short UDP exchanges are not seen" in lines
    assert "  viewers: 2; history: 1,200 rows, 34,567 changes" in lines
    assert any("lag: 12.3 ms" in line for line in lines)
    assert not any("dropped" in line for line in lines)
    assert lines[0] == "all well"


def test_what_the_history_could_not_keep_is_said() -> None:
    more = (*ENRICHER.figures, *figures(thinned=NOW, forgotten=1_200))
    lines = " ".join(told(COLLECTOR, replace(ENRICHER, figures=more)))
    assert "enricher: detail before 2027-01-15" in lines
    assert "1,200 rows" in lines


def test_problems_come_first() -> None:
    lines = told(replace(COLLECTOR, problems=("names are hidden: run as root",)), ENRICHER)
    assert lines[:2] == [
        "something is wrong:",
        "  collector of web1: names are hidden: run as root",
    ]


def test_a_silent_collector_and_none_at_all_are_wrong() -> None:
    (stale,) = wrong([Fare(COLLECTOR, NOW, stale=True), Fare(ENRICHER, NOW)])
    assert stale.startswith("collector of web1: silent")
    assert wrong([Fare(ENRICHER, NOW)]) == ["there is no collector"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    names = ("a-host-with-a-long-name-" * 4, "db", "x" * 100)
    old = replace(COLLECTOR, pid=4_194_304, started=NOW - 100 * 86_400, lost=3, limits=(LONG,))
    hosts = [replace(old, host=name) for name in names]
    lines = told(*hosts, ENRICHER, width=width)
    assert max(map(len, lines)) <= width
    assert any("a-host-w" in line for line in lines)


def test_no_mean_is_made_of_the_first_seconds() -> None:
    assert Fare(COLLECTOR, NOW - HOUR + 9).mean("messages") is None
    assert Fare(replace(COLLECTOR, started=0.0), NOW).mean("messages") is None
    assert Fare(COLLECTOR, NOW).mean("nonsense") is None
    assert Fare(COLLECTOR, NOW).mean("messages") == pytest.approx(10)


def test_a_stage_that_tells_nothing_of_itself_is_a_row_as_well() -> None:
    old = Status("collector", "0.0.9", "netlink", 1.0, (), host="old")
    assert "collector  old      -   -  netlink  " in "\n".join(told(old, ENRICHER))


def test_what_a_stage_says_cannot_act_on_the_terminal() -> None:
    evil = "\x1b[2J\n\u202e"
    status = replace(COLLECTOR, host=evil, source=evil, problems=(evil,), limits=(evil,))
    lines = told(status, replace(ENRICHER, figures=figures(**{evil: 1})))
    assert all(line.isprintable() for line in lines)


def test_a_program_gets_everything_in_one_object() -> None:
    fares = [Fare(replace(COLLECTOR, lost=3), NOW, stale=True), Fare(ENRICHER, NOW)]
    read = json.loads(json.dumps(document(fares, wrong(fares))))
    assert (read["well"], len(read["wrong"])) == (False, 1)
    first, second = read["stages"]
    assert (first["stage"], first["host"], first["pid"]) == ("collector", "web1", 4242)
    assert (first["stale"], first["lost"], first["uptime"]) == (True, 3, HOUR)
    assert first["figures"]["connections"] == 1_234
    assert first["means"] == {"messages": 10, "bytes": 34_000, "cpu": pytest.approx(1 / 80)}
    assert second["means"] == {"messages": None, "bytes": None, "cpu": None}


def test_the_page_names_every_field_and_no_other() -> None:
    text = (DOCS / "status.md").read_text(encoding="utf-8")
    fields = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    made = document([Fare(COLLECTOR, NOW)], [])
    (stage,) = cast("list[dict[str, object]]", made["stages"])
    assert fields == [*made, *stage]
