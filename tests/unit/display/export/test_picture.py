"""The page and the picture: what is drawn where, and that nothing foreign gets into them."""

import base64
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from helpers import BERLIN, clocks_of
from unit.display.export.session import START, leaking, material, row, ten_seconds, two_hosts

from connmon_display.export import page, picture
from connmon_display.export.markup import element
from connmon_display.export.material import Material
from connmon_display.export.strip import labels, pictured, strip
from connmon_shared import ATTRIBUTION
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Direction, Fact, Keyframe, Lookup
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import Mark

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "\"><script>alert(1)</script>&amp;'\x1b[2J"


class Page(HTMLParser):
    """What is in a page: its elements, and the words of each row."""

    def __init__(self, material: Material) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[str] = []
        self.text = "\n".join(page.lines(material))
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "summary":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += f" {data}"


def svg(material: Material) -> ET.Element:
    return ET.fromstring("\n".join(picture.lines(material)))  # noqa: S314 - our own


def strips(material: Material) -> list[dict[str, str]]:
    """Return the paths of each strip of the picture, after those of the legend."""
    found = [each for each in svg(material).findall(f"{SVG}svg") if each.get("width") != "28"]
    return [
        {path.get("class", ""): path.get("d", "") for path in each.findall(f"{SVG}path")}
        for each in found
    ]


def named(evil: str) -> Material:
    """Return a session in which all names are `evil`."""
    seen = History()
    there = row(1, "8.8.8.8")._replace(process=evil, container=evil)
    seen.keyframe(Keyframe(START, START, START + 1, (there,)))
    known = Fact(parse("8.8.8.8"), "US", 15_169, evil, evil, Lookup.RESOLVED, "dns")
    made = material(seen, features=("country", "asn"))
    (host,) = made.hosts
    return replace(made, facts={known.address: known}, hosts=(replace(host, host=evil),))


def test_what_is_no_markup_yet_is_text_in_an_element_and_in_its_attributes() -> None:
    inner = element("b", EVIL, title=EVIL, lang=None, x=0)
    outer = ET.fromstring(element("p", "<i>", inner, class_="a").replace("\x1b", ""))  # noqa: S314
    (found,) = outer
    assert (outer.text, outer.get("class")) == ("<i>", "a")
    assert found.text == found.get("title") == EVIL.replace("\x1b", "")
    assert found.attrib.keys() == {"title", "x"}


def test_each_mark_has_a_class_a_place_and_a_length() -> None:
    marks = bytes([Mark.EMPTY, Mark.NEW, Mark.ACTIVE, Mark.ACTIVE, Mark.CLOSED, Mark.BLANK])
    drawn = ET.fromstring(strip(marks))  # noqa: S314 - our own
    assert drawn.get("viewBox") == "0 0 6 20"
    assert {path.get("class"): path.get("d") for path in drawn} == {
        "e": "M0 10h1",
        "n": "M1 7h1",
        "a": "M2 10h2",
        "c": "M4 13h1",
        "b": "M5 10h1",
    }


def test_stretches_of_one_mark_are_one_path() -> None:
    drawn = strip(bytes([Mark.ACTIVE, Mark.EMPTY] * 3))
    assert drawn.count("<path") == 2
    assert 'd="M0 10h1M2 10h1M4 10h1"' in drawn


def test_the_strips_are_the_timelines_in_the_finest_unit_that_fits() -> None:
    assert pictured(material(ten_seconds(), 600)).unit == 1
    assert strips(material(ten_seconds(gap=True))) == [
        {"a": "M0 10h50M70 10h30", "b": "M50 10h20"},
        {
            "e": "M0 10h40M71 10h29",
            "n": "M40 7h1",
            "a": "M41 10h9",
            "c": "M70 13h1",
            "b": "M50 10h20",
        },
        {"e": "M0 10h50M70 10h20M92 10h8", "n": "M90 7h1", "c": "M91 13h1", "b": "M50 10h20"},
    ]


@pytest.mark.parametrize("seconds", [1, 59, 61, 3_600, 86_400, 30 * 86_400, 400 * 86_400])
def test_a_picture_is_as_wide_for_a_year_as_for_a_second(seconds: int) -> None:
    seen = History()
    seen.keyframe(Keyframe(START, START, START + seconds, (row(1, "8.8.8.8"),)))
    shown = pictured(material(seen))
    assert shown.columns <= 602
    if seconds > 59:
        assert shown.columns > 200
    told = list(labels(shown))
    assert 1 <= len(told) <= 8
    assert all(0 <= percent < 100 for percent, _ in told)
    assert len({label for _, label in told}) == len(told)


