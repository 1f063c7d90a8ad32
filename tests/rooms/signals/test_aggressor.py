"""Who caused a print, where the feed does not say: native feeds, slow broker feeds, swept books, locked books."""

import os
from pathlib import Path

import numpy as np
import pytest

from bot.config.params import SECOND_NS
from bot.domain.market import (
    ABSENT,
    BUY,
    PRINT,
    QUOTE,
    SELL,
    SIDE_NONE,
    SIDE_QUOTE,
    SIDE_TICK,
    SIDE_TRUE,
    TICK,
    UNKNOWN,
    Ticks,
)
from bot.resources import checkout
from bot.signals import aggressor
from bot.tape.importers import Wishes, import_source, open_source
from tests.rooms.signals.scanning import hair_engine, lively, scanned
from tests.rooms.tape.builders import KNOWN, rows_of
from tests.tapes import Tape

SHARED = Path(os.environ.get("PAPERPIT_SHARED_DATA") or (checkout() or Path()) / ".." / "shared" / "data")


def blank(ticks: Ticks) -> Ticks:
    """The same rows from a feed that does not say."""
    other = ticks.copy()
    other["side"], other["side_method"] = UNKNOWN, SIDE_NONE
    return other


def inferred(ticks: Ticks) -> tuple[Ticks, np.ndarray]:
    """Prints only, with sides, and how sure each is."""
    rows, sure = ticks.copy(), np.zeros(len(ticks), np.float32)
    aggressor.fill(rows, sure, aggressor.fresh())
    prints = rows["kind"] == PRINT
    return rows[prints], sure[prints]


def queue_market(rows: int, seed: int) -> Ticks:
    """A touch that orders eat into: its quote follows each print, and moves on when a side is used up."""
    chance = np.random.default_rng(seed)
    ticks, now, bid = np.zeros(rows, TICK), 1_700_000_000 * SECOND_NS, 16800
    sizes = [20, 20]
    for k in range(0, rows - 1, 2):
        now += int(chance.exponential(150e6))
        row, after = ticks[k], ticks[k + 1]
        if chance.random() < 0.5:
            side = 1 if chance.random() < 0.5 else -1
            size = min(int(chance.integers(1, 12)), sizes[side > 0])
            _row(row, now, bid, sizes, PRINT)
            row["price"], row["size"], row["side"] = bid + (side > 0), size, side
            row["side_method"] = SIDE_TRUE
            sizes[side > 0] -= size
        else:
            _row(row, now, bid, sizes, QUOTE)
            sizes[int(chance.integers(0, 2))] += int(chance.integers(-4, 6))
        if min(sizes) <= 0:
            bid += 1 if sizes[1] <= 0 else -1
            sizes = [int(size) for size in chance.integers(10, 40, 2)]
        _row(after, now + 1000, bid, sizes, QUOTE)
    return ticks


def _row(row: np.void, ts: int, bid: int, sizes: list[int], kind: int) -> None:
    row["ts"], row["kind"], row["price"] = ts, kind, ABSENT
    row["bid"], row["ask"], row["bid_size"], row["ask_size"] = bid, bid + 1, *sizes


def slow_feed(ticks: Ticks, late: float, seed: int) -> Ticks:
    """As a broker sends it: stamps in whole seconds, some prints after the quote that they caused."""
    chance = np.random.default_rng(seed)
    rows = ticks.copy()
    rows["ts"] = rows["ts"] // SECOND_NS * SECOND_NS
    for k in np.flatnonzero(rows["kind"] == PRINT):
        if k + 1 < len(rows) and rows["kind"][k + 1] == QUOTE and chance.random() < late:
            rows[[k, k + 1]] = rows[[k + 1, k]]
            for name in ("bid", "ask", "bid_size", "ask_size"):
                rows[name][k + 1] = rows[name][k]
    return rows


def right(found: Ticks, true: Ticks) -> float:
    """Share of the volume whose side is right."""
    return float(found["size"][found["side"] == true["side"]].sum() / true["size"].sum())


def test_m11_a_native_feed_gets_every_side_back() -> None:
    ticks = queue_market(20_000, 1)
    found, _ = inferred(blank(ticks))
    assert right(found, ticks[ticks["kind"] == PRINT]) >= 0.995
    assert set(found["side_method"]) == {SIDE_QUOTE}


