"""Saving from a view: at once, in slices, confirmed, stopped, and what is in it."""

import itertools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import connection
from unit.display.lists import Folder
from unit.display.watching import Host, Watching

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.ending import Ending
from connmon_display.refresh.input import save_key
from connmon_display.refresh.input.save_key import SaveKey
from connmon_display.refresh.notices import Notices
from connmon_display.saving import Saver
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact, Lookup

DAY = 86_400.0


class View:
    """A view of one host in a folder, with one saver; by its clock all is done in no time."""

    def __init__(self, **options: object) -> None:
        self.source = Watching()
        self.host: Host = self.source.host("web1", connection(1), connection(2, "192.0.2.7"))
        chosen = replace(Options(unit=10, width=80), **options)  # type: ignore[arg-type] # of any
        self.row_filter = RowFilter(chosen)
        self.saver = Saver(self.source, self.row_filter, chosen)
        self.key = SaveKey(self.saver, lambda: 0.0)

    def watch_for(self, seconds: float) -> None:
        """Let so much time be observed."""
        self.source.clock.time += seconds
        self.source.take(self.host.delta())

    def said(self) -> str:
        """Work until nothing is left, and return what was said last."""
        said = ""
        while self.key.busy:
            said = self.key.work()
        return said


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_small_is_saved_without_a_question(folder: Path) -> None:
    view = View()
    assert view.key.press().startswith("saving connection_timeline_")
    (path,) = [word for word in view.said().split() if word.endswith(".txt")]
    assert "192.0.2.7" in (folder / path).read_text("utf-8")
    assert not view.key.work()


def test_with_nothing_observed_nothing_is_saved(folder: Path) -> None:
    saver = Saver(Watching(), RowFilter(options := Options(10, 80)), options)
    key = SaveKey(saver)
    assert key.press() == "nothing was observed, so nothing is saved"
    assert saver.at_end(50, timeline=True) == [key.press()]
    assert not key.busy
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "name", "begins"),
    [
        ({"format": "csv"}, r"*.csv", "host,kind"),
        ({"format": "html"}, r"*.html", "<!doctype html>"),
        ({"output": Path("a.svg")}, "a.svg", "<svg"),
        ({"output": Path("a.svg"), "format": "jsonl"}, "a.svg", "{"),
    ],
)
def test_the_format_is_the_chosen_one(
    folder: Path, options: dict[str, Any], name: str, begins: str
) -> None:
    view = View(**options)
    view.key.press()
    view.said()
    (path,) = folder.glob(name)
    assert path.read_text("utf-8").startswith(begins)


def test_of_what_is_large_the_size_is_said_first(folder: Path) -> None:
    view = View(unit=1)
    view.watch_for(100 * DAY)  # 2 rows of 86 million marks of 3 bytes
    assert "will be about 518 MB: w again saves it" in view.key.press()
    assert not view.key.busy
    assert view.saver.expected() == "about 518 MB"
    assert "0% of about 518 MB" in view.key.press()
    assert view.key.work()
    assert "is not saved" in view.key.press()
    assert not view.key.work()
    assert list(folder.iterdir()) == []


def test_the_file_that_was_announced_is_the_one_that_is_written() -> None:
    view = View(unit=1)
    view.watch_for(100 * DAY)
    announced = view.key.press().split()[0]
    view.source.clock.time += 3
    assert view.key.press().startswith(f"saving {announced}: ")
    assert view.key.press() == f"stopped: {announced} is not saved"
    view.source.clock.time += 3
    assert not view.key.press().startswith(announced), "the answer was for the file before"


def test_a_name_that_we_choose_is_never_one_of_an_earlier_file(folder: Path) -> None:
    view = View()
    names = []
    for _ in range(3):
        view.key.press()
        names.append(view.said().split()[4])
    assert sorted(path.name for path in folder.iterdir()) == sorted({*names})
    assert len({*names}) == 3
    for _ in range(2):
        view.saver.frequent(50)
    assert len([*folder.glob("frequent_ips*")]) == 2


