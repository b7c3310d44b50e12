"""The page for other programs and the code say the same."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from connmon_shared.codec import limits, schema
from connmon_shared.codec.columns import Layout, Numbers
from connmon_shared.codec.records import Table
from connmon_shared.messages import (
    KINDS,
    PROCESSES_PER_PART,
    PROTOCOL_VERSION,
    ROWS_PER_PART,
    Header,
)
from connmon_shared.sockets import QUEUE
from connmon_shared.timelines.timeline import MAX_TICK
from connmon_shared.wire import NUMBERED

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### ([a-z]+)$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
TABLES = [known for known in vars(schema).values() if isinstance(known, Table)]

#: What the page calls each limit, and its unit there.
LIMITS = {
    "frame": (limits.MAX_FRAME, " bytes"),
    "arrays in a frame": (limits.MAX_ARRAYS, ""),
    "elements of an array, and so values of a shared column": (limits.MAX_ITEMS, ""),
    "records of a table, numbers of a column": (limits.MAX_ROWS, ""),
    "records in a part, as they are sent": (ROWS_PER_PART, ""),
    "processes in a part, as they are sent": (PROCESSES_PER_PART, ""),
    "parts": (limits.MAX_PARTS, ""),
    "text": (limits.MAX_TEXT, " characters"),
    "a host's name": (limits.MAX_HOST_NAME, " characters"),
    "hosts that an enricher or a viewer follows": (limits.MAX_HOSTS, ""),
    "texts of each field of a `status`": (limits.MAX_TEXTS, ""),
    "figures of a `status`": (limits.MAX_FIGURES, ""),
    "stretches of a `delta`": (limits.MAX_STRETCHES, ""),
    "holders of a connection": (limits.MAX_HOLDERS, ""),
    "ports of a record": (limits.MAX_PORTS, ""),
    "parts or messages in a request": (limits.MAX_ASKED, ""),
    "addresses in a `shown`": (limits.MAX_SHOWN, ""),
    "count": (limits.MAX_COUNT, ""),
    "tick": (MAX_TICK, ""),
    "age": (limits.MAX_AGE, " ms"),
    "interval": (limits.MAX_INTERVAL, " s"),
    "time": (limits.MAX_TIME, " s"),
    "messages in a queue, each way": (QUEUE, ""),
}


def in_a_message(layouts: Mapping[str, Layout]) -> list[tuple[str, str]]:
    return [
        (name, "column of " * isinstance(layout, Numbers) + layout.name)
        for name, layout in layouts.items()
    ]


#: Every section's fields, each with its type or column.
FIELDS = {
    **{kind: in_a_message(schema.BODIES[message].layouts) for kind, message in KINDS.items()},
    "header": [("version", "unsigned"), *in_a_message(schema.HEADER.layouts)],
    **{
        table.name.removeprefix("table of "): [(n, row.name) for n, row in table.layouts.items()]
        for table in TABLES
    },
}


def rows_after(heading: str) -> list[list[str]]:
    """Return the cells of the first table after `heading`, without its own heading."""
    table = re.search(r"^\|.*?(?=^$|\Z)", PAGE.split(f"\n{heading}\n")[1], re.MULTILINE | re.DOTALL)
    assert table is not None
    return [line.strip("| ").split(" | ") for line in table[0].splitlines()[2:]]


def test_the_page_says_which_kinds_are_numbered() -> None:
    found = re.search(r"^(`.*`) are numbered:", PAGE, re.MULTILINE)
    assert found is not None
    assert set(re.findall(r"`(\w+)`", found[1])) == NUMBERED


def test_the_page_speaks_of_the_version_that_is_spoken() -> None:
    found = re.search(r"Protocol version (\d+)", PAGE)
    assert found is not None
    assert int(found[1]) == PROTOCOL_VERSION
    assert f"- **{PROTOCOL_VERSION}**:" in PAGE.split("## Changes")[1].lstrip().splitlines()[0]


def test_the_page_has_a_section_for_every_message_and_record_and_no_other() -> None:
    assert SECTIONS.keys() == FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_a_section_lists_all_fields_in_their_order_with_their_types(name: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", SECTIONS[name], re.MULTILINE)
    assert rows == FIELDS[name]


def test_the_page_explains_every_type() -> None:
    types = {word for kind, *_ in rows_after("## Types") for word in kind.split(", ")}
    columns = {kind.split(" ")[0] for kind, *_ in rows_after("### Columns and tables")}
    for name in {name for fields in FIELDS.values() for _, name in fields} - {"8 bytes"}:
        *layouts, last = re.sub(r"\b(of|column)\b", "", name).split()
        assert last in types or name in {f"table of {table}" for table in FIELDS}
        assert columns >= {*layouts}


def test_the_page_lists_every_limit() -> None:
    assert [(what, f"{most:,.0f}{unit}") for what, (most, unit) in LIMITS.items()] == [
        (what, most) for what, most in rows_after("## Limits")
    ]
    told = {most for most, _ in LIMITS.values()}
    assert all(most in told for name, most in vars(limits).items() if name.isupper())


def test_the_page_lists_every_figure() -> None:
    stages = [ROOT / name for name in ("collector", "enricher", "shared")]
    code = "".join(path.read_text("utf-8") for stage in stages for path in stage.rglob("*.py"))
    named = re.search(r"^Its names, so far:\n\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert named is not None
    lines = [line.partition(" (")[0] for line in named[1].splitlines()]
    told = {name for line in lines for name in re.findall(r"`(\w+)`", line)}
    assert told == set(re.findall(r"Figure\(\s*\"(\w+)\"", code))


def test_the_header_lists_all_that_it_holds() -> None:
    assert {name for name, _ in FIELDS["header"]} == {f.name for f in dataclasses.fields(Header)}