def test_m11_a_slow_feed_does_better_than_the_newest_quote() -> None:
    ticks = slow_feed(queue_market(20_000, 2), 0.3, 2)
    true = ticks[ticks["kind"] == PRINT]
    found, _ = inferred(blank(ticks))
    naive = true.copy()
    naive["side"] = np.where(true["price"] >= true["ask"], BUY, np.where(true["price"] <= true["bid"], SELL, UNKNOWN))
    assert right(found, true) >= 0.985
    assert right(found, true) > right(naive, true)
    assert (found["side_method"] == SIDE_TICK).mean() < 0.01


def test_a_print_beyond_the_quote_walked_the_book() -> None:
    told = Tape().quote("4200.00", "4200.25").printed(50, "4200.75").printed(50, "4199.50")
    found, sure = inferred(told.rows())
    assert found["side"].tolist() == [BUY, SELL]
    assert sure.tolist() == [1.0, 1.0]


def test_a_print_inside_the_spread_goes_by_the_last_change() -> None:
    told = Tape().quote("4200.00", "4201.00").printed(1, "4200.00").printed(1, "4200.50").printed(1, "4200.50")
    found, sure = inferred(told.rows())
    assert found["side"].tolist() == [SELL, BUY, BUY]
    assert found["side_method"].tolist() == [SIDE_QUOTE, SIDE_TICK, SIDE_TICK]
    assert sure.tolist() == [1.0, 0.5, 0.5]


@pytest.mark.parametrize(("bid", "ask"), [("4200.25", "4200.25"), ("4200.50", "4200.25"), (None, "4200.25")])
def test_nothing_is_guessed_from_a_locked_crossed_or_broken_book(bid: str | None, ask: str) -> None:
    told = Tape().quote("4200.00", "4200.25").quote(bid, ask).printed(1, "4200.25").quote("4200.00", "4200.25")
    found, sure = inferred(told.printed(1, "4200.25").rows())
    assert found["side"].tolist() == [UNKNOWN, BUY]
    assert sure.tolist() == [0.0, 1.0] or found["side_method"].tolist() == [SIDE_NONE, SIDE_QUOTE]


def test_a_tape_without_quotes_goes_by_price_changes_alone() -> None:
    told = Tape().printed(1, "4200.00").printed(1, "4200.25").printed(1, "4200.25").printed(1, "4200.00")
    found, _ = inferred(told.rows())
    assert found["side"].tolist() == [UNKNOWN, BUY, BUY, SELL]


def test_neither_is_an_answer_too() -> None:
    ticks = Tape().quote("4200.00", "4200.25").printed(44, "4200.25").rows()
    ticks["side_method"][1] = SIDE_TRUE
    found, _ = inferred(ticks)
    assert (found["side"][0], found["side_method"][0]) == (UNKNOWN, SIDE_TRUE)


def test_the_tapes_own_rows_are_left_alone() -> None:
    ticks = lively(3, sided=False)
    before = ticks.copy()
    scanned(hair_engine(), ticks)
    assert (ticks == before).all()


def test_a_feed_that_knows_sides_is_never_second_guessed() -> None:
    ticks = lively(3)
    assert (ticks["side"][ticks["kind"] == PRINT] == UNKNOWN).any()
    engine = hair_engine()
    scanned(engine, ticks)
    assert engine._infers is False


# Hidden orders of AAPL trade inside a spread of fifteen ticks, where no quote tells.
@pytest.mark.parametrize(("name", "least"), [("ESH4_2023-12-25", 0.99), ("AAPL_2012-06-21", 0.92)])
@pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings beside the checkout (PAPERPIT_SHARED_DATA names them)")
def test_recorded_sides_are_found_again(tmp_path: Path, name: str, least: float) -> None:
    tape, wishes = tmp_path / f"{name}.parquet", Wishes()
    import_source(open_source(SHARED / f"{name}.parquet", wishes), tape, wishes, KNOWN.get)
    ticks = rows_of(tape)
    ticks = ticks[(ticks["kind"] != PRINT) | ((ticks["flags"] == 0) & (ticks["side"] != UNKNOWN))]
    found, _ = inferred(blank(ticks))
    assert right(found, ticks[ticks["kind"] == PRINT]) >= least
