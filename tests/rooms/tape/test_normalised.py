"""The normalised table: types, gaps, sides, prices between ticks, names of contracts; and back again without a loss."""

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.market import (
    ABSENT,
    BUY,
    HALT,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    QUOTE,
    RESUME,
    SELL,
    SIDE_DERIVED,
    SIDE_NONE,
    SIDE_QUOTE,
    SIDE_TRUE,
    STATUS,
    TICK,
    TS_REGRESSED,
    UNKNOWN,
    Ticks,
)
from bot.errors import DataDamaged, PaperpitError, UsageError
from bot.tape import TapeWriter, open_tape
from bot.tape.export import export_tape
from bot.tape.importers import Wishes, import_source, open_source
from bot.tape.naming import full_contract, product_of
from tests.rooms.tape.builders import KNOWN, START, TYPES, a_print, a_quote, imported, rows_of, table

BOOK = {"bid": 4200.25, "ask": 4200.5, "bid_size": 7, "ask_size": 9}
ROWS = [
    a_quote(0, 4200.25, 4200.5),
    a_print(1, 4200.5, 3, "B", **BOOK),
    a_print(1, 4200.25, 2, "S", **BOOK),
    a_print(2, 4200.5, 44, "N"),
    a_quote(3, None, 4200.75),
]


def test_prints_and_quotes_become_ticks(tmp_path: Path) -> None:
    done, rows = imported(table(tmp_path / "s.parquet", ROWS))
    assert (done.facts.instrument, done.facts.contract, done.facts.tick) == ("ES", "ESH2024", Decimal("0.25"))
    assert (done.facts.prints, done.facts.quotes, done.facts.side_known) == (3, 2, True)
    assert rows["kind"].tolist() == [QUOTE, PRINT, PRINT, PRINT, QUOTE]
    assert rows["price"].tolist() == [ABSENT, 16802, 16801, 16802, ABSENT]
    assert rows["side"].tolist() == [0, BUY, SELL, UNKNOWN, 0]
    assert rows["side_method"].tolist() == [SIDE_NONE, SIDE_TRUE, SIDE_TRUE, SIDE_TRUE, SIDE_NONE]
    assert rows["bid"].tolist() == [16801, 16801, 16801, ABSENT, ABSENT]
    assert rows["ask_size"].tolist() == [10, 9, 9, 0, 10]
    assert not rows["flags"].any()


NARROW = TYPES | dict.fromkeys(("price", "bid", "ask"), pa.float32()) | dict.fromkeys(("size", "bid_size"), pa.int32())
WORDS = TYPES | dict.fromkeys(("kind", "side"), pa.dictionary(pa.int8(), pa.string()))
LARGE = TYPES | dict.fromkeys(("kind", "side"), pa.large_string()) | {"ts_event": pa.timestamp("ns", "UTC")}
PANDAS = TYPES | dict.fromkeys(("size", "bid_size", "ask_size"), pa.float64())


@pytest.mark.parametrize("types", [NARROW, WORDS, LARGE, PANDAS], ids=["narrow", "words", "large", "pandas"])
def test_every_width_and_encoding_gives_the_same_tape(tmp_path: Path, types: dict[str, Any]) -> None:
    plain, _ = imported(table(tmp_path / "plain.parquet", ROWS))
    other, _ = imported(table(tmp_path / "other.parquet", ROWS, types))
    assert other.facts.hash == plain.facts.hash


def test_nan_is_as_absent_as_null(tmp_path: Path) -> None:
    rows = [{name: row.get(name, math.nan if TYPES[name] == pa.float64() else None) for name in TYPES} for row in ROWS]
    rows[4]["bid"] = math.nan
    with_nan, _ = imported(table(tmp_path / "nan.parquet", rows))
    assert with_nan.facts.hash == imported(table(tmp_path / "null.parquet", ROWS))[0].facts.hash


def test_prices_of_32_bits_snap_to_the_grid(tmp_path: Path) -> None:
    prices = [64.83, 64.84, 71.07, -37.63]
    source = table(
        tmp_path / "s.parquet",
        [a_print(i, p) for i, p in enumerate(prices)],
        NARROW,
        instrument="CLF4",
        tick_size="0.01",
    )
    _, rows = imported(source)
    assert rows["price"].tolist() == [6483, 6484, 7107, -3763]
    assert not rows["flags"].any()