def test_two_views_that_save_in_the_same_second_leave_two_files(folder: Path) -> None:
    views = View(format="csv"), View(format="csv")
    for view in views:
        view.watch_for(0.0)
        view.key.press()  # each begins before the other has ended
    views[1].source.take(views[1].host.delta(connection(3, "192.0.2.33")))
    names = [view.said().split()[4] for view in views]
    stem = names[0].removesuffix(".csv")
    assert names[1] == f"{stem}_2.csv", "each tells which one is its own"
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_while_its_size_is_found_out_it_can_be_stopped_and_is_finished_at_the_end(
    folder: Path,
) -> None:
    view = View(format="csv")
    rows = [connection(n, f"10.{n >> 8}.{n & 255}.1", local_port=n) for n in range(10, 1_010)]
    view.source.take(view.host.delta(*rows))
    ticks = itertools.count()
    key = SaveKey(view.saver, lambda: 0.1 * next(ticks))  # each step takes longer than a slice
    said = key.press()
    assert said.startswith("saving connection_timeline_")
    assert said.endswith(".csv"), "how far it is cannot be told yet"
    assert key.work() == said
    assert key.press() == f"stopped: {said.split()[1]} is not saved"
    assert not key.busy
    assert list(folder.iterdir()) == []
    key.press()
    (end,) = key.finish()
    assert end.startswith("saved the timeline to")
    (path,) = folder.iterdir()
    assert path.read_text("utf-8").count("\n") == 1 + 2 + 1_000


def test_an_old_answer_confirms_nothing() -> None:
    clock = [0.0]
    view = View(unit=1)
    key = SaveKey(view.saver, lambda: clock[0])
    view.watch_for(100 * DAY)
    key.press()
    clock[0] += 60
    assert "w again saves it" in key.press()


