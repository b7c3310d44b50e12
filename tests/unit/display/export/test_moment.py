"""A file is of one moment, however much happens to its rows between two of its lines."""

import itertools
from collections.abc import Iterator

import pytest
from unit.display.export.session import START, material, row

from connmon_display.export.formats import FORMATS, writer
from connmon_display.steps import at_once
from connmon_shared.messages import Delta, Keyframe
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import State

ROWS = 300  # more than are counted in one step


def busy() -> tuple[History, Iterator[None]]:
    """Return a history, and what changes twenty of its rows with each step."""
    rows = [row(number, f"8.{number >> 8}.{number & 255}.1") for number in range(ROWS)]
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, tuple(rows)))

    def changes() -> Iterator[None]:
        for second in itertools.count(1):
            first = 20 * second % ROWS
            closed, opened = rows[first : first + 10], rows[first + 10 : first + 20]
            more = [each._replace(id=ROWS * second + each.id) for each in opened]
            waiting = [each._replace(state=State.CLOSE_WAIT) for each in opened]
            gone = tuple(each.id for each in closed)
            at = START + second
            seen.delta(Delta(at, at, at + 1, (*more, *waiting), gone))
            yield

    return seen, changes()


@pytest.mark.parametrize("form", FORMATS)
def test_what_changes_meanwhile_is_not_in_it(form: str) -> None:
    write = writer(form)
    seen, changes = busy()
    expected = [*write.lines(material(seen.copy()))]
    size = at_once(write.sizing(material(seen.copy())))
    made = material(seen.copy())
    for _ in made.count():
        next(changes)
    assert at_once(write.sizing(made)) == size
    lines = write.lines(made)
    found = []
    for line in lines:
        found.append(line)
        next(changes)
    assert found == expected
    assert [*write.lines(material(seen.copy()))] != expected


@pytest.mark.parametrize("form", FORMATS)
def test_rows_that_somebody_looks_at_go_on_meanwhile(form: str) -> None:
    seen, changes = busy()
    watched = [*seen.tracks.values()]
    made = material(seen.copy())
    for _ in writer(form).lines(made):
        next(changes)
    assert [*seen.tracks.values()] == watched
