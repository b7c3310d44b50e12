import struct
from pathlib import Path

import pytest
from unit.collector.events import formats

from connmon_collector.sources.events import perf, tracepoints
from connmon_collector.sources.events.tracepoints import TracepointError

NAME = "sock/inet_sock_set_state"


def mount(place: Path, text: str) -> Path:
    folder = place / "events" / NAME
    folder.mkdir(parents=True)
    (folder / "format").write_text(text)
    return place


def test_a_format_gives_number_and_places() -> None:
    point = tracepoints.parse(NAME, formats.TCP)
    assert (point.name, point.number) == (NAME, 2287)
    assert point.fields["common_flags"] == (2, 1)
    assert point.fields["skaddr"] == (8, 8), "a pointer"
    assert point.fields["saddr_v6"] == (40, 16), "an array"


def test_a_text_of_another_place_is_a_field_too() -> None:
    assert tracepoints.parse("x", formats.EXEC).fields["filename"] == (8, 4)


def test_a_format_without_a_number_is_refused() -> None:
    with pytest.raises(TracepointError, match="no number"):
        tracepoints.parse(NAME, formats.TCP.replace("ID: 2287", "ID: none"))


def test_a_layout_unpacks_what_is_wanted() -> None:
    layout = tracepoints.parse(NAME, formats.TCP).layout((("oldstate", "i"), ("dport", "H")))
    head = struct.pack("=IHHIIQI", 9, 0, 128, 7, 8, 1_000, 96)
    data = bytearray(96)
    struct.pack_into("=i", data, 16, -3)
    struct.pack_into("=H", data, 26, 443)
    assert layout.unpack_from(head + bytes(data)) == (9, 128, 7, 8, 1_000, -3, 443)


@pytest.mark.parametrize(
    "change",
    [
        ("field:int oldstate;\toffset:16;\tsize:4", "field:long oldstate;\toffset:16;\tsize:8"),
        ("field:int oldstate", "field:int before"),
        ("field:int oldstate;\toffset:16", "field:int oldstate;\toffset:30"),
    ],
    ids=["another size", "not there", "behind the next one"],
)
def test_a_tracepoint_of_another_shape_is_refused(change: tuple[str, str]) -> None:
    point = tracepoints.parse(NAME, formats.TCP.replace(*change))
    with pytest.raises(TracepointError, match=NAME):
        point.layout((("oldstate", "i"), ("newstate", "i")))


def test_the_first_mount_that_has_it_is_used(tmp_path: Path) -> None:
    second = mount(tmp_path / "second", formats.TCP)
    assert tracepoints.find(NAME, (tmp_path / "first", second)).number == 2287


def test_without_tracefs_it_says_how_to_mount_it(tmp_path: Path) -> None:
    with pytest.raises(TracepointError, match="mount -t tracefs"):
        tracepoints.find(NAME, (tmp_path,))


def test_a_kernel_without_it_is_named_as_the_reason(tmp_path: Path) -> None:
    place = mount(tmp_path, formats.TCP)
    with pytest.raises(TracepointError, match="no tracepoint no/such"):
        tracepoints.find("no/such", (place,))


def test_a_mount_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "events" / NAME / "format").mkdir(parents=True)  # reading a folder fails for root
    with pytest.raises(TracepointError, match=f"{tmp_path} cannot be read"):
        tracepoints.find(NAME, (tmp_path,))


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0\n", [0]), ("0-3\n", [0, 1, 2, 3]), ("0-1,4,6-7\n", [0, 1, 4, 6, 7])],
)
def test_the_cpus_that_run(tmp_path: Path, text: str, cpus: list[int]) -> None:
    place = tmp_path / "online"
    place.write_text(text)
    assert perf.online_cpus(place) == cpus