def test_a_stocks_print_between_ticks_is_kept_with_what_is_above_its_tick(tmp_path: Path) -> None:
    for types in (TYPES, NARROW):
        rows = [a_print(0, 585.005), a_print(1, 585.01), a_print(2, 12.0001)]
        source = table(tmp_path / "s.parquet", rows, types, instrument="AAPL", tick_size="0.01")
        done, ticks = imported(source)
        with open_tape(tmp_path / "s.parquet.tape.parquet") as reader:
            remainder = reader.block(0)[1]
        assert ticks["price"].tolist() == [58500, 58501, 1200]
        assert ticks["flags"].tolist() == [OFF_GRID, 0, OFF_GRID]
        assert remainder.tolist() == [5_000_000, 0, 100_000]
        assert done.facts.rows == 3


def test_a_futures_print_between_ticks_is_quarantined(tmp_path: Path) -> None:
    _, rows = imported(table(tmp_path / "s.parquet", [a_print(0, 4200.3), a_print(1, 4200.25)]))
    assert rows["price"].tolist() == [16801, 16801]
    assert rows["flags"].tolist() == [OFF_GRID | QUARANTINED, 0]


def test_a_product_without_an_entry_is_a_future_by_its_month_code(tmp_path: Path) -> None:
    rows = [a_print(0, 100.3)]
    _, future = imported(table(tmp_path / "f.parquet", rows, instrument="ZNH4", tick_size="0.25"))
    _, stock = imported(table(tmp_path / "s.parquet", rows, instrument="IBM", tick_size="0.25"))
    assert (future["flags"][0], stock["flags"][0]) == (OFF_GRID | QUARANTINED, OFF_GRID)


def test_prints_without_a_price_or_size_are_quarantined(tmp_path: Path) -> None:
    rows = [a_print(0, None), a_print(1, math.nan), a_print(2, 4200, 0), a_print(3, 4200, -5), a_print(4, 4200, None)]
    _, ticks = imported(table(tmp_path / "s.parquet", rows))
    assert (ticks["flags"] == QUARANTINED).all()
    assert ticks["price"].tolist() == [ABSENT, ABSENT, 16800, 16800, 16800]
    assert ticks["size"].tolist() == [1, 1, 0, -5, ABSENT]


def test_what_no_row_can_hold_is_dropped_and_counted(tmp_path: Path) -> None:
    rows = [
        a_print(0, 4200),
        a_print(1, 4200) | {"kind": "X"},
        a_print(2, 4200) | {"ts_event": None},
        a_print(3, 4200, 5_000_000_000),
        a_print(4, 1e12),
        a_print(5, 4200),
    ]
    done, ticks = imported(table(tmp_path / "s.parquet", rows))
    assert len(ticks) == 2
    assert sum(done.losses.dropped.values()) == 4
    assert all(count == 1 for count in (+done.losses.dropped).values())


def test_a_quote_between_ticks_is_widened_and_counted(tmp_path: Path) -> None:
    done, ticks = imported(table(tmp_path / "s.parquet", [a_quote(0, 4200.3, 4200.6)]))
    assert (ticks["bid"][0], ticks["ask"][0]) == (16801, 16803)
    assert ticks["flags"][0] == OFF_GRID | QUARANTINED
    assert done.losses.changed.total() == 1


def test_negative_prices_are_prices(tmp_path: Path) -> None:
    rows = [a_quote(0, -37.64, -37.63), a_print(1, -37.63, 1, "B"), a_print(2, 0.0), a_print(3, -0.01)]
    source = table(tmp_path / "s.parquet", rows, instrument="CLK0", tick_size="0.01")
    _, ticks = imported(source)
    assert ticks["price"].tolist()[1:] == [-3763, 0, -1]
    assert ticks["bid"][0] == -3764


def test_time_that_goes_back_is_kept_as_it_is(tmp_path: Path) -> None:
    _, ticks = imported(table(tmp_path / "s.parquet", [a_print(5, 4200), a_print(1, 4201), a_print(3, 4202)]))
    assert np.diff(ticks["ts"]).tolist() == [-4_000_000_000, 2_000_000_000]


