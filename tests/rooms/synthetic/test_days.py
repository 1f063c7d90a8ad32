"""Several days in one market: sessions of the exchange, gaps between them, yesterday's levels, a share of buyers."""

from datetime import date, time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.synthetic.days import DAY, OPEN, pace_of, windows_of
from adapters.synthetic.kinds import DECOYS, PATTERNS
from adapters.synthetic.natures import new_york_ns
from adapters.synthetic.state import ABSORPTION, ACCUMULATION, HALTED, SECOND, SWEEP
from adapters.synthetic.synth import Wish, menu_of, write_days, write_wish
from bot.domain.market import BUY, PRINT, Ticks
from bot.errors import UsageError
from bot.tape import open_tape
from bot.tape.labels import labels_path

HOUR = 3_600 * SECOND
NULL = menu_of("ES", frozenset(), frozenset())


def read(path: Path) -> Ticks:
    with open_tape(path) as tape:
        return np.concatenate([batch.copy() for batch in tape.batches(65_536)])


def test_days_are_the_exchange_s() -> None:
    windows, _ = windows_of("ES", OPEN, 6.5, 8)
    # The 26th is Thanksgiving: futures trade until one o'clock.
    assert [window.date.day for window in windows] == [17, 18, 19, 20, 23, 24, 25, 26]
    assert windows[0].begin == new_york_ns(DAY, OPEN)
    assert windows[7].end == new_york_ns(date(2026, 11, 26), time(13))
    stocks, _ = windows_of("SPY", OPEN, 6.5, 8)
    assert [window.date.day for window in stocks][-2:] == [25, 27]


def test_a_futures_day_begins_on_the_evening_before() -> None:
    (monday, tuesday), _ = windows_of("ES", time(18), 23, 2)
    assert monday.begin == new_york_ns(date(2026, 11, 16), time(18))
    assert monday.end == new_york_ns(DAY, time(17))
    assert tuesday.begin - monday.end == HOUR


def test_a_start_while_the_exchange_is_closed_is_refused_with_its_hours() -> None:
    with pytest.raises(UsageError, match="17:30") as refused:
        windows_of("ES", time(17, 30), 1, 1)
    assert "18:00 to 17:00" in refused.value.allowed


def test_the_hour_of_maintenance_is_silent() -> None:
    windows, sessions = windows_of("GC", time(16), 4, 1)
    pace = pace_of(windows, sessions)
    assert pace[3_599] > 0
    assert not pace[3_600:7_200].any()
    assert pace[7_200] > 0


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("days") / "two.parquet"
    write_wish(path, Wish(seed=4, hours=2, days=2))
    return path


def test_between_two_days_there_is_nothing_and_then_a_gap(two_days: Path) -> None:
    ticks = read(two_days)
    (last,) = np.flatnonzero(np.diff(ticks["ts"]) > 2 * HOUR)
    assert ticks["ts"][last] < new_york_ns(DAY, time(11, 30)) <= ticks["ts"][last] + 60 * SECOND
    opened = ticks[last + 1]
    assert opened["ts"] - new_york_ns(date(2026, 11, 18), OPEN) < 6 * SECOND
    labels = pq.read_table(labels_path(two_days)).to_pylist()
    begins = [label["t_start"] for label in labels]
    assert min(begins) < ticks["ts"][last]
    assert max(begins) > opened["ts"]
    assert all((label["t_start"] < ticks["ts"][last]) == (label["t_end"] <= ticks["ts"][last]) for label in labels)


def test_a_night_moves_price(tmp_path: Path) -> None:
    gaps = []
    for seed in range(1, 7):
        write_wish(tmp_path / "gap.parquet", Wish(seed=seed, hours=0.1, days=2, menu=NULL))
        ticks = read(tmp_path / "gap.parquet")
        (last,) = np.flatnonzero(np.diff(ticks["ts"]) > 2 * HOUR)
        gaps.append(int(ticks["bid"][last + 1]) - int(ticks["bid"][last]))
    assert min(gaps) < 0 < max(gaps)
    assert np.max(np.abs(gaps)) <= 100


def test_a_file_a_day_is_the_same_market(two_days: Path, tmp_path: Path) -> None:
    made = write_days(tmp_path, "day", Wish(seed=4, hours=2, days=2))
    assert [path.name for path, _ in made] == ["day-2026-11-17.parquet", "day-2026-11-18.parquet"]
    np.testing.assert_array_equal(np.concatenate([read(path) for path, _ in made]), read(two_days))
    labels = [row for path, _ in made for row in pq.read_table(labels_path(path)).to_pylist()]
    assert labels == pq.read_table(labels_path(two_days)).to_pylist()


def test_buyers_may_be_seven_of_ten_all_day_and_price_stays_where_it_would(tmp_path: Path) -> None:
    ticks = read_null(tmp_path, base_share=700)
    traded = ticks[ticks["kind"] == PRINT]
    assert traded["size"][traded["side"] == BUY].sum() / traded["size"].sum() == pytest.approx(0.70, abs=0.04)
    even = read_null(tmp_path, base_share=500)
    assert abs(int(ticks["bid"][-1]) - int(ticks["bid"][0])) <= 2 * np.ptp(even["bid"][even["kind"] == PRINT])


def read_null(folder: Path, base_share: int) -> Ticks:
    path = folder / f"{base_share}.parquet"
    write_wish(path, Wish(seed=9, hours=3, menu=NULL, base_share=base_share))
    return read(path)


def kinds_of(path: Path, wish: Wish) -> set[str]:
    write_wish(path, wish)
    return {
        label["note"] if label["kind"] == "null" else label["kind"].rpartition("_")[0]
        for label in pq.read_table(labels_path(path)).to_pylist()
    }


def test_only_what_is_named_is_staged(tmp_path: Path) -> None:
    menu = menu_of("ES", frozenset({SWEEP, ABSORPTION}), frozenset({HALTED}))
    assert kinds_of(tmp_path / "a.parquet", Wish(seed=2, menu=menu)) == {"sweep", "absorption", "halt"}


def test_a_range_comes_where_bars_are_long_or_where_it_is_all_that_is_wished_for(tmp_path: Path) -> None:
    only = menu_of("ES", frozenset({ACCUMULATION}), frozenset())
    assert kinds_of(tmp_path / "es.parquet", Wish(seed=2, menu=only)) == {"accumulation"}
    assert not {PATTERNS["accumulation"], DECOYS["range_no_break"]} & {kind for kind, _ in menu_of("ES").long()}
    seen = kinds_of(tmp_path / "cl.parquet", Wish("CL", seed=2, days=3))
    assert seen >= {"accumulation", "absorption", "rejection"}