def test_the_axis_tells_round_times() -> None:
    assert list(labels(pictured(material(ten_seconds())))) == [
        *((0.0, "14:13:20"), (20.0, "14:13:22"), (40.0, "14:13:24")),
        *((60.0, "14:13:26"), (80.0, "14:13:28")),
    ]


@pytest.mark.parametrize(("month", "day"), [(10, 24), (3, 28)])
def test_days_begin_at_midnight_also_after_the_clocks_were_changed(month: int, day: int) -> None:
    with clocks_of(BERLIN):
        days = [time.mktime((2026, month, day + n, 0, 0, 0, 0, 0, -1)) for n in range(5)]
        seen = History()
        seen.keyframe(Keyframe(days[0], days[0], days[4], (row(1, "8.8.8.8"),)))
        told = list(labels(pictured(material(seen))))
    assert [label for _, label in told] == [f"{month}-{day + n}".zfill(5) for n in range(4)]
    begins = [100 * (each - days[0]) / (days[4] - days[0]) for each in days[:4]]
    assert [percent for percent, _ in told] == pytest.approx(begins, abs=0.2)


@pytest.mark.parametrize(
    ("made", "hosts"), [(material(ten_seconds()), "web1"), (two_hosts(), "web1, web2")]
)
def test_both_tell_whose_session_it_is_and_when_it_was(made: Material, hosts: str) -> None:
    text = "".join(text.text or "" for text in svg(made).findall(f"{SVG}text"))
    for told in (text, re.sub(r"<.*?>", "", Page(made).text)):
        assert f"connmon {hosts}" in told
        assert "2026-09-21 14:13:20 UTC+0000" in told


@pytest.mark.parametrize("made", [material(ten_seconds()), two_hosts()])
def test_every_row_is_in_both_with_its_figures(made: Material) -> None:
    found = Page(made)
    texts = [text.text or "" for text in svg(made).findall(f"{SVG}text")]
    assert len(found.rows) == len(made.rows) == len(strips(made))
    for line, words in zip(made.rows, found.rows, strict=True):
        assert str(line.track.peer) in words
        assert f"{line.share:.1f} %" in words
        assert any(str(line.track.peer) in text for text in texts)
    if made.several:
        assert "web2" in found.rows[-1]


def test_places_are_told_with_whose_data_they_are() -> None:
    for write in (page.lines, picture.lines):
        assert ATTRIBUTION in "\n".join(write(material(ten_seconds(), features=("asn",))))
        assert ATTRIBUTION not in "\n".join(write(material(ten_seconds())))


def test_a_session_without_rows_is_a_page_and_a_picture_as_well() -> None:
    empty = History()
    empty.keyframe(Keyframe(START, START, START + 1, ()))
    assert "no connections" in Page(material(empty)).text
    assert strips(material(empty)) == []
    drawn = svg(material(empty))
    (told,) = [text for text in drawn.findall(f"{SVG}text") if text.text == "no connections"]
    assert float(told.get("y", "")) < float(drawn.get("height", "")) - 40


def test_no_name_is_more_than_text() -> None:
    made = named(EVIL)
    found = Page(made)
    tags = [tag for tag, _ in found.elements]
    assert tags.count("script") == 1
    assert "alert(1)" in found.rows[0]
    assert "\x1b" not in found.text
    assert not [each for each in svg(made).iter() if each.tag.endswith("script")]


def urls(text: str) -> Iterator[str]:
    yield from re.findall(r"""(?:src|href|action)\s*=|@import|url\(|fetch\(|XMLHttp""", text)


def test_nothing_is_fetched() -> None:
    made = material(ten_seconds(), features=("country",))
    for write in (page.lines, picture.lines):
        assert not list(urls("\n".join(write(made))))


def test_nothing_runs_but_what_the_page_vouches_for() -> None:
    text = Page(material(ten_seconds())).text
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<[^>]+\son\w+=|<[^>]+\sstyle=", text)


def test_what_is_counted_in_thousands_is_written_so_that_one_reads_it() -> None:
    seen = ten_seconds()
    for track in seen.tracks.values():
        track.opened = 123_456
    made = material(seen)
    assert all("123,456×" in words for words in Page(made).rows)
    assert "123,456×" in {text.text for text in svg(made).findall(f"{SVG}text")}


