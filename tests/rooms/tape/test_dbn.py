"""Databento files, encoded here by Databento's own library."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from bot.domain.market import ABSENT, BUY, PRINT, QUOTE, SELL, SIDE_NONE, SIDE_TRUE, UNKNOWN
from bot.errors import DataDamaged, PaperpitError, UsageError
from tests.rooms.tape.builders import START, imported

dbn = pytest.importorskip("databento_dbn", reason="databento-dbn is not installed (paperpit[dbn])")

E9 = 1_000_000_000
ID = {"ESH4": 17, "ESM4": 18, "NQH4": 19}


def trade(at: int, points: float, size: int, side: str, symbol: str = "ESH4", day: int = 0) -> Any:
    stamp = START + at
    return dbn.TradeMsg(
        1, ID[symbol], stamp, int(points * E9), size, dbn.Action.TRADE, getattr(dbn.Side, side), 0, stamp + day
    )


def booked(
    at: int,
    action: str,
    bid: float | None,
    ask: float | None,
    *,
    size: int = 1,
    side: str = "NONE",
    flags: int = 128,
    price: float = 0,
) -> Any:
    undefined = dbn.UNDEF_PRICE
    level = dbn.BidAskPair(
        undefined if bid is None else int(bid * E9), undefined if ask is None else int(ask * E9), 7, 9
    )
    stamp = START + at
    kind, by = getattr(dbn.Action, action), getattr(dbn.Side, side)
    return dbn.MBP1Msg(1, 17, stamp, int(price * E9), size, kind, by, 0, stamp, flags=flags, levels=level)


def encoded(
    path: Path,
    schema: str,
    records: Sequence[Any],
    symbols: Sequence[str] = ("ESH4",),
    *,
    zstd: bool = False,
    kind: str = "RAW_SYMBOL",
    until: date = date(2030, 1, 1),
) -> Path:
    def mapping(symbol: str) -> SimpleNamespace:
        interval = SimpleNamespace(start_date=date(2020, 1, 1), end_date=until, symbol=str(ID.get(symbol, 17)))
        return SimpleNamespace(raw_symbol=symbol, intervals=[interval])

    metadata = dbn.Metadata(
        "GLBX.MDP3",
        START,
        getattr(dbn.SType, kind),
        dbn.SType.INSTRUMENT_ID,
        getattr(dbn.Schema, schema),
        list(symbols),
        mappings=[mapping(symbol) for symbol in symbols],
    )
    content = metadata.encode() + b"".join(bytes(record) for record in records)
    if zstd:
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(content)
    else:
        path.write_bytes(content)
    return path


def refused(path: Path, **wishes: Any) -> PaperpitError:
    with pytest.raises(PaperpitError) as refusal:
        imported(path, **wishes)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return refusal.value


@pytest.mark.parametrize("zstd", [False, True])
def test_trades(tmp_path: Path, zstd: bool) -> None:
    records = [trade(0, 4800.25, 5, "BID"), trade(1, 4800.0, 2, "ASK"), trade(2, 4800.25, 44, "NONE")]
    done, rows = imported(encoded(tmp_path / "s.dbn", "TRADES", records, zstd=zstd))
    assert (done.facts.contract, done.facts.prints, done.facts.resolution_ns) == ("ESH2024", 3, 1)
    assert rows["ts"].tolist() == [START, START + 1, START + 2]
    assert rows["price"].tolist() == [19201, 19200, 19201]
    assert rows["side"].tolist() == [BUY, SELL, UNKNOWN]
    assert (rows["side_method"] == SIDE_TRUE).all()
    assert (rows["bid"] == ABSENT).all()


def test_mbp_1_gives_prints_with_the_book_before_and_whole_quotes(tmp_path: Path) -> None:
    records = [
        booked(0, "ADD", None, 4800.5),
        booked(1, "ADD", 4800.25, 4800.5),
        booked(2, "TRADE", 4800.25, 4800.5, size=3, side="BID", flags=0, price=4800.5),
        booked(2, "CANCEL", 4800.25, 4800.75, flags=0),
        booked(2, "MODIFY", 4800.5, 4800.75),
    ]
    done, rows = imported(encoded(tmp_path / "s.dbn", "MBP_1", records))
    assert rows["kind"].tolist() == [QUOTE, QUOTE, PRINT, QUOTE]
    assert rows["bid"].tolist() == [ABSENT, 19201, 19201, 19202]
    assert rows["ask"].tolist() == [19202, 19202, 19202, 19203]
    assert rows["bid_size"].tolist() == [0, 7, 7, 7]
    assert rows["price"].tolist() == [ABSENT, ABSENT, 19202, ABSENT]
    assert rows["side_method"].tolist() == [SIDE_NONE, SIDE_NONE, SIDE_TRUE, SIDE_NONE]
    assert done.facts.side_known


def test_tbbo_gives_prints_with_their_quotes(tmp_path: Path) -> None:
    records = [booked(0, "TRADE", 4800.25, 4800.5, size=3, side="ASK", flags=0, price=4800.25)]
    _, rows = imported(encoded(tmp_path / "s.dbn", "TBBO", records))
    assert (rows["kind"][0], rows["side"][0], rows["size"][0]) == (PRINT, SELL, 3)
    assert (rows["bid"][0], rows["ask"][0], rows["ask_size"][0]) == (19201, 19202, 9)


def test_a_snapshot_that_says_nothing_new_is_left_out(tmp_path: Path) -> None:
    records = [
        booked(0, "ADD", 4800.25, 4800.5),
        booked(1, "ADD", 4800.25, 4800.5, flags=168),
        booked(2, "ADD", 4800.25, 4800.75, flags=168),
        booked(3, "ADD", 4800.25, 4800.75),
    ]
    _, rows = imported(encoded(tmp_path / "s.dbn", "MBP_1", records))
    assert (rows["ts"] - START).tolist() == [0, 2, 3]


def test_a_price_of_a_thousandth_is_exact(tmp_path: Path) -> None:
    records = [trade(0, 4800.25, 1, "BID"), trade(1, 4800.3, 1, "BID")]
    _, rows = imported(encoded(tmp_path / "s.dbn", "TRADES", records))
    assert rows["flags"].tolist() == [0, 3]


def test_one_of_several_symbols_must_be_named(tmp_path: Path) -> None:
    records = [trade(0, 4800, 1, "BID"), trade(1, 4900, 2, "BID", "ESM4"), trade(2, 17000, 3, "BID", "NQH4")]
    path = encoded(tmp_path / "s.dbn", "TRADES", records, ("ESH4", "ESM4", "NQH4"))
    error = refused(path)
    assert isinstance(error, UsageError)
    assert "ESH4, ESM4, NQH4" in str(error)
    assert "ESH4, ESM4" in str(refused(path, instrument="ES"))
    done, rows = imported(path, instrument="NQ")
    assert (done.facts.contract, rows["size"].tolist()) == ("NQH2024", [3])
    done, rows = imported(path, instrument="ESM4")
    assert (done.facts.contract, rows["size"].tolist()) == ("ESM2024", [2])


def test_an_instrument_id_means_its_symbol_only_for_its_days(tmp_path: Path) -> None:
    later = 3 * 86_400 * E9
    records = [trade(0, 4800, 1, "BID"), trade(1, 4900, 2, "BID", day=later)]
    _, rows = imported(encoded(tmp_path / "s.dbn", "TRADES", records, until=date(2023, 11, 16)))
    assert rows["size"].tolist() == [1]


def test_a_continuous_symbol_needs_the_contract(tmp_path: Path) -> None:
    path = encoded(tmp_path / "s.dbn", "TRADES", [trade(0, 4800, 1, "BID")], ("ES.c.0",), kind="CONTINUOUS")
    assert "--instrument" in str(refused(path))
    assert imported(path, instrument="ESH4")[0].facts.contract == "ESH2024"


def test_bars_are_refused_by_name(tmp_path: Path) -> None:
    error = refused(encoded(tmp_path / "s.dbn", "OHLCV_1M", []))
    assert isinstance(error, DataDamaged)
    assert "bars, not ticks" in str(error)


@pytest.mark.parametrize("schema", ["MBO", "MBP_10", "DEFINITION"])
def test_other_schemas_are_refused_by_name(tmp_path: Path, schema: str) -> None:
    error = refused(encoded(tmp_path / "s.dbn", schema, []))
    assert isinstance(error, DataDamaged)
    assert "trades, mbp-1, tbbo" in str(error)


def test_broken_files_are_refused(tmp_path: Path) -> None:
    records = [trade(i, 4800, 1, "BID") for i in range(5000)]
    path = encoded(tmp_path / "s.dbn", "TRADES", records)
    path.write_bytes(path.read_bytes()[:-5])
    assert "truncated within a record" in str(refused(path))
    path.write_bytes(path.read_bytes()[:40])
    assert "metadata" in str(refused(path))
    encoded(path, "TRADES", records, zstd=True)
    path.write_bytes(path.read_bytes()[:-50])
    assert "truncated or damaged" in str(refused(path))
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(b"nothing of Databento's")
    assert "no Databento file" in str(refused(path))
    encoded(path, "TRADES", [])
    assert "no ticks" in str(refused(path))
    encoded(path, "TRADES", [trade(0, 4800, 1, "BID"), booked(1, "ADD", 1, 2)])
    assert "several kinds" in str(refused(path))


def test_without_the_package_the_way_to_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encoded(tmp_path / "s.dbn", "TRADES", [trade(0, 4800, 1, "BID")])
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    assert "paperpit[dbn]" in str(refused(path))
