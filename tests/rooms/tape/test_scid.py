"""Sierra Chart's intraday files, written here to the documented layout."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.market import ABSENT, BUY, SELL, SIDE_NONE, SIDE_TRUE, UNKNOWN
from bot.errors import DataDamaged, PaperpitError
from bot.tape.importers.scid import EPOCH_US, FIRST_PART, HEADER, LAST_PART, RECORD
from tests.rooms.tape.builders import START, imported

Row = tuple[int, float, float, float, float, int, int, int, int]


def record(at_us: int, price: float, bought: int = 0, sold: int = 0, opens: float = 0.0, **quote: float) -> Row:
    """A tick record: high is the ask, low the bid."""
    time = START // 1000 + at_us - EPOCH_US
    ask, bid = quote.get("ask", 0.0), quote.get("bid", 0.0)
    return time, opens, ask, bid, price, 1, bought + sold, sold, bought


def scid(
    folder: Path, rows: list[Row], head: tuple[Any, ...] = (b"SCID", 56, 40, 1, 0, 0, b""), tail: bytes = b""
) -> Path:
    path = folder / "s.scid"
    path.write_bytes(HEADER.pack(*head) + np.array(rows, RECORD).tobytes() + tail)
    return path


def refused(path: Path, **wishes: Any) -> str:
    with pytest.raises(PaperpitError) as refusal:
        imported(path, **wishes)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return str(refusal.value)


def test_tick_records_become_prints(tmp_path: Path) -> None:
    rows = [
        record(5_000, 4347.75, bought=3, ask=4347.75, bid=4347.5),
        record(5_001, 4347.5, sold=2, ask=4347.75, bid=4347.5),
        record(6_000, 4347.5),
    ]
    done, ticks = imported(scid(tmp_path, rows), instrument="ESZ3")
    assert (done.facts.contract, done.facts.prints, done.facts.resolution_ns) == ("ESZ2023", 3, 1_000_000)
    assert (ticks["ts"] - START).tolist() == [5_000_000, 5_001_000, 6_000_000]
    assert ticks["price"].tolist() == [17391, 17390, 17390]
    assert ticks["size"].tolist() == [3, 2, 0]
    assert ticks["side"].tolist() == [BUY, SELL, UNKNOWN]
    assert ticks["side_method"].tolist() == [SIDE_TRUE, SIDE_TRUE, SIDE_NONE]
    assert ticks["bid"].tolist() == [17390, 17390, ABSENT]
    assert ticks["ask"].tolist() == [17391, 17391, ABSENT]


def test_single_precision_prices_are_rounded_to_the_tick(tmp_path: Path) -> None:
    prices = [64.83, 71.07, -37.63, 0.01]
    _, ticks = imported(scid(tmp_path, [record(i, price, bought=1) for i, price in enumerate(prices)]), instrument="CL")
    assert ticks["price"].tolist() == [6483, 7107, -3763, 1]
    assert not ticks["flags"].any()


def test_parts_of_one_trade_are_put_together(tmp_path: Path) -> None:
    rows = [
        record(0, 4200.0, bought=9),
        record(1, 4200.25, bought=1, opens=FIRST_PART),
        record(2, 4200.25, bought=2),
        record(3, 4200.5, bought=4),
        record(4, 4200.5, bought=8, opens=LAST_PART),
        record(5, 4200.5, bought=16),
        record(6, 4200.5, bought=32),
        record(7, 4200.5, sold=1, opens=FIRST_PART),
        record(8, 4200.5, sold=1, opens=LAST_PART),
        record(9, 4200.5, sold=3, opens=FIRST_PART),
        record(10, 4200.5, sold=3, opens=LAST_PART),
    ]
    _, ticks = imported(scid(tmp_path, rows), instrument="ES")
    assert ticks["size"].tolist() == [9, 3, 12, 16, 32, 2, 6]
    assert ticks["price"].tolist() == [16800, 16801, 16802, 16802, 16802, 16802, 16802]


@pytest.mark.parametrize("before", [131_070, 131_071, 131_072])
def test_a_trade_in_parts_may_lie_across_a_chunks_end(tmp_path: Path, before: int) -> None:
    rows = [record(i, 4200.0, bought=1) for i in range(before)]
    rows += [record(before, 4200.25, bought=5, opens=FIRST_PART), record(before + 1, 4200.25, bought=6)]
    rows += [record(before + 2, 4200.25, bought=7, opens=LAST_PART), record(before + 3, 4200.25, bought=1)]
    _, ticks = imported(scid(tmp_path, rows), instrument="ES")
    assert ticks["size"].tolist()[before:] == [18, 1]


def test_a_first_part_without_a_last_one_loses_nothing(tmp_path: Path) -> None:
    rows = [record(0, 4200.0, bought=1, opens=FIRST_PART)] + [record(i, 4200.0 + i % 2, bought=1) for i in range(1, 50)]
    _, ticks = imported(scid(tmp_path, rows), instrument="ES")
    assert ticks["size"].sum() == 50


def test_bars_are_refused_by_name(tmp_path: Path) -> None:
    bar = (START // 1000 - EPOCH_US, 4200.0, 4201.0, 4199.0, 4200.5, 10, 100, 50, 50)
    assert "bars, not ticks" in refused(scid(tmp_path, [bar]), instrument="ES")


def test_a_price_multiplier_is_asked_for(tmp_path: Path) -> None:
    path = scid(tmp_path, [record(i, 434775.0 + 25 * i, bought=1) for i in range(20)])
    assert "434775.00 look 100 times too large" in refused(path, instrument="ES")
    _, ticks = imported(path, instrument="ES", scale=Decimal("0.01"))
    assert ticks["price"][:2].tolist() == [17391, 17392]
    _, ticks = imported(path, instrument="ES", scale=Decimal(1))
    assert ticks["price"][0] == 1739100


def test_broken_files_are_refused(tmp_path: Path) -> None:
    rows = [record(0, 4200.0, bought=1)]
    assert "truncated within record 1" in refused(scid(tmp_path, rows, tail=b"torn"), instrument="ES")
    assert "version 7" in refused(scid(tmp_path, rows, head=(b"SCID", 56, 40, 7, 0, 0, b"")), instrument="ES")
    assert "no ticks" in refused(scid(tmp_path, []), instrument="ES")
    (tmp_path / "s.scid").write_bytes(b"SCID" + bytes(10))
    with pytest.raises(DataDamaged, match="within its header"):
        imported(tmp_path / "s.scid", instrument="ES")
