"""Which rows are in which group: what a look at each of them, one by one, finds."""

from collections import defaultdict
from dataclasses import replace

import pytest
from helpers import connection, listener
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.refresh.test_search import ADDRESSES, HAPPENINGS, TYPED
from unit.display.watching import Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.following.purpose import Purpose
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.search import Search
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import GROUPINGS, Parted, View
from connmon_display.rows.parts import Parts
from connmon_display.rows.row import Group, Row
from connmon_display.words.services import service_of
from connmon_display.words.subject import Subject

Groups = dict[str, list[tuple[object, Purpose | None]]]


class Plain:
    """Groups without any shortcut."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._table = Table(watching, RowFilter(Options(10, 80)))
        self._parts = Parts(watching.pipeline.hosts)
        self._told = 0

    def groups(self, controls: Controls) -> Groups:
        """Return the rows of each group in their order, and which part of them it has."""
        for change in self._watching.changes[self._told :]:
            self._table.learn(change)
            self._parts.learn(change)
        self._told = len(self._watching.changes)
        self._table.rows(Controls(10))
        found: Groups = defaultdict(list)
        for row in (*self._table.remotes, *self._table.listeners):
            for part, purpose in self._in_parts(row, controls.by):
                if self._fits(row if part.purpose is None else part, controls):
                    found[self._name(part, purpose, controls.by)].append((part.key, part.purpose))
        return dict(found)

    def _in_parts(self, row: Row, by: str) -> list[Parted]:
        if not GROUPINGS[by].of_sockets:
            return [] if row.key.peer.listening else [(row, None)]
        return [(row, None)] if row.key.peer.listening else [*self._parts.of([row])]

    def _fits(self, row: Row, controls: Controls) -> bool:
        source = self._watching
        view = View(source.axis.bases(), source.facts, self._table.alerts)
        return Search(source).matching([row], controls, view) == [row]

    def _name(self, row: Row, purpose: Purpose | None, by: str) -> str:
        fact = self._watching.facts.get(row.key.peer.address)
        words = Subject(row.track, fact)
        match by:
            case "process":
                name = purpose.process if purpose else words.process
            case "port":
                port = purpose.port if purpose else words.port
                name = f"{port} {service_of(row.track.current.protocol, port)}".strip()
            case "as":
                name = words.organisation
            case _:
                name = words.country.strip("-")
        return name


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None)
@given(st.sampled_from([*GROUPINGS]), TYPED, st.data())
def test_groups_have_the_rows_that_a_look_at_each_of_them_finds(
    by: str, typed: str, data: st.DataObject
) -> None:
    watching = Watching()
    rows = [connection(number, ADDRESSES[number]) for number in range(3)]
    host = watching.host("web1", *rows, listener(9))
    plain, table, told = Plain(watching), Table(watching, RowFilter(Options(10, 80))), 0
    for length in (0, *range(len(typed) + 1)):
        for happen in data.draw(st.lists(HAPPENINGS, max_size=3)):
            happen(watching, host)
        for change in watching.changes[told:]:
            table.learn(change)
        told = len(watching.changes)
        controls = Controls(10, by=by, typed=typed[:length])
        table.rows(replace(controls, by="address"))  # or it would wait for a second
        groups = {
            group.key.name: [(row.key, row.purpose) for row in group.rows]
            for group in table.rows(controls)
            if isinstance(group, Group)
        }
        assert groups == plain.groups(controls)
