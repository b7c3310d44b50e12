"""What is saved as a page and as a picture, in a browser: headless Chromium."""

import io
import random
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import BERLIN, clocks_of
from PIL import Image
from unit.display.export.session import START, material, row, two_hosts

from connmon_display.export.formats import writer
from connmon_display.export.material import Material
from connmon_display.export.writing import write_lines
from connmon_shared.messages import Delta, Keyframe
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import State

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell") or ""
NEW, OPEN, CLOSED, BLANK = (
    (0x11, 0x80, 0x3C),
    (0x25, 0x63, 0xEB),
    (0xC8, 0x1E, 0x3A),
    (0xDD, 0xE1, 0xE6),
)
MANY = 5_000

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")


def browse(file: Path, *options: str) -> bytes:
    """Return what Chromium writes to standard output when it opens `file`, with no network."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={file.parent}/profile"]
    done = subprocess.run(
        [*command, *options, file.as_uri()], capture_output=True, timeout=50, check=True
    )
    return done.stdout


def pixels(file: Path) -> dict[tuple[int, int, int], int]:
    """Return how many pixels of each colour there are."""
    shot = file.with_suffix(".png")
    browse(file, f"--screenshot={shot}", "--window-size=1400,900")
    image = Image.open(io.BytesIO(shot.read_bytes())).convert("RGB")
    return {color: count for count, color in image.getcolors(1 << 20) or []}  # type: ignore[misc]


def saved(folder: Path, made: Material, form: str) -> Path:
    path = folder / f"session.{form}"
    write_lines(path, writer(form).lines(made))
    return path


def session(addresses: int) -> Material:
    """Return ten minutes in which `addresses` come and go; two of them were not observed."""
    dice = random.Random(7)  # noqa: S311 - no secret
    rows = [row(number, f"10.{number >> 8}.{number & 255}.1") for number in range(addresses)]
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, tuple(rows[: addresses // 4])))
    for second in [*range(1, 240), *range(360, 600)]:
        come = tuple(dice.sample(rows, max(1, addresses // 200)))
        gone = tuple(known.id for known in dice.sample(rows, max(1, addresses // 200)))
        at = START + second
        seen.delta(Delta(at, at, at + 1, come, gone))
    return material(seen)


@pytest.mark.parametrize("form", ["html", "svg"])
def test_all_that_happened_is_to_be_seen(tmp_path: Path, form: str) -> None:
    found = pixels(saved(tmp_path, session(60), form))
    assert found[OPEN] > 10_000
    assert found[BLANK] > 10_000
    assert found[NEW] > 100
    assert found[CLOSED] > 100


def test_the_script_runs_and_counts_thousands_of_rows(tmp_path: Path) -> None:
    made = session(MANY)
    dom = browse(saved(tmp_path, made, "html"), "--dump-dom").decode()
    assert f">{len(made.rows)} of {len(made.rows)}</output>" in dom
    assert len(made.rows) > MANY * 0.9
    assert 'id="tools" hidden' not in dom


#: Whether the words in the empty field of the filter have room, with a count of many rows.
_HINT = """<script>
document.body.style.width = "WIDTHpx";
document.getElementById("count").textContent = "100000 of 100000";
const field = document.getElementById("filter"), style = getComputedStyle(field);
const pen = document.createElement("canvas").getContext("2d");
pen.font = style.font;
const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
document.title = `${Math.ceil(pen.measureText(field.placeholder).width)} <= ${Math.floor(room)}`;
</script>"""


def with_script(file: Path, script: str) -> Path:
    """Let a page run `script` as well, which its policy would not allow."""
    text = re.sub(r"<meta http-equiv[^>]*>", "", file.read_text("utf-8"))
    file.write_text(text.replace("</html>", f"{script}</html>"), "utf-8")
    return file


@pytest.mark.parametrize("width", [390, 500, 1_010, 1_200, 1_900])
def test_the_hint_of_the_filter_is_never_cut(tmp_path: Path, width: int) -> None:
    script = _HINT.replace("WIDTH", str(width))  # no window is less than 500 wide
    file = with_script(saved(tmp_path, session(5), "html"), script)
    dom = browse(file, "--dump-dom", f"--window-size={width},700").decode()
    (found,) = re.findall(r"<title>(\d+) &lt;= (\d+)</title>", dom)
    needed, room = map(int, found)
    assert 100 < needed <= room


#: Whether the address in the first row is to be seen whole.
_ADDRESS = """<script>
document.body.style.width = "WIDTHpx";
const room = document.querySelector(".w").getBoundingClientRect();
const shown = document.querySelector(".w b").getBoundingClientRect();
document.title = `${Math.ceil(shown.right)} <= ${Math.floor(room.right)}`;
</script>"""


@pytest.mark.parametrize("width", [390, 1_010, 1_200])
def test_no_name_of_a_host_pushes_an_address_out(tmp_path: Path, width: int) -> None:
    hosts = tuple(replace(host, host="long-name-" * 8) for host in two_hosts().hosts)
    script = _ADDRESS.replace("WIDTH", str(width))
    file = saved(tmp_path, replace(two_hosts(), hosts=hosts), "html")
    dom = browse(with_script(file, script), "--dump-dom", f"--window-size={width},700").decode()
    (found,) = re.findall(r"<title>(\d+) &lt;= (\d+)</title>", dom)
    right, room = map(int, found)
    assert 0 < right <= room


#: Whether a name that has room beside its address is to be seen whole, whatever its network is.
_NAME = """<script>
const words = document.querySelector(".w"), name = words.querySelector("b + i");
name.textContent = "archive.example.com";
words.querySelector("u").textContent = "GB · AS64496 A Network With a Long Name, Limited";
document.title = `${name.scrollWidth} <= ${name.clientWidth}`;
</script>"""


def test_a_network_gives_way_to_a_name(tmp_path: Path) -> None:
    file = with_script(saved(tmp_path, session(5), "html"), _NAME)
    dom = browse(file, "--dump-dom", "--window-size=1280,700").decode()
    (found,) = re.findall(r"<title>(\d+) &lt;= (\d+)</title>", dom)
    needed, room = map(int, found)
    assert 0 < needed <= room


#: What a user does: type a filter, choose an order, point at the middle of the axis.
_USER = """<script>
const enter = (id, value, event) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event(event));
};
enter("filter", "10.0.1 !10.0.12.", "input");
enter("order", "most active", "change");
const box = document.getElementById("axis").getBoundingClientRect();
const there = { clientX: box.left + box.width / 2, clientY: box.top };
document.dispatchEvent(new PointerEvent("pointermove", there));
</script>"""


def test_rows_are_filtered_and_sorted_and_the_time_is_told(tmp_path: Path) -> None:
    made = session(60)
    dom = browse(with_script(saved(tmp_path, made, "html"), _USER), "--dump-dom").decode()
    rows = re.findall(
        r'<details class="r" data-active="([\d.]+)" [^>]*?(hidden="")?><.*?<b>(.*?)<', dom
    )
    shown = {address for _, hidden, address in rows if not hidden}
    names = {str(row.track.peer) for row in made.rows}
    assert shown == {name for name in names if "10.0.1" in name and "10.0.12." not in name}
    assert 0 < len(shown) < len(rows) == len(names)
    active = [float(seconds) for seconds, *_ in rows]
    assert active == sorted(active, reverse=True)
    assert re.search(r'<text id="time"[^>]*>2026-09-\d\d \d\d:\d8:2\d<', dom)  # 5 min after 13:20


#: The time under the pointer at three places of the axis.
_POINTS = """<script>
const box = document.getElementById("axis").getBoundingClientRect();
document.title = [0.25, 0.75].map((part) => {
  const there = { clientX: box.left + part * box.width, clientY: box.top };
  document.dispatchEvent(new PointerEvent("pointermove", there));
  return document.getElementById("time").textContent;
}).join(", ");
</script>"""


def test_the_pointer_tells_what_clocks_showed_also_after_they_were_changed(
    tmp_path: Path,
) -> None:
    begin = 1_792_879_200.0  # 2026-10-25 00:00 in Berlin, three hours before the change
    seen = History()
    seen.keyframe(Keyframe(begin, begin, begin + 8 * 3_600, (row(1, "8.8.8.8"),)))
    with clocks_of(BERLIN):
        file = saved(tmp_path, material(seen), "html")
    dom = browse(with_script(file, _POINTS), "--dump-dom").decode()
    (found,) = re.findall(r"<title>(.*?)</title>", dom)
    assert found == "2026-10-25 02:00:00, 2026-10-25 05:00:00"
    assert re.search(r">05:00</text>", dom)


_BY = """<script>
document.getElementById("order").value = "ORDER";
document.getElementById("order").dispatchEvent(new Event("change"));
</script>"""


@pytest.mark.parametrize("order", ["most active", "most opened", "address"])
def test_rows_that_are_alike_in_an_order_are_in_that_of_addresses(
    tmp_path: Path, order: str
) -> None:
    seen, expected = History(), ["10.0.0.9", "10.0.0.10", "192.0.2.1", "fd00::9", "fd00::10"]
    early = row(1, "fd00::9"), row(2, "192.0.2.1")
    server = row(9, "10.0.0.1")._replace(state=State.LISTEN, remote=b"", remote_port=0)
    seen.keyframe(Keyframe(START, START, START + 1, (*early, server)))
    seen.keyframe(Keyframe(START + 1, START + 5, START + 6, (*early, server)))
    later = (row(number, address) for number, address in enumerate(reversed(expected), start=10))
    seen.delta(Delta(START + 7, START + 6, START + 9, tuple(later), (1, 2)))
    file = with_script(saved(tmp_path, material(seen), "html"), _BY.replace("ORDER", order))
    shown = re.findall(r"<b>([^<]*)</b>", browse(file, "--dump-dom").decode())[1:]
    if order == "most active":
        expected = ["192.0.2.1", "fd00::9", "10.0.0.9", "10.0.0.10", "fd00::10"]
    assert shown == [*expected, "10.0.0.2:40000"]
