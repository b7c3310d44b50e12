"""The page for other programs and the code say the same: a reader made from the page alone."""

import re
import struct
import zlib
from pathlib import Path

from unit.display.recording.studio import START, Studio
from unit.display.sender import SendingEnricher, SendingHost, row

from connmon_display.recording import blocks, recorder, writing

PAGE = (Path(__file__).parents[4] / "docs" / "recording.md").read_text("utf-8")
_TYPES = {"4 bytes": "4s", "u8": "B", "u32": "I", "f64": "d", "3 × u32": "3I"}


def layout(section: str) -> struct.Struct:
    """Return the layout that the first table of a section tells."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    fields = re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", text, re.MULTILINE)
    return struct.Struct("<" + "".join(_TYPES[kind] for _, kind in fields))


def test_a_reader_that_knows_only_the_page_reads_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with Studio(path, SendingEnricher(), SendingHost(row(1), at=START)) as studio:
        studio.join()
        studio.wait(601)
    first_line = re.search(r"^connmon recording .*\n", PAGE, re.MULTILINE)
    assert first_line is not None
    data = path.read_bytes()
    assert data.startswith(first_line[0].encode())
    marker = bytes.fromhex(re.findall(r"`((?:[0-9a-f]{2} ){3}[0-9a-f]{2})`", PAGE)[0])
    place, header, message = len(first_line[0]), layout("Block"), layout("Message")
    kinds, topics = [], set()
    while place < len(data):
        found, check, kind, _first, _last, size, length, body_check = header.unpack_from(
            data, place
        )
        assert found == marker
        assert check == zlib.crc32(data[place + 8 : place + header.size])
        body = data[place + header.size : place + header.size + size]
        assert body_check == zlib.crc32(body)
        messages = zlib.decompress(body)
        assert len(messages) == length
        place += header.size + size
        kinds.append(kind)
        at = 0
        while at < length:
            _time, channel, *lengths = message.unpack_from(messages, at)
            topics.add((channel, messages[at + message.size :][: lengths[0]].decode()))
            at += message.size + sum(lengths)
    assert kinds == [1, 2, 0]
    assert {(0, "v2/host/delta"), (1, "v2/host/session"), (1, "v2//status")} <= topics


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"**Format version {blocks.FORMAT_VERSION}.**" in PAGE
    assert f"at most {blocks.MAX_LENGTH:,}" in PAGE
    kinds = re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)
    assert [int(kind) for kind in kinds] == [*blocks.Kind]
    assert f"{writing.BLOCK_SECONDS:g} s after its first message" in PAGE
    assert recorder.STATE_SECONDS == 600, "every ten minutes"