def test_beside_its_strip_a_row_tells_what_it_is_how_it_stands_and_what_it_carried() -> None:
    made = leaking()
    leak, half_open = (" ".join(words.split()) for words in Page(made).rows)
    assert leak.startswith("1.1.1.1 443 https curl CLOSE_WAIT×2 ≥5m 100.0 % 0× ↑ 1.2 kB ↓ 70 kB")
    assert half_open.startswith("8.8.8.8 US · AS15169 Google LLC 443 https curl SYN_SENT ≥5m")
    texts = {text.text: text.attrib for text in svg(made).findall(f"{SVG}text")}
    told = ("1.1.1.1", "443 https", "curl", "CLOSE_WAIT×2 ≥5m", "0×", "↑ 1.2 kB", "↓ 70 kB")
    assert texts.keys() > {*told, "SYN_SENT ≥5m"}
    assert texts["CLOSE_WAIT×2 ≥5m"]["class"] == "WARN"
    assert Page(made).elements[0] == ("html", {"lang": "en"})
    assert Page(material(ten_seconds())).elements[0][1]["class"] == "uncounted"


@pytest.mark.parametrize(
    ("direction", "said", "more"),
    [(Direction.OUT, "→443 https", "→80+1"), (Direction.IN, "←40000", "←40000")],
)
def test_an_arrow_tells_who_began_and_other_ports_are_counted(
    direction: Direction, said: str, more: str
) -> None:
    seen, one = History(), row(1, "8.8.8.8")._replace(direction=direction)
    seen.keyframe(Keyframe(START, START, START + 1, (one,)))
    assert f" {said} curl ACTIVE" in " ".join(Page(material(seen)).rows[0].split())
    seen.keyframe(Keyframe(START, START, START + 1, (one._replace(id=2, remote_port=80), one)))
    assert f" {more} curl ACTIVE" in " ".join(Page(material(seen)).rows[0].split())


def test_words_of_a_row_in_the_picture_never_overlap() -> None:
    leak = row(0, "8.8.8.8")._replace(process="systemd-resolved", state=State.CLOSE_WAIT)
    leaks = [leak._replace(id=n, remote_port=1_000 * n, direction=1) for n in range(1, 15)]
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 90_000, tuple(leaks)))
    contact, process, state = [
        text.attrib | {"said": text.text or ""}
        for text in svg(material(seen)).findall(f"{SVG}text")
        if text.get("y") == str(104 + 31)
    ][:3]
    width = 7.23  # pixels of a character, at most
    assert len(contact["said"]) * width < int(process["x"]) - int(contact["x"])
    begin = int(process["x"]) + len(process["said"]) * width
    assert begin < int(state["x"]) - len(state["said"]) * width
    assert (process["said"], state["said"]) == ("system…", "CLOSE_WAIT×14 ≥1d01h")


def test_who_listens_is_told_beside_the_port() -> None:
    seen = History()
    server = Connection(9, Protocol.TCP, State.LISTEN, b"", 22, b"", 0, 7, "sshd")
    seen.keyframe(Keyframe(START, START, START + 1, (server,)))
    made = material(seen)
    assert "*:22 22 ssh sshd LISTEN" in " ".join(Page(made).rows[0].split())
    assert "sshd" in [text.text for text in svg(made).findall(f"{SVG}text")]
    assert strips(made) == [{"l": "M0 10h10"}]


def test_every_colour_is_known_to_viewers_that_know_no_variables() -> None:
    text = "\n".join(picture.lines(material(ten_seconds())))
    used = re.findall(r"[\w-]+: var\(--\w+\)", text)
    assert len(used) >= 10
    for declared in used:
        name = declared.partition(":")[0]
        assert re.search(rf"{name}: #\w+; {re.escape(declared)}", text), declared


def test_what_may_be_cut_in_a_row_of_the_page_is_whole_below_it() -> None:
    two = two_hosts()
    known = Fact(parse("8.8.8.8"), "US", 15_169, "", "name." * 30, Lookup.RESOLVED, "dns")
    text = Page(replace(two, facts={known.address: known})).text
    assert text.count(f"<dt>name</dt><dd>{'name.' * 30}</dd>") == 2
    assert text.count("<dt>host</dt><dd>web2</dd>") == 1
    assert "<dt>host</dt>" not in Page(material(ten_seconds())).text


def test_a_long_name_ends_before_the_strip() -> None:
    two = two_hosts()
    hosts = tuple(replace(host, host=host.host * 20) for host in two.hosts)
    texts = [text.text or "" for text in svg(replace(two, hosts=hosts)).findall(f"{SVG}text")]
    rows = [text for text in texts if text.startswith(("web1web1", "web2web2"))]
    assert {len(text) for text in rows} == {44}
    assert [text.partition("…")[2] for text in rows] == [
        *("  8.8.8.8", "  1.1.1.1", "  2606:4700::1111", "  8.8.8.8"),
    ]