class TestWhatTurnsOutToBeLargeAtTheEnd:
    """Nobody can press `w` again: it is saved, unless somebody could have and did not."""

    @pytest.fixture(autouse=True)
    def large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let files be large at once: gigabytes take too long to write."""
        monkeypatch.setattr(save_key, "LARGE", 1)

    @pytest.mark.parametrize("step", [0.0, 0.1], ids=["at the key", "only at the end"])
    def test_it_is_saved_if_the_question_cannot_have_been_read(
        self, folder: Path, step: float
    ) -> None:
        ticks = itertools.count()
        key = SaveKey(View(output=Path("a.csv")).saver, lambda: step * next(ticks))
        assert ("w again" in key.press()) == (step == 0)
        (said,) = key.finish()
        assert said.startswith("saved the timeline to a.csv")
        assert [path.name for path in folder.iterdir()] == ["a.csv"]

    @pytest.mark.parametrize(
        ("seconds", "said"), [(5.0, ["a.csv is not saved: w again was to confirm it"]), (60.0, [])]
    )
    def test_it_is_not_if_it_was_read_and_that_is_told_if_it_was_just_now(
        self, folder: Path, seconds: float, said: list[str]
    ) -> None:
        clock = [0.0]
        key = SaveKey(View(output=Path("a.csv")).saver, lambda: clock[0])
        key.press()
        clock[0] += seconds
        assert key.finish() == said
        assert [*folder.iterdir()] == []

    def test_it_is_not_if_it_is_given_up(self, folder: Path) -> None:
        key = SaveKey(View(output=Path("a.csv")).saver, lambda: 0.0)
        key.press()
        key.give_up()
        assert key.finish() == ["stopped: a.csv is not saved"]
        assert [*folder.iterdir()] == []

    def test_it_is_not_if_questions_were_answered_instead(self, folder: Path) -> None:
        view = View()
        notices = Notices(view.source, view.row_filter.lists)
        ending = Ending(view.source, view.row_filter, Options(10, 80), notices)
        ending.save()
        while ending.busy:  # until it is known how large it will be
            ending.work()
        ending.interrupt(130)
        for key in ("n", "KEY_ENTER"):
            ending.press(key)
        assert ending.finish() == []
        assert [*folder.iterdir()] == []


def test_what_comes_while_it_is_saved_is_not_in_it(folder: Path) -> None:
    view = View(output=Path("out.jsonl"))
    view.key.press()
    view.watch_for(5)
    view.source.take(view.host.delta(connection(3, "198.51.100.9"), gone=[1]))
    late = Fact(parse("192.0.2.7"), name="late.example", name_state=Lookup.RESOLVED)
    view.source.take(view.source.enricher.publish(late))
    assert view.source.facts[late.address] == late
    view.said()
    assert "late.example" not in (folder / "out.jsonl").read_text("utf-8")
    _, host, *rows = map(json.loads, (folder / "out.jsonl").read_text("utf-8").splitlines())
    assert host["observed_seconds"] == 1.0
    assert {found["address"]: found["state"] for found in rows} == {
        "198.51.100.7": "active",
        "192.0.2.7": "active",
    }


def test_lists_that_are_read_anew_meanwhile_are_not_in_it(folder: Path, tmp_path: Path) -> None:
    lists = Folder(tmp_path).filter(watched=["192.0.2.7"])
    view, path = View(output=Path("out.csv")), folder / "out.csv"
    key = SaveKey(Saver(view.source, lists, Options(10, 80, output=path)))
    key.press()
    (file,) = lists.lists.files
    lists.lists.replace(file, AddressList(["198.51.100.7"]))
    while key.busy:
        key.work()
    lines = path.read_text("utf-8").splitlines()
    marked = [line.split(",")[2] for line in lines if "match" in line]
    assert marked == ["192.0.2.7"]


def test_what_is_still_being_saved_is_saved_whole_at_the_end(folder: Path) -> None:
    view = View(format="csv")
    view.key.press()
    (said,) = view.key.finish()
    assert view.saver.at_end() == []
    assert said.startswith("saved the timeline to connection_timeline_")
    (path,) = folder.iterdir()
    assert path.read_text("utf-8").count("\n") == 3


def test_a_failure_is_an_error_and_the_end_of_it(folder: Path) -> None:
    view = View(output=Path("/dev/full"))
    view.key.press()
    with pytest.raises(OSError, match="No space left"):
        view.said()
    assert not view.key.busy
    assert list(folder.iterdir()) == []


class Answers:
    """Who is asked for other names, one after the other, and then gives up."""

    def __init__(self, *names: str) -> None:
        self.names = [*names]
        self.told: list[str] = []

    def __call__(self, error: OSError) -> Path:
        self.told.append(error.filename)
        if not self.names:
            raise error
        return Path(self.names.pop(0))


def test_what_cannot_be_written_at_the_end_goes_where_one_is_told(folder: Path) -> None:
    view, answers = View(output=Path("/dev/full")), Answers("none/a.csv", "b.csv")
    timeline, frequent = view.saver.at_end(0, another=answers)
    assert answers.told == ["/dev/full", "none/a.csv"]
    assert timeline.startswith("saved the timeline to b.csv")
    assert (folder / "b.csv").read_text("utf-8").startswith("host,kind")
    assert frequent.startswith("saved 2 frequent addresses to frequent_ips_0pct_")


def test_a_list_that_cannot_be_written_goes_where_one_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, gone, elsewhere = View(), folder / "gone", folder / "ips.txt"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    said = view.saver.at_end(0, another=Answers(str(elsewhere)))
    assert said == [f"saved 2 frequent addresses to {elsewhere}"]
    assert "192.0.2.7" in elsewhere.read_text("utf-8")


def test_what_is_saved_nowhere_else_is_an_error() -> None:
    answers = Answers("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        View(output=Path("/dev/full")).saver.at_end(another=answers)
    assert answers.told == ["/dev/full", "/dev/full"]


def test_what_the_key_had_begun_goes_where_one_is_told(folder: Path) -> None:
    view = View(output=Path("/dev/full"))
    view.key.press()
    (said,) = view.key.finish(Answers("kept.csv"))
    assert said.startswith("saved the timeline to kept.csv")
    assert [path.name for path in folder.iterdir()] == ["kept.csv"]


def test_to_begin_and_to_go_on_holds_nobody_up() -> None:
    """Each step does about a hundredth of a second's work, measured in what it takes of the CPU."""
    view = View(unit=10)
    view.key = SaveKey(view.saver)
    rows = [connection(n, f"10.{n >> 8}.{n & 255}.1", local_port=n) for n in range(10, 3_010)]
    view.source.take(view.host.delta(*rows))
    view.watch_for(DAY)
    view.key.press()
    assert "w again saves it" in view.said()
    view.key.press()
    steps = []
    for _ in range(20):
        began = time.thread_time()
        assert view.key.work()
        steps.append(time.thread_time() - began)
    assert sorted(steps)[10] < 0.05
    assert view.key.busy
    view.key.press()