@pytest.mark.parametrize(
    ("true_side", "method", "known"),
    [
        ("true", SIDE_TRUE, True),
        ("derived", SIDE_DERIVED, False),
        ("false", SIDE_DERIVED, False),
        ("", SIDE_TRUE, True),
    ],
)
def test_a_side_remembers_who_said_it(tmp_path: Path, true_side: str, method: int, known: bool) -> None:
    rows = [a_print(0, 4200, 1, "B"), a_print(1, 4200, 1, None)]
    done, ticks = imported(table(tmp_path / "s.parquet", rows, true_side=true_side))
    assert ticks["side_method"].tolist() == [method, SIDE_NONE]
    assert ticks["side"].tolist() == [BUY, UNKNOWN]
    assert done.facts.side_known == known


def test_a_millisecond_clock_with_a_counter_is_known_as_such(tmp_path: Path) -> None:
    rows = [a_print(0.005001, 4200), a_print(0.005002, 4200)]
    assert imported(table(tmp_path / "s.parquet", rows, format="sierra"))[0].facts.resolution_ns == 1_000_000
    assert imported(table(tmp_path / "t.parquet", rows))[0].facts.resolution_ns == 1_000


@pytest.mark.parametrize(
    ("symbol", "first", "contract"),
    [
        ("ESH4", "2023-12-25", "ESH2024"),
        ("ESH4", "2013-12-25", "ESH2014"),
        ("ESZ3", "2013-10-07", "ESZ2013"),
        ("ESZ3", "2013-12-20", "ESZ2013"),
        ("CLF7", "2026-12-10", "CLF2027"),
        ("ESU26", "2026-07-01", "ESU2026"),
        ("ESH2024", "2023-12-25", "ESH2024"),
        ("M2KZ5", "2025-11-27", "M2KZ2025"),
        ("AAPL", "2012-06-21", "AAPL"),
    ],
)
def test_a_contracts_year_comes_from_its_first_stamp(symbol: str, first: str, contract: str) -> None:
    first_ns = int(np.datetime64(first, "ns").astype(np.int64))
    assert full_contract(symbol, first_ns) == contract
    assert product_of(symbol) == (product_of(contract))


@pytest.mark.parametrize("wish", ["ES", "es", "ESH4", "ESH24", "ESH2024"])
def test_product_and_contract_may_be_said_in_any_form(tmp_path: Path, wish: str) -> None:
    done, _ = imported(table(tmp_path / "s.parquet", ROWS), instrument=wish)
    assert (done.facts.instrument, done.facts.contract) == ("ES", "ESH2024")


def refused(source: Path, **wishes: Any) -> PaperpitError:
    with pytest.raises(PaperpitError) as refusal:
        imported(source, **wishes)
    assert not source.with_name(f"{source.name}.tape.parquet").exists()
    return refusal.value


def test_a_wish_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", ROWS)
    assert isinstance(refused(source, instrument="NQ"), UsageError)
    assert isinstance(refused(source, instrument="ESM4"), UsageError)
    assert "steps by 0.25" in str(refused(source, tick=Decimal("0.5")))


def test_what_nobody_said_is_asked_for(tmp_path: Path) -> None:
    source = table(tmp_path / "s.parquet", ROWS, instrument="")
    assert "--instrument" in str(refused(source))
    assert imported(source, instrument="ES")[0].facts.contract == "ES"
    source = table(tmp_path / "t.parquet", ROWS, instrument="IBM", tick_size="")
    assert "--tick-size" in str(refused(source))
    assert imported(source, tick=Decimal("0.25"))[0].facts.tick == Decimal("0.25")


def test_bars_and_tapes_and_other_tables_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({n: [1.0] for n in ("ts_event", "open", "high", "low", "close")}), tmp_path / "b.parquet")
    assert "bars, not ticks" in str(refused(tmp_path / "b.parquet"))
    bars = table(tmp_path / "k.parquet", [a_print(0, 1.0) | {"kind": "B"}])
    assert "bars, not ticks" in str(refused(bars))
    pq.write_table(pa.table({"when": [1], "price": [2]}), tmp_path / "c.parquet")
    error = refused(tmp_path / "c.parquet")
    assert isinstance(error, DataDamaged)
    assert "it has when, price" in str(error)
    imported(table(tmp_path / "s.parquet", ROWS))
    assert "is a tape already" in str(refused(tmp_path / "s.parquet.tape.parquet"))


