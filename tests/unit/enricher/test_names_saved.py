import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_enricher.names.cache_file import (
    DamagedNamesError,
    ForeignNamesError,
    StoredName,
    load,
    save,
)
from connmon_enricher.names.hostname import harmless
from connmon_enricher.names.saved import SavedNames
from connmon_shared.endpoints import normalise, parse

NOW = 1_800_000_000.0
FOUR = StoredName(parse("1.2.3.4"), "four.example", NOW + 60)
SIX = StoredName(parse("2a00::6"), "six\\032.example", NOW + 86_400)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "names"


@given(
    st.lists(
        st.builds(
            StoredName,
            st.sampled_from([4, 16]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
            st.binary().map(harmless).filter(bool),
            st.integers(int(NOW) + 1, int(NOW) + 1_000_000).map(float),
        ).filter(lambda name: normalise(name.address) == name.address)
    )
)
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, names: list[StoredName]
) -> None:
    file = tmp_path_factory.mktemp("stored") / "names"
    save(file, names)
    assert load(file, NOW) == names


def test_names_that_no_longer_count_are_not_loaded(path: Path) -> None:
    save(path, [FOUR, SIX])
    assert load(path, NOW + 60) == [SIX]


def test_a_file_that_is_not_there_has_no_names(path: Path) -> None:
    assert load(path, NOW) == []


def test_the_file_is_its_owners_alone_and_replaced_whole(path: Path) -> None:
    save(path, [FOUR])
    before = path.stat()
    save(path, [SIX])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_ino != before.st_ino
    assert [*path.parent.iterdir()] == [path]


def test_who_cannot_write_leaves_nothing_behind(path: Path) -> None:
    save(path, [FOUR])

    def fails() -> "list[StoredName]":
        raise KeyError

    with pytest.raises(KeyError):
        save(path, (name for _ in range(1) for name in fails()))
    assert load(path, NOW) == [FOUR]
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: text.partition("\n")[0] + "\n",
        lambda text: text.replace("four.example", "8.8.8.8"),
        lambda text: text.replace("four.example", ""),
        lambda text: text.replace("four.example", "FOUR.example"),
        lambda text: text.replace("1.2.3.4", "1.2.3.400"),
        lambda text: text.replace(str(int(NOW)), "soon"),
        lambda text: text.replace(str(int(NOW)), "9" * 400),
        lambda text: text.replace("end 2", "end 3"),
        lambda text: text.replace("four", "f\0ur"),
        lambda text: text + "more\n",
    ],
)
def test_a_damaged_file_is_begun_anew(path: Path, damage: Callable[[str], str]) -> None:
    save(path, [FOUR._replace(expires=NOW), SIX])
    path.write_text(damage(path.read_text()))
    with pytest.raises(DamagedNamesError, match="is damaged"):
        load(path, NOW - 1)
    saved = SavedNames(path, lambda: NOW)
    assert saved.load() == []
    assert "is damaged" in saved.problem
    saved.save([(FOUR.address, FOUR.name, 60.0)])
    saved.close()
    assert load(path, NOW) == [FOUR]
    assert not saved.problem, "it has been put right"


def foreign_text(path: Path) -> None:
    path.write_text("my diary\n")


def foreign_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def link(path: Path) -> None:
    save(path.with_name("elsewhere"), [FOUR])
    path.symlink_to("elsewhere")


def writable_by_others(path: Path) -> None:
    save(path, [FOUR])
    path.chmod(0o622)


def huge(path: Path) -> None:
    save(path, [FOUR])
    os.truncate(path, 1 << 30)


@pytest.mark.parametrize(
    "make", [foreign_text, foreign_bytes, link, writable_by_others, huge, Path.mkdir, os.mkfifo]
)
def test_a_file_that_is_none_of_ours_is_left_as_it_is(
    path: Path, make: Callable[[Path], None]
) -> None:
    make(path)
    before = path.lstat()
    with pytest.raises(ForeignNamesError) as caught:
        load(path, NOW)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    saved = SavedNames(path, lambda: NOW)
    assert saved.load() == []
    assert saved.problem == str(caught.value)
    saved.save([(FOUR.address, FOUR.name, 60.0)])
    saved.close()
    assert (path.lstat().st_ino, path.lstat().st_size) == (before.st_ino, before.st_size)


def test_a_folder_that_is_not_there_is_said_at_once(path: Path) -> None:
    saved = SavedNames(path / "names")
    assert saved.load() == []
    assert saved.problem == f"{path} is no directory: no names are kept"


def test_what_cannot_be_written_is_said(path: Path) -> None:
    saved = SavedNames(path)
    saved.load()
    path.mkdir()
    saved.save([(FOUR.address, FOUR.name, 60.0)])
    saved.close()
    assert saved.problem == f"{path}: Is a directory; the names are not kept"
    path.rmdir()
    saved.save([(FOUR.address, FOUR.name, 60.0)])
    saved.close()
    assert not saved.problem


def test_nobody_waits_for_the_disk_but_at_the_end(path: Path) -> None:
    written = threading.Event()

    def slowly() -> Iterator[tuple[bytes, str, float]]:
        assert written.wait(10)
        yield FOUR.address, FOUR.name, 60.0

    saved = SavedNames(path, lambda: NOW)
    saved.save(slowly())
    assert not path.exists()
    saved.save([])  # is as good as what is being written
    written.set()
    saved.close()
    assert load(path, NOW) == [FOUR]
