"""Text tables: what can be guessed is, what cannot is asked for; zones, clock changes and decimal commas are right."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.market import ABSENT, BUY, PRINT, QUARANTINED, QUOTE, SELL, SIDE_DERIVED, SIDE_NONE, SIDE_TRUE, UNKNOWN
from bot.errors import DataDamaged, PaperpitError, UsageError
from tests.rooms.tape.builders import START, imported

UTC = ZoneInfo("UTC")
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
SALES = """timestamp;price;volume;lado;bid;ask
2025-11-27 00:00:00.019;25313,0;6;BID;25320,5;25327,5
2025-11-27 00:00:00.020;25313,25;1;ASK;25320,5;25327,5
"""
SIERRA_HEAD = (
    "Date;Time;Sequence;DepthSequence;Price;Volume;TradeType;AskPrice;BidPrice;AskSize;BidSize;TotalAskDepth\n"
)
SIERRA = (
    SIERRA_HEAD
    + "2022-01-24;13:30:00.5000;11;1;4347.75;1;2;4347.75;4347.5;12;34;331\n"
    + "2022-01-24;13:30:00.5001;12;1;4347.5;3;1;4347.75;4347.5;12;34;331\n"
    + "2022-01-24;13:30:00.955007;13;1;4347.5;2;0;0;0;0;0;331\n"
)


def text(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "s.csv"
    path.write_bytes(content.encode(encoding))
    return path


def ns(text: str) -> int:
    at = datetime.fromisoformat(text)
    assert at.tzinfo
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000_000 + at.microsecond * 1000


def refused(path: Path, **wishes: Any) -> str:
    with pytest.raises(PaperpitError) as refusal:
        imported(path, **wishes)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return str(refusal.value)


def test_a_sales_window_with_decimal_commas(tmp_path: Path) -> None:
    done, rows = imported(text(tmp_path, SALES), instrument="NQZ5", zone=MADRID, decimal=",")
    assert (done.facts.contract, done.facts.prints, done.facts.resolution_ns) == ("NQZ2025", 2, 1_000_000)
    assert rows["ts"].tolist() == [ns("2025-11-26T23:00:00.019Z"), ns("2025-11-26T23:00:00.020Z")]
    assert rows["price"].tolist() == [101252, 101253]
    assert rows["side"].tolist() == [SELL, BUY]
    # The recorder compared with its own quote: nobody at the exchange said so.
    assert (rows["side_method"] == SIDE_DERIVED).all()
    assert not done.facts.side_known


def test_what_a_text_does_not_say_is_asked_for_one_by_one(tmp_path: Path) -> None:
    path = text(tmp_path, SALES)
    assert "--decimal ," in refused(path, zone=MADRID)
    assert "--tz ZONE" in refused(path, decimal=",")
    assert "--instrument" in refused(path, decimal=",", zone=MADRID)


def test_sierras_own_export(tmp_path: Path) -> None:
    done, rows = imported(text(tmp_path, SIERRA), instrument="ESH2", zone=UTC)
    assert done.facts.resolution_ns == 1_000_000
    base = ns("2022-01-24T13:30:00Z")
    assert (rows["ts"] - base).tolist() == [5_000_000, 5_001_000, 955_007_000]
    assert rows["side"].tolist() == [BUY, SELL, UNKNOWN]
    assert rows["side_method"].tolist() == [SIDE_TRUE, SIDE_TRUE, SIDE_NONE]
    assert rows["bid"].tolist() == [17390, 17390, ABSENT]
    assert rows["ask_size"].tolist() == [12, 12, 0]


def test_sierras_sequence_is_the_true_order(tmp_path: Path) -> None:
    lines = SIERRA.splitlines(keepends=True)
    shuffled = "".join([lines[0], lines[3], lines[1], lines[2]])
    _, rows = imported(text(tmp_path, shuffled), instrument="ESH2", zone=UTC)
    assert rows["size"].tolist() == [1, 3, 2]


def test_sierras_unpadded_dates(tmp_path: Path) -> None:
    unpadded = SIERRA.replace("2022-01-24;13:30", "2022/1/4;9:30")
    _, rows = imported(text(tmp_path, unpadded), instrument="ESH2", zone=UTC)
    assert rows["ts"][0] == ns("2022-01-04T09:30:00.005Z")


def test_ninjatraders_ticks_without_a_header(tmp_path: Path) -> None:
    lines = "20251127 093000 1234567;4200.50;4200.25;4200.50;3\n20251127 093001 0000000;4200.25;4200.25;4200.50;1\n"
    _, rows = imported(text(tmp_path, lines), instrument="ESZ5", zone=NEW_YORK)
    assert rows["ts"][0] == ns("2025-11-27T14:30:00Z") + 123_456_700
    assert rows["price"].tolist() == [16802, 16801]
    assert rows["bid"].tolist() == [16801, 16801]
    assert rows["size"].tolist() == [3, 1]


@pytest.mark.parametrize(
    "content",
    [
        "20251127 093000;1;2;0;1;50\n20251127 093100;1;2;0;1;50\n",
        "time,open,high,low,close,volume\n2025-11-27T09:30Z,1,2,0,1,5\n",
        "Date, Time, Open, High, Low, Last, Volume\n2025/11/27, 09:30:00, 1, 2, 0, 1, 5\n",
    ],
)
def test_bars_are_refused_by_name(tmp_path: Path, content: str) -> None:
    assert "bars, not ticks" in refused(text(tmp_path, content), instrument="ES", zone=UTC)


def test_the_normalised_columns_as_text(tmp_path: Path) -> None:
    lines = "ts_event,kind,price,size,side,bid,ask,bid_size,ask_size\n"
    lines += f"{START},Q,,,,4200.25,4200.5,7,9\n{START + 1},T,4200.5,3,B,4200.25,4200.5,7,9\n{START + 2},T,,2,,,,,\n"
    _, rows = imported(text(tmp_path, lines), instrument="ES")
    assert rows["kind"].tolist() == [QUOTE, PRINT, PRINT]
    assert rows["ts"].tolist() == [START, START + 1, START + 2]
    assert rows["side"].tolist() == [0, BUY, 0]
    assert rows["flags"].tolist() == [0, 0, QUARANTINED]


@pytest.mark.parametrize(
    ("time", "zone", "utc"),
    [
        ("2026-05-27 09:30:00.123456789", NEW_YORK, "2026-05-27T13:30:00.123456+00:00"),
        ("2026-05-27T09:30:00Z", None, "2026-05-27T09:30:00+00:00"),
        ("2026-05-27 09:30:00.5+02:00", None, "2026-05-27T07:30:00.5+00:00"),
        ("2026/05/27 9:30:00", UTC, "2026-05-27T09:30:00+00:00"),
        ("20260527 093000", UTC, "2026-05-27T09:30:00+00:00"),
        ("20260527T093000.25", UTC, "2026-05-27T09:30:00.25+00:00"),
        ("1780000000", None, "2026-05-28T20:26:40+00:00"),
        ("1780000000.5", None, "2026-05-28T20:26:40.5+00:00"),
        ("1780000000123", None, "2026-05-28T20:26:40.123+00:00"),
        ("1780000000123456", None, "2026-05-28T20:26:40.123456+00:00"),
        ("1780000000123456789", None, "2026-05-28T20:26:40.123456+00:00"),
    ],
)
def test_times_in_every_known_form(tmp_path: Path, time: str, zone: ZoneInfo | None, utc: str) -> None:
    _, rows = imported(text(tmp_path, f"time,price,size\n{time},4200,1\n"), instrument="ES", zone=zone)
    assert rows["ts"][0] // 1000 == ns(utc) // 1000
    assert rows["ts"][0] % 1000 == (789 if "456789" in time else 0)


@pytest.mark.parametrize("time", ["05/27/2026 09:30", "27.05.2026 09:30", "09:30:00", "34200.004"])
def test_times_that_could_mean_two_things_are_refused(tmp_path: Path, time: str) -> None:
    assert "no known form" in refused(text(tmp_path, f"time,price,size\n{time},4200,1\n"), instrument="ES", zone=UTC)


def test_a_broken_time_is_quoted(tmp_path: Path) -> None:
    lines = "time,price,size\n" + "2026-05-27T09:30:00Z,4200,1\n" * 30 + "soon,4200,1\n"
    assert "'soon'" in refused(text(tmp_path, lines), instrument="ES")


def test_the_hour_that_the_clock_change_repeats(tmp_path: Path) -> None:
    times = ["00:59:59", "01:00:00", "01:30:00", "01:59:59", "01:00:00", "01:30:00", "01:59:59", "02:00:00"]
    lines = "time,price,size\n" + "".join(f"2026-11-01 {time},4200,1\n" for time in times)
    _, rows = imported(text(tmp_path, lines), instrument="ES", zone=NEW_YORK)
    minutes = (rows["ts"] - ns("2026-11-01T04:00:00Z")) / 60e9
    assert [round(float(minute)) for minute in minutes] == [60, 60, 90, 120, 120, 150, 180, 180]


def test_the_hour_that_the_clock_change_skips(tmp_path: Path) -> None:
    lines = "time,price,size\n2026-03-08 01:59:59,4200,1\n2026-03-08 03:00:00,4200,1\n"
    _, rows = imported(text(tmp_path, lines), instrument="ES", zone=NEW_YORK)
    assert rows["ts"][1] - rows["ts"][0] == 1_000_000_000
    (tmp_path / "s.csv.tape.parquet").unlink()
    skipped = text(tmp_path, "time,price,size\n2026-03-08 02:30:00,4200,1\n")
    assert "did not exist" in refused(skipped, instrument="ES", zone=NEW_YORK)


def test_unknown_columns_are_listed_with_an_example(tmp_path: Path) -> None:
    path = text(tmp_path, "when,what,many\n2026-05-27T09:30:00Z,4200,1\n")
    message = refused(path, instrument="ES")
    assert "ts_event, price, size" in message
    assert "when (2026-05-27T09:30:00Z); what (4200); many (1)" in message
    assert "--map ts_event=when" in message
    _, rows = imported(path, instrument="ES", maps={"ts_event": "when", "price": "What", "size": "3"})
    assert rows["price"][0] == 16800


def test_date_and_time_may_be_two_columns(tmp_path: Path) -> None:
    path = text(tmp_path, "20260527|093000|4200.25|2\n20260527|093001|4200.50|1\n")
    _, rows = imported(path, instrument="ES", zone=UTC, maps={"ts_event": "1+2", "price": "3", "size": "4"})
    assert rows["ts"][0] == ns("2026-05-27T09:30:00Z")


def test_a_wrong_map_is_explained(tmp_path: Path) -> None:
    path = text(tmp_path, SALES)
    assert "did you mean price?" in refused(path, maps={"prise": "price"})
    assert "has no column Last" in refused(path, maps={"price": "Last"})


@pytest.mark.parametrize(
    ("word", "side", "method"),
    [
        ("B", BUY, SIDE_TRUE),
        ("sell", SELL, SIDE_TRUE),
        ("-1", SELL, SIDE_TRUE),
        ("N", UNKNOWN, SIDE_TRUE),
        ("", UNKNOWN, SIDE_NONE),
        ("Ask", BUY, SIDE_DERIVED),
    ],
)
def test_words_for_a_side(tmp_path: Path, word: str, side: int, method: int) -> None:
    lines = f"time,price,size,side\n2026-05-27T09:30:00Z,4200,1,{word}\n2026-05-27T09:30:00Z,4200,1,{word}\n"
    _, rows = imported(text(tmp_path, lines), instrument="ES")
    assert (rows["side"][1], rows["side_method"][1]) == (side, method)


def test_a_word_that_could_mean_either_side_is_refused(tmp_path: Path) -> None:
    lines = "time,price,size,side\n2026-05-27T09:30:00Z,4200,1,A\n"
    assert "'A' is not clear" in refused(text(tmp_path, lines), instrument="ES")


def test_a_short_line_is_damage(tmp_path: Path) -> None:
    lines = "time,price,size\n" + "2026-05-27T09:30:00Z,4200,1\n" * 30 + "2026-05-27T09:30:00Z,42"
    with pytest.raises(DataDamaged, match="row 32 has 2 columns, the table has 3"):
        imported(text(tmp_path, lines), instrument="ES")


def test_a_line_that_is_short_before_the_table_is_known_is_named(tmp_path: Path) -> None:
    lines = "time,price,size\n2026-05-27T09:30:00Z,4200,1\n\n2026-05-27T09:30:00Z,42\n"
    assert "(line 1 has 3 columns, line 4 has 2)" in refused(text(tmp_path, lines), instrument="ES")


@pytest.mark.parametrize("rows", [30, 200_000])
def test_what_is_no_number_is_quoted_with_its_row_and_column(tmp_path: Path, rows: int) -> None:
    lines = "time;price;size\n" + "2026-05-27T09:30:00Z;4200,25;1\n" * rows + "2026-05-27T09:30:00Z;4.200,50;1\n"
    told = refused(text(tmp_path, lines), instrument="ES", decimal=",")
    assert f"row {rows + 2}, column price: '4.200,50' is not a number" in told
    assert "digits with ',' as decimal mark" in told


def test_a_price_beyond_everything_is_counted_and_nothing_else_is_said(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    lines = "time,price,size\n2026-05-27T09:30:00Z,1e300,1\n2026-05-27T09:30:00Z,4200,1\n"
    _, rows = imported(text(tmp_path, lines), instrument="ES")
    assert rows["price"].tolist() == [16800]
    assert [str(one.message) for one in recwarn] == []


def test_a_text_that_is_no_table_is_refused(tmp_path: Path) -> None:
    assert "is not a table" in refused(text(tmp_path, "Dear Sir,\nplease find attached; nothing\n"), instrument="ES")
    assert "no rows" in refused(text(tmp_path, "time,price,size\n"), instrument="ES")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    lines = "tïme,price,size\n2026-05-27T09:30:00Z,4200,1\n2026-05-27T09:30:00Z,4200,2\n"
    _, rows = imported(text(tmp_path, lines, encoding), instrument="ES", maps={"ts_event": "1"})
    assert rows["size"].tolist() == [1, 2]


def test_a_price_multiplier_is_noticed_and_applied(tmp_path: Path) -> None:
    lines = "time,price,size\n" + "".join(f"2026-05-27T09:30:0{i}Z,{434775 + 25 * i},1\n" for i in range(9))
    assert "--price-multiplier 0.01" in refused(text(tmp_path, lines), instrument="ES")
    _, rows = imported(text(tmp_path, lines), instrument="ES", scale=Decimal("0.01"))
    assert rows["price"][0] == 17391


def test_many_blocks_keep_their_order(tmp_path: Path) -> None:
    count = 200_000
    lines = "time,price,size\n" + "".join(f"{START + i},{4200 + i % 9 / 4},{i % 7 + 1}\n" for i in range(count))
    done, rows = imported(text(tmp_path, lines), instrument="ES")
    assert done.facts.rows == count
    assert rows["ts"][0] == START
    assert (rows["ts"][1:] - rows["ts"][:-1] == 1).all()


def test_a_missing_wish_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        imported(text(tmp_path, SIERRA), instrument="ES")