def test_columns_of_other_names_can_be_mapped(tmp_path: Path) -> None:
    renamed = {("when" if name == "ts_event" else name): type for name, type in TYPES.items()}
    rows = [{("when" if name == "ts_event" else name): value for name, value in row.items()} for row in ROWS]
    done, _ = imported(table(tmp_path / "s.parquet", rows, renamed), maps={"ts_event": "when"})
    assert done.facts.rows == len(ROWS)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" + bytes(5000), bytes(100), b"PK\x03\x04rest", b"\x1f\x8brest"]
)
def test_what_cannot_be_imported_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.bin").write_bytes(content)
    assert isinstance(refused(tmp_path / "s.bin"), DataDamaged)
    assert [path.name for path in tmp_path.iterdir()] == ["s.bin"]


def test_a_table_that_breaks_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "s.parquet"
    table(source, [a_print(i / 10, 4200 + i % 7 / 4) for i in range(50_000)])
    content = bytearray(source.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    source.write_bytes(content)
    assert isinstance(refused(source), DataDamaged)
    assert [path.name for path in tmp_path.iterdir()] == ["s.parquet"]


prices = st.one_of(st.none(), st.integers(-50_000, 900_000).map(lambda units: units / 1000))
sizes = st.one_of(st.none(), st.integers(-2, 2**31 - 1))
events = st.fixed_dictionaries(
    {
        "ts_event": st.integers(START, START + 10**12),
        "kind": st.sampled_from("TTTQ"),
        "price": prices,
        "size": sizes,
        "side": st.sampled_from(["B", "S", "N", None]),
        "bid": st.one_of(st.none(), st.integers(-100, 90_000).map(lambda ticks: ticks / 100)),
        "ask": st.one_of(st.none(), st.integers(-100, 90_000).map(lambda ticks: ticks / 100)),
        "bid_size": sizes,
        "ask_size": sizes,
    }
)


@given(
    rows=st.lists(events, min_size=1, max_size=40),
    symbol=st.sampled_from(["AAPL", "CLF4", "IBM"]),
    origin=st.sampled_from(["true", "derived", "false"]),
)
@settings(max_examples=60, deadline=None)
def test_import_of_an_export_is_the_same_tape(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], symbol: str, origin: str
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    first, ticks = imported(table(folder / "s.parquet", rows, instrument=symbol, tick_size="0.01", true_side=origin))
    with open_tape(folder / "s.parquet.tape.parquet") as reader:
        export_tape(reader, folder / "e.parquet")
    second, again = imported(folder / "e.parquet")
    assert (again == ticks).all()
    assert second.facts == first.facts


def test_an_export_says_what_the_plain_table_cannot(tmp_path: Path) -> None:
    rows: Ticks = np.zeros(5, TICK)
    rows["ts"] = START + np.arange(5)
    rows["kind"] = [PRINT, STATUS, STATUS, PRINT, QUOTE]
    rows["price"] = [5, ABSENT, ABSENT, 6, ABSENT]
    rows["size"] = [1, 0, 0, 2, 0]
    rows["side"] = [BUY, 0, 0, SELL, 0]
    rows["side_method"] = [SIDE_TRUE, 0, 0, SIDE_QUOTE, 0]
    rows["flags"] = [0, HALT, RESUME, TS_REGRESSED, 0]
    rows["bid"], rows["ask"] = ABSENT, ABSENT
    with TapeWriter(
        tmp_path / "t.parquet", instrument="ES", contract="ESH2024", tick=Decimal("0.25"), source="live"
    ) as writer:
        writer.append(rows)
    with open_tape(tmp_path / "t.parquet") as reader:
        export_tape(reader, tmp_path / "e.parquet")
    wishes = Wishes()
    done = import_source(open_source(tmp_path / "e.parquet", wishes), tmp_path / "again.parquet", wishes, KNOWN.get)
    assert (rows_of(tmp_path / "again.parquet") == rows).all()
    assert done.facts == writer.facts
    assert pq.read_table(tmp_path / "e.parquet")["kind"].to_pylist() == ["T", "H", "R", "T", "Q"]


def test_an_export_never_overwrites_its_source(tmp_path: Path) -> None:
    imported(table(tmp_path / "s.parquet", ROWS))
    path = tmp_path / "s.parquet.tape.parquet"
    with open_tape(path) as reader, pytest.raises(UsageError, match="own source"):
        export_tape(reader, path)
