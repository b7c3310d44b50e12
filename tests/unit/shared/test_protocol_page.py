"""The page for other programs and the code say the same."""

import dataclasses
import re
from pathlib import Path

import pytest

from connmon_shared.messages import (
    KINDS,
    PROTOCOL_VERSION,
    Connection,
    Counters,
    Fact,
    Figure,
    Header,
    ObservedName,
    Process,
    Record,
)
from connmon_shared.wire import NUMBERED

PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"
_HEADED = re.compile(r"^### ([a-z]+)$(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)

FIELDS = {name: [f.name for f in dataclasses.fields(kind)] for name, kind in KINDS.items()} | {
    "header": ["version", *(f.name for f in dataclasses.fields(Header) if f.name != "version")],
    "connection": list(Connection._fields),
    "process": list(Process._fields),
    "counters": list(Counters._fields),
    "observed": list(ObservedName._fields),
    "fact": list(Fact._fields),
    "figure": list(Figure._fields),
    "record": list(Record._fields),
}


def sections() -> dict[str, str]:
    return dict(_HEADED.findall(PAGE.read_text("utf-8")))


def test_the_page_says_which_kinds_are_numbered() -> None:
    found = re.search(r"^(`.*`) are numbered:", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert set(re.findall(r"`(\w+)`", found[1])) == NUMBERED


def test_the_page_speaks_of_the_version_that_is_spoken() -> None:
    found = re.search(r"Protocol version (\d+)", PAGE.read_text("utf-8"))
    assert found is not None
    assert int(found[1]) == PROTOCOL_VERSION


def test_the_page_has_a_section_for_every_message_and_record_and_no_other() -> None:
    assert sections().keys() == FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_a_section_lists_all_fields_in_their_order(name: str) -> None:
    rows = re.findall(r"^\| `(\w+)`", sections()[name], re.MULTILINE)
    assert rows == FIELDS[name]
