"""The lesson's tape, spoiled in its last seconds before the entry: the market is locked, stuffed, one-sided or halted.

Goal: no order leaves, and what would have been one is journalled with the guard that stood in its way. Method: rows are
laid over the fixture; the untouched tape is the control.
"""

from pathlib import Path

import numpy as np
import pytest

from bot.domain.market import ABSENT, HALT, QUOTE, RESUME, STATUS, TICK, Ticks
from bot.resources import shipped
from tests.playing import Played, play
from tests.tapes import Tape, lesson, ns

DAY = "2023-05-25 "
TICK_NS = 1_000_000


def row(at: str, kind: int = QUOTE, *, bid: int = 16802, ask: int = 16803, size: int = 40, flags: int = 0) -> Ticks:
    """One quote or status row at a New York time."""
    one = np.zeros(1, TICK)
    one["ts"], one["kind"], one["flags"], one["price"] = ns(DAY + at), kind, flags, ABSENT
    one["bid"], one["ask"], one["bid_size"], one["ask_size"] = bid, ask, size, size
    if bid == ABSENT:
        one["bid_size"] = 0
    if ask == ABSENT:
        one["ask_size"] = 0
    return one


def laid_over(*rows: Ticks, without: tuple[str, str] | None = None) -> Tape:
    """The lesson's rows with others laid over them; `without` takes the fixture's own away between two times."""
    own = lesson().rows()
    if without is not None:
        first, last = (ns(DAY + at) for at in without)
        own = own[(own["ts"] < first) | (own["ts"] >= last)]
    together = np.concatenate([own, *rows])
    return Tape(start=DAY + "09:30").then(together[np.argsort(together["ts"], kind="stable")])


def trade(folder: Path, tape: Tape, config: Path | None = None) -> Played:
    return play(folder, tape, "lesson-es.toml", contract="ESM2023", config=config)


def test_the_untouched_tape_trades(tmp_path: Path) -> None:
    assert len(trade(tmp_path, laid_over()).round_trips) == 1


def test_limit_up_there_are_no_sellers_and_no_entry(tmp_path: Path) -> None:
    locked = row("09:40:50", bid=16803, ask=ABSENT), row("09:55:00", bid=16803, ask=ABSENT)
    played = trade(tmp_path, laid_over(*locked, without=("09:40:50", "09:56:00")))
    assert (played.orders, played.fills) == ([], [])
    assert not played.blocked or played.rules & {"G4", "spread"}


def test_a_band_just_above_the_target_keeps_the_entry_away(tmp_path: Path) -> None:
    text = shipped("config/instruments.toml").read_text()
    (tmp_path / "instruments.toml").write_text(text.replace("[ES] # E-mini S&P 500\n", '[ES]\nband_high = "4202.50"\n'))
    (tmp_path / "bot.toml").write_text(shipped("config/bot.toml").read_text())
    played = trade(tmp_path, laid_over(), config=tmp_path / "bot.toml")
    assert played.orders == []
    assert "G3" in played.rules


def test_quotes_that_flicker_are_no_market_to_read(tmp_path: Path) -> None:
    start, stuffed = ns(DAY + "09:40:52"), np.repeat(row("09:40:52"), 4000)
    stuffed["ts"] = start + np.arange(4000) * 2 * TICK_NS
    stuffed["bid_size"] = np.where(np.arange(4000) % 2, 400, 40)
    played = trade(tmp_path, laid_over(stuffed))
    assert played.orders == []
    assert "G2" in played.rules


def test_a_book_without_an_offer_lets_nothing_in(tmp_path: Path) -> None:
    gone = row("09:40:59.400", ask=ABSENT), row("09:41:02", bid=16802, ask=16803)
    played = trade(tmp_path, laid_over(*gone, without=("09:40:59.500", "09:41:02")))
    assert played.orders == []
    # What was absorbed is forgotten with the book: there is nothing left to refuse, or the guard refuses it.
    assert not played.blocked or "G4" in played.rules


def test_a_halt_before_the_entry_lets_nothing_in(tmp_path: Path) -> None:
    halt = row("09:40:58", STATUS, flags=HALT), row("09:41:03", STATUS, flags=RESUME)
    played = trade(tmp_path, laid_over(*halt))
    assert played.orders == []
    assert not played.blocked or "G6" in played.rules


@pytest.mark.parametrize("resumed", ["09:50:00", "09:55:10"])
def test_a_position_goes_through_a_halt_under_its_stop(tmp_path: Path, resumed: str) -> None:
    halt = row("09:45:30", STATUS, flags=HALT), row(resumed, STATUS, flags=RESUME)
    (trip,) = trade(tmp_path, laid_over(*halt)).round_trips
    assert (trip["exit_reason"], trip["ticks"]) == ("target", 6)
    assert trip["exit_ns"] == ns(DAY + "09:55:50")


def test_nothing_is_sold_while_the_market_is_halted(tmp_path: Path) -> None:
    halt = row("09:55:35", STATUS, flags=HALT), row("09:57:30", STATUS, flags=RESUME)
    (trip,) = trade(tmp_path, laid_over(*halt)).round_trips
    assert trip["exit_reason"] == "tape-end"
