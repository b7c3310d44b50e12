"""What each version of the protocol sent is kept in tests/golden, and read by the code of today."""

from pathlib import Path
from typing import Any

import msgpack
import pytest
from helpers_messages import EXAMPLES, GOLDEN_EPOCH, GOLDEN_TIME, golden
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_shared import wire
from connmon_shared.codec import RemoteProtocolError, decode
from connmon_shared.codec.columns import Joined, Shared
from connmon_shared.codec.records import Table
from connmon_shared.codec.schema import BODIES
from connmon_shared.messages import KINDS, PROTOCOL_VERSION, Header

FOLDER = Path(__file__).parents[2] / "golden"
OURS = f"v{PROTOCOL_VERSION}"
FORMER = [f"v{version}" for version in range(1, PROTOCOL_VERSION)]


def frames_of(path: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in path.read_text().split()]


FILES = {path.relative_to(FOLDER): frames_of(path) for path in sorted(FOLDER.glob("v*/*.hex"))}


def test_every_version_and_each_kind_of_ours_has_its_files() -> None:
    assert {path.parent.name for path in FILES} == {OURS, *FORMER}
    assert {path.stem for path in FILES if path.parent.name == OURS} == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_our_version_are_what_is_sent_and_read_today(kind: str) -> None:
    frames = FILES[Path(OURS, f"{kind}.hex")]
    assert golden(kind) == frames
    numbers = (1, 0) if kind in wire.NUMBERED else (0, 0)
    assert frames[0] == f"{OURS}/web1/{kind}".encode()
    header = Header(kind, "web1", GOLDEN_EPOCH, *numbers, GOLDEN_TIME, 0, 2, PROTOCOL_VERSION)
    assert wire.split(frames) == (header, frames[2])
    assert decode(kind, frames[2]) == EXAMPLES[kind]


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name != OURS], ids=str)
def test_frames_of_another_version_are_refused_in_one_sentence(path: Path) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        wire.split(FILES[path])
    spoken = path.parent.name.removeprefix("v")
    assert str(caught.value) == (
        f"protocol version {spoken} spoken, {PROTOCOL_VERSION} understood:"
        " update connmon where it is older"
    )


def longer(value: Any, layout: object) -> Any:  # noqa: ANN401 - what msgpack takes
    """Return `value` with something more at the end of each array that may grow."""
    more = ["later", 7, [None]]
    match layout:
        case dict():
            return [longer(*field) for field in zip(value, layout.values(), strict=True)] + more
        case Table(layouts=layouts):
            return longer(value, layouts) if value else []
        case Shared() | Joined():
            return value + more
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_frames_with_more_at_the_end_of_each_array_are_read_as_far_as_they_are_known(
    kind: str,
) -> None:
    topic, header, body = FILES[Path(OURS, f"{kind}.hex")]
    grown = longer(msgpack.unpackb(body), BODIES[KINDS[kind]].layouts)
    assert decode(kind, msgpack.packb(grown)) == EXAMPLES[kind]
    later = msgpack.packb([*msgpack.unpackb(header), "later"])
    assert wire.split([topic, later, body]) == wire.split([topic, header, body])


@given(st.sampled_from([*FILES]), st.data())
@settings(max_examples=500)
def test_damaged_frames_are_read_as_a_message_or_refused(path: Path, data: st.DataObject) -> None:
    frames = [bytearray(frame) for frame in FILES[path]]
    for _ in range(data.draw(st.integers(1, 4))):
        frame = frames[data.draw(st.integers(1, 2))]
        at = data.draw(st.integers(0, len(frame)))
        frame[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        header, body = wire.split([bytes(frame) for frame in frames])
    except RemoteProtocolError:
        header, body = None, bytes(frames[2])
    for kind in {path.stem, header.kind if header else path.stem}:
        try:
            message = decode(kind, body)
        except RemoteProtocolError:
            continue
        assert isinstance(message, KINDS[kind])
