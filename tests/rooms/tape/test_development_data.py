"""Real recordings, where they are at hand: counts, quirks, and the same tape from raw file and converted one."""

import os
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bot.domain.market import OFF_GRID, PRINT, QUARANTINED, SIDE_DERIVED, SIDE_TRUE, UNKNOWN, Ticks
from bot.errors import DataDamaged, UsageError
from bot.resources import checkout
from bot.tape import TapeFacts, open_tape
from bot.tape.check import Problem, check_tape
from bot.tape.export import export_tape
from bot.tape.importers import Wishes, import_source, open_source
from tests.rooms.tape.builders import KNOWN, rows_of

DATA = Path(os.environ.get("PAPERPIT_SHARED_DATA") or (checkout() or Path()) / ".." / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not (DATA / "README.md").is_file(), reason="no recordings beside the checkout (PAPERPIT_SHARED_DATA names them)"
)

COUNTS = {
    "ESH4_2023-12-25": ("ESH2024", 2_973, 25_439, True),
    "ESU4_2024-07-01": ("ESU2024", 120, 2_167, True),
    "ESH2_2022-01-24": ("ESH2022", 2_026, 601, True),
    "NQZ5_2025-11-27": ("NQZ2025", 43_719, 0, False),
    "GCZ3_2013-10-07": ("GCZ2013", 39_610, 0, False),
    "AAPL_2012-06-21": ("AAPL", 34_990, 107_165, True),
    "SPY_2013-10-07": ("SPY", 250_601, 26_173, False),
    "SPY_2013-10-08": ("SPY", 451_545, 28_832, False),
    "IBM_2013-10-07": ("IBM", 24_293, 46_491, False),
    "BAC_2013-10-08": ("BAC", 125_872, 287_499, False),
}


@dataclass(frozen=True)
class Tape:
    path: Path
    facts: TapeFacts
    rows: Ticks
    problems: dict[str, Problem]


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tape]:
    folder = tmp_path_factory.mktemp("recordings")
    return {name: imported(DATA / f"{name}.parquet", folder / f"{name}.parquet") for name in COUNTS}


def imported(source: Path, out: Path, **wishes: object) -> Tape:
    wished = Wishes(**wishes)  # type: ignore[arg-type]
    facts = import_source(open_source(source, wished), out, wished, KNOWN.get).facts
    with open_tape(out) as reader:
        problems = {problem.kind: problem for problem in check_tape(reader)}
    return Tape(out, facts, rows_of(out), problems)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_recording(tapes: dict[str, Tape], name: str) -> None:
    facts = tapes[name].facts
    assert (facts.contract, facts.prints, facts.quotes, facts.side_known) == COUNTS[name]
    assert facts.rows == facts.prints + facts.quotes


@pytest.mark.parametrize("name", COUNTS)
def test_no_recording_has_errors(tapes: dict[str, Tape], name: str) -> None:
    assert {problem.kind for problem in tapes[name].problems.values() if problem.severity == "error"} == set()


@pytest.mark.parametrize("name", COUNTS)
def test_an_export_is_the_recording_again(tapes: dict[str, Tape], tmp_path: Path, name: str) -> None:
    with open_tape(tapes[name].path) as reader:
        export_tape(reader, tmp_path / "e.parquet")
    assert imported(tmp_path / "e.parquet", tmp_path / "again.parquet").facts == tapes[name].facts


def test_quirks(tapes: dict[str, Tape]) -> None:
    night = tapes["ESH4_2023-12-25"]
    assert night.problems["crossed"].count == 15
    auction = night.rows[night.rows["kind"] == PRINT][0]
    assert (auction["size"], auction["side"], auction["side_method"]) == (44, UNKNOWN, SIDE_TRUE)
    apple = tapes["AAPL_2012-06-21"]
    between = (apple.rows["flags"] & OFF_GRID) > 0
    assert between.sum() == apple.problems["off_grid"].count == 372
    assert not (apple.rows["flags"] & QUARANTINED).any()
    nasdaq = tapes["NQZ5_2025-11-27"]
    assert (nasdaq.rows["side_method"] == SIDE_DERIVED).all()
    assert 0.27 < nasdaq.problems["outside_quote"].count / nasdaq.facts.prints < 0.275
    assert tapes["ESH2_2022-01-24"].facts.resolution_ns == 1_000_000
    assert tapes["SPY_2013-10-07"].rows["size"].max() == 3_166_418


def test_raw_files_give_the_rows_of_the_converted_ones(tapes: dict[str, Tape], tmp_path: Path) -> None:
    raw = DATA / "raw"
    pytest.importorskip("databento_dbn")
    mbp = imported(raw / "ESU4_2024-07-01.mbp-1.dbn.zst", tmp_path / "1.parquet")
    assert mbp.facts.hash == tapes["ESU4_2024-07-01"].facts.hash
    trades = imported(raw / "ESU4_2024-07-01.trades.dbn.zst", tmp_path / "2.parquet")
    assert trades.facts.prints == 120
    sierra = imported(
        raw / "ESH2_2022-01-24_sierra_export_300.txt", tmp_path / "3.parquet", instrument="ESH2", zone=ZoneInfo("UTC")
    )
    prints = tapes["ESH2_2022-01-24"].rows
    prints = prints[prints["kind"] == PRINT]
    assert (sierra.rows == prints[:300]).all()
    sales = imported(
        raw / "NQZ5_2025-11-27_timesales_2000.csv",
        tmp_path / "4.parquet",
        instrument="NQZ5",
        zone=ZoneInfo("Europe/Madrid"),
        decimal=",",
    )
    assert (sales.rows == tapes["NQZ5_2025-11-27"].rows[:2000]).all()
    scid = imported(raw / "ESH2_2022-01-24_500.scid", tmp_path / "5.parquet", instrument="ESH2")
    for name in ("ts", "price", "size", "side", "bid", "ask"):
        assert np.array_equal(scid.rows[name], prints[name][:500])


@pytest.mark.parametrize("pattern", ["*_1m.parquet", "raw/*ohlcv*"])
def test_bars_are_refused_by_name(tmp_path: Path, pattern: str) -> None:
    for source in DATA.glob(pattern):
        with pytest.raises(DataDamaged, match="bars, not ticks"):
            imported(source, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pattern", ["raw/*.mbo.*", "raw/*definition*", "raw/*.zip", "raw/*lobster*", "raw/*.csv", "raw/*.txt"]
)
def test_what_cannot_be_read_alone_is_refused_clearly(tmp_path: Path, pattern: str) -> None:
    for source in DATA.glob(pattern):
        with pytest.raises((DataDamaged, UsageError)):
            imported(source, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []
