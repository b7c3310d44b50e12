import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from mmdb_file import mmdb

from connmon_enricher.geo.compiler import Compiler
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.shelf import CompileError
from connmon_enricher.geo.store import TableStore, source_of
from connmon_shared.endpoints import parse

ROWS = 20_000


@pytest.fixture
def compiler(tmp_path: Path) -> Iterator[Compiler]:
    made = Compiler(TableStore(tmp_path / "cache"))
    yield made
    made.stop()


def percents(compiler: Compiler, file: Path) -> list[int]:
    """Compile `file`, and return what was told of how much is done."""
    told: list[int] = []
    table = compiler.compile(Kind.COUNTRY, file, source_of(file), str, told.append)
    assert table.find(parse("1.0.0.9")) == "AU"
    return told


def lines() -> str:
    """Return a range of 16 addresses a line."""
    return "".join(f"{1 << 24 | n << 4},{1 << 24 | n << 4 | 15},AU\n" for n in range(ROWS))


def test_tells_how_much_is_done(compiler: Compiler, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(lines(), "ascii")
    told = percents(compiler, file)
    assert told == sorted(set(told))
    assert told[-2:] == [80, 90]
    assert 10 < len(told) <= 100
    assert all(later - earlier <= 10 for earlier, later in itertools.pairwise(told))


def test_tells_it_of_a_tree_as_well(compiler: Compiler, tmp_path: Path) -> None:
    file = tmp_path / "file.mmdb"
    networks = (f"1.{n >> 4 & 255}.{n << 4 & 255}.0/{24 + (n & 1)}" for n in range(4_000))
    file.write_bytes(mmdb({network: {"country_code": "AU"} for network in networks}))
    told = percents(compiler, file)
    assert told == sorted(set(told))
    assert len(told) > 2


def test_who_stops_it_does_not_wait_for_what_is_told(compiler: Compiler, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(lines(), "ascii")
    with pytest.raises(CompileError):
        compiler.compile(Kind.COUNTRY, file, source_of(file), str, lambda _: compiler.stop())
