"""What is asked before a view ends, what is saved, and the exit code, without a terminal."""

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from helpers import connection
from unit.display.watching import Watching

from connmon_display.export.material import Material
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.ending import Ending
from connmon_display.refresh.input import save_key
from connmon_display.refresh.notices import Notices
from connmon_shared.stage.exits import Exit

INTERRUPTED = 130


class View:
    """Something that can end, in a folder."""

    def __init__(self, *, live: bool = True, **options: object) -> None:
        source = Watching()
        if live:
            source.host("web1", connection(1), connection(2, "192.0.2.7"))
        chosen = replace(Options(unit=10, width=80), **options)  # type: ignore[arg-type] # of any
        row_filter = RowFilter(chosen)
        self.notices = Notices(source, row_filter.lists, lambda: 0.0)
        self.ending = Ending(source, row_filter, chosen, self.notices)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.ending.press(key)

    def work(self) -> list[bool]:
        """Go on until nothing is left to do, and return when there was something to draw."""
        drawn = []
        while self.ending.busy:
            drawn.append(self.ending.work())
        return drawn


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_answered_is_saved_at_the_end(folder: Path) -> None:
    view = View()
    view.ending.interrupt(INTERRUPTED)
    assert view.ending.asking
    assert view.ending.question.startswith("Save timeline before quitting?")
    view.press("y")
    view.ending.paste("50%")
    assert view.ending.question.endswith("50%_")
    view.press("KEY_ENTER")
    assert view.ending.code == Exit.OK
    timeline, frequent = view.ending.finish()
    assert timeline.startswith("saved the timeline to connection_timeline_")
    assert "frequent addresses to frequent_ips_50pct_" in frequent
    assert len([*folder.iterdir()]) == 2


def test_esc_keeps_the_view_running_and_the_next_interrupt_asks_again() -> None:
    view = View()
    view.ending.interrupt(INTERRUPTED)
    view.press("y", "KEY_ESCAPE", "y")
    assert not view.ending.asking
    assert (view.ending.question, view.ending.code) == ("", None)
    view.ending.interrupt(INTERRUPTED)
    assert view.ending.question.startswith("Save timeline")


def test_a_second_interrupt_ends_at_once_and_saves_nothing(folder: Path) -> None:
    view = View()
    view.ending.save()
    view.ending.interrupt(Exit.OK)
    view.press("y")
    view.ending.interrupt(Exit.OK)
    assert view.ending.code == INTERRUPTED
    (said,) = view.ending.finish()
    assert said.startswith("stopped: ")
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize(
    "view", [View(output=Path("saved.csv")), View(live=False)], ids=["told where", "nothing seen"]
)
def test_where_nothing_is_to_be_asked_an_interrupt_is_the_end(view: View) -> None:
    view.ending.interrupt(INTERRUPTED)
    assert (view.ending.asking, view.ending.code) == (False, INTERRUPTED)


def test_of_what_is_saved_the_end_is_drawn_at_once_and_the_rest_with_the_clock(
    folder: Path,
) -> None:
    view = View(output=Path("saved.csv"))
    view.ending.save()
    assert view.notices.line().startswith("saving saved.csv")
    *before, last = view.work()
    assert last
    assert not any(before)
    assert view.notices.line().startswith("saved the timeline to saved.csv")
    assert (folder / "saved.csv").read_text("utf-8").startswith("host,kind")


def test_what_is_saved_at_the_end_anyway_is_told_and_written_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(save_key, "LARGE", 1)
    for asked in (False, True):
        view = View(output=Path("saved.csv"))
        view.ending.save()
        if asked:
            view.work()
            assert view.notices.line().endswith("w again saves it")
        (said,) = view.ending.finish()
        assert said.startswith("saved the timeline to saved.csv")
    assert [path.name for path in folder.iterdir()] == ["saved.csv"]


def test_a_mistake_of_ours_is_not_made_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(_: Material) -> NoReturn:
        raise ZeroDivisionError

    view = View()
    monkeypatch.setattr(Material, "count", mistaken)
    with pytest.raises(ZeroDivisionError):
        view.ending.save()
    assert view.ending.finish() == []


def test_what_cannot_be_saved_is_told() -> None:
    view = View(output=Path("/dev/full"))
    view.ending.save()
    view.work()
    assert view.notices.line() == "cannot save /dev/full: No space left on device"
