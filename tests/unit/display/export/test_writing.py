"""How files are written."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from helpers import ordinary_user

from connmon_display.export import unnamed
from connmon_display.export.writing import check_writable, write_lines, writing

_CODE = """
from pathlib import Path
from connmon_display.export.writing import _special, check_writable, write_lines
path = Path("/dev/stdout")
check_writable(path)
{}write_lines(path, ["a", "b"])
"""
_TO = """
import sys
from pathlib import Path
from connmon_display.export.writing import check_writable, write_lines
path = Path(sys.argv[1])
"""
_ENDLESS = """
from pathlib import Path
from connmon_display.export.writing import writing
steps = writing(Path("{}"), ["x" * 1_000_000] * 3)
next(steps), next(steps)
print("writing", flush=True)
input()
"""
_TO_STDOUT = [sys.executable, "-c", _CODE.format("")]
#: Only when it is safe for the machine: as root a mistake would cost /dev/stdout.
_CHECKED = _CODE.format("assert _special(path)\n")


def not_permitted(*_: object, **__: object) -> None:
    raise PermissionError(1, "Operation not permitted")


class TestWriting:
    """A file is written whole or not at all."""

    def test_a_new_file_has_the_mode_of_any_other(self, tmp_path: Path) -> None:
        plain, written = tmp_path / "plain", tmp_path / "written"
        for mask in (0o022, 0o077, 0o002):
            before = os.umask(mask)
            try:
                plain.write_text("x", encoding="ascii")
                write_lines(written, ["x"])
                assert os.umask(mask) == mask
            finally:
                os.umask(before)
            assert written.stat().st_mode == plain.stat().st_mode
            plain.unlink()
            written.unlink()

    def test_an_earlier_file_keeps_its_mode(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        kept.touch(mode=0o600)
        write_lines(kept, ["x"])
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    @pytest.mark.root
    def test_root_follows_no_link_of_another_user(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("secret", encoding="ascii")
        link.symlink_to(target)
        os.lchown(link, 65_534, 65_534)
        for write in (check_writable, lambda path: write_lines(path, ["x"])):
            with pytest.raises(PermissionError, match="link of another user"):
                write(link)
        assert target.read_text(encoding="ascii") == "secret"

    def test_the_size_is_in_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        assert write_lines(path, ["■", "ab"]) == 7 == path.stat().st_size

    def test_the_size_is_in_bytes_for_special_files_too(self) -> None:
        assert write_lines(Path("/dev/null"), ["■", "ab"]) == 7

    def test_a_failure_keeps_the_old_file_and_leaves_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        path.write_text("old", encoding="ascii")

        def broken() -> Iterator[str]:
            yield "new"
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            write_lines(path, broken())
        assert path.read_text(encoding="ascii") == "old"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.root
    @pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare (util-linux)")
    def test_a_file_that_is_mounted_by_itself_is_written_in_its_place(self, tmp_path: Path) -> None:
        """As into a container; nothing can be renamed over it, which once was found at the end."""
        inside, outside = tmp_path / "in side", tmp_path / "outside"
        inside.touch()
        outside.write_text("something longer from before\n", encoding="ascii")
        code = f"{_TO}check_writable(path); print(write_lines(path, ['a', 'b']))"
        script = 'mount --bind "$2" "$1" && exec "$3" -c "$4" "$1"'
        arguments = (inside, outside, sys.executable, code)
        command = ["unshare", "-m", "sh", "-c", script, "sh", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "unshare" in done.stderr or "mount:" in done.stderr:
            pytest.skip("nothing can be mounted here")
        assert (done.stdout, done.stderr) == ("4\n", "")
        assert outside.read_text(encoding="ascii") == "a\nb\n"

    def test_killed_it_leaves_nothing(self, tmp_path: Path) -> None:
        handle, name = unnamed.begin(tmp_path)
        os.close(handle)
        if name is not None:
            pytest.skip("every file has a name here")
        code = _ENDLESS.format(tmp_path / "out")
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            writer.kill()
        assert list(tmp_path.iterdir()) == []

    def test_where_every_file_has_a_name_it_is_whole_or_not_there_as_well(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unnamed, "NAMELESS", 0)
        path = tmp_path / "out"
        steps = writing(path, ["a", "b"])
        next(steps)
        (beside,) = tmp_path.iterdir()
        assert beside.name.startswith(".connmon-")
        assert [*steps] == [4]
        assert [*tmp_path.iterdir()] == [path]
        assert path.read_text(encoding="ascii") == "a\nb\n"

    @pytest.mark.parametrize("fails", ["closed", "an error"])
    def test_where_every_file_has_a_name_nothing_is_left_of_a_half_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
    ) -> None:
        monkeypatch.setattr(unnamed, "NAMELESS", 0)

        def broken() -> Iterator[str]:
            yield "a"
            raise OSError(28, "No space left on device")

        steps = writing(tmp_path / "out", broken())
        next(steps)
        assert len([*tmp_path.iterdir()]) == 1
        if fails == "closed":
            steps.close()
        else:
            with pytest.raises(OSError, match="No space"):
                next(steps)
        assert [*tmp_path.iterdir()] == []

    @pytest.mark.parametrize("way", ["nameless", "named", "without links"])
    def test_a_new_file_replaces_none_that_came_meanwhile(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        if way != "nameless":
            monkeypatch.setattr(unnamed, "NAMELESS", 0)
        if way == "without links":  # as on FAT
            monkeypatch.setattr(os, "link", not_permitted)
        path, others = tmp_path / "out", (tmp_path / f"out_{number}" for number in count(2))
        steps = writing(path, ["a", "b"], others)
        next(steps)
        path.write_text("another's", encoding="ascii")
        (tmp_path / "out_2").symlink_to("nowhere")
        assert next(steps) == 4
        with pytest.raises(StopIteration) as end:
            next(steps)
        assert end.value.value == tmp_path / "out_3"
        assert (tmp_path / "out_3").read_text(encoding="ascii") == "a\nb\n"
        assert path.read_text(encoding="ascii") == "another's"
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"out", "out_2", "out_3"}

    def test_a_new_file_that_cannot_have_its_name_leaves_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unnamed, "NAMELESS", 0)
        for name in ("link", "rename"):
            monkeypatch.setattr(os, name, not_permitted)
        monkeypatch.setattr(os, "replace", not_permitted)
        with pytest.raises(PermissionError):
            [*writing(tmp_path / "out", ["a"], iter(()))]
        assert [*tmp_path.iterdir()] == []

    def test_a_name_as_long_as_the_file_system_allows(self, tmp_path: Path) -> None:
        path = tmp_path / ("x" * 255)
        check_writable(path)
        write_lines(path, ["x"])
        assert path.exists()

    def test_a_link_stays_one(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("old", encoding="ascii")
        link.symlink_to(target)
        write_lines(link, ["new"])
        assert link.is_symlink()
        assert target.read_text(encoding="ascii") == "new\n"

    def test_dev_full_is_an_error(self) -> None:
        with pytest.raises(OSError, match="No space left"):
            write_lines(Path("/dev/full"), ["x"])

    def test_standard_output_can_be_a_pipe(self) -> None:
        done = subprocess.run(_TO_STDOUT, capture_output=True, check=True)
        assert done.stdout == b"a\nb\n"

    def test_standard_output_into_a_file_replaces_nothing_and_keeps_what_is_there(
        self, tmp_path: Path
    ) -> None:
        """As root it once renamed a file over the link /dev/stdout."""
        target = tmp_path / "out"
        target.write_text("before\n", encoding="ascii")
        before = os.lstat("/dev/stdout")
        with target.open("ab") as out:
            subprocess.run([*_TO_STDOUT[:2], _CHECKED], stdout=out, check=True)
        assert os.lstat("/dev/stdout") == before
        assert target.read_text(encoding="ascii") == "before\na\nb\n"

    def test_a_named_pipe_is_never_waited_for(self, tmp_path: Path) -> None:
        """Neither for a reader nor for room: whoever writes has a screen to draw, and signals."""
        pipe, line = tmp_path / "pipe", "x" * 99_999
        os.mkfifo(pipe)
        check_writable(pipe)
        steps = writing(pipe, [line, line])
        assert [next(steps), next(steps)] == [0, 0]
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        check_writable(pipe)
        assert next(steps) == next(steps) < len(line), "no room for more"
        taken = bytearray()
        for _ in steps:
            taken += os.read(reader, 1_000_000)
        taken += os.read(reader, 1_000_000)
        os.close(reader)
        assert taken == f"{line}\n{line}\n".encode()

    def test_a_named_pipe_that_may_not_be_written(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe, 0o400)
        with ordinary_user(tmp_path), pytest.raises(PermissionError):
            check_writable(pipe)

    def test_a_folder_that_may_not_be_written(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with ordinary_user(tmp_path), pytest.raises(PermissionError):
            check_writable(tmp_path / "out")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            check_writable(tmp_path / "none" / "out")
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path)
