"""Given one proposal and a tape, what would have come of it, and where the price stood afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.what_if import HORIZONS_S, NOT_FILLED, NOT_PRICED, STILL_OPEN, Made, Moment, Terms, Wish
from tests.tapes import SECOND, Tape
from tests.what_if import FAR, made

START = Tape().quote("4200.50", "4200.75").now


def long(**changed: object) -> Wish:
    """Buy 4200.50, stop 4199.75, target 4202.00, known one row after the market was told."""
    terms = Terms(1, 16802, 16799, 16808, 120 * SECOND, 0)
    return replace(Wish("one", "lesson", "ES", 1, START, FAR, True, terms), **changed)  # type: ignore[arg-type]


def told(tape: Tape, folder: Path, wish: Wish, *moments: Moment) -> Made:
    path = tape.write(folder / "tape.parquet", contract="ES")
    return made(path, [wish], latency_ms=0, cancel_ms=0, moments={"lesson": moments})["one"]


def es() -> Tape:
    """A market of 40 × 60 at 4200.50/4200.75."""
    return Tape().quote("4200.50", "4200.75", 40, 60).wait(1)


def test_the_target_is_reached(tmp_path: Path) -> None:
    one = told(es().sold(41, "4200.50").bought(9, "4202.25").wait(1), tmp_path, long())
    assert (one.end, one.ticks, one.r) == ("target", 6, 2)


def test_the_stop_pays_the_spread(tmp_path: Path) -> None:
    one = told(es().sold(41, "4200.50").sold(9, "4199.50").wait(1), tmp_path, long())
    assert (one.end, one.ticks, one.r) == ("stop", -5, pytest.approx(-5 / 3))


def test_what_went_out_is_not_bought_again(tmp_path: Path) -> None:
    # given two of five that came in and reached their target, and a market that comes back through the entry
    tape = es().sold(42, "4200.50").bought(9, "4202.25").wait(1).sold(100, "4200.25").wait(1)
    one = told(tape, tmp_path, long(terms=Terms(5, 16802, 16799, 16808, 120 * SECOND, 0)))
    assert (one.end, one.units, one.ticks) == ("target", 2, 6)


def test_nobody_was_reached(tmp_path: Path) -> None:
    assert told(es().bought(9, "4202.25").wait(200), tmp_path, long()).end == NOT_FILLED


def test_a_refusal_that_was_never_priced_has_markouts_only(tmp_path: Path) -> None:
    one = told(es().quote("4201.50", "4201.75").wait(9), tmp_path, long(terms=None))
    assert (one.end, one.ticks, one.r, one.from_fill) == (NOT_PRICED, None, None, ())
    assert one.from_mid[:3] == (0, 4, None)


def test_the_session_closes_on_an_open_position(tmp_path: Path) -> None:
    tape = es().sold(41, "4200.50").quote("4200.75", "4201.00").wait(60).wait(1)
    one = told(tape, tmp_path, long(until_ns=START + 30 * SECOND))
    assert (one.end, one.exit_ns) == ("session", START + 30 * SECOND)
    assert one.ticks == 0  # at the bid, less a tick of slippage


def test_the_news_ends_what_it_finds_but_not_what_was_wanted_within(tmp_path: Path) -> None:
    tape = es().sold(41, "4200.50").quote("4201.00", "4201.25").wait(60).wait(1)
    news = Moment(START + 20 * SECOND, "flatten", "blackout", START + 20 * SECOND, START + 90 * SECOND)
    assert told(tape, tmp_path, long(), news).end == "blackout"
    # a proposal that the window refused is asked what it would have made without that window
    around = replace(news, from_ns=START - 5 * SECOND)
    assert told(tape, tmp_path, long(), around).end == "tape-end"


def test_an_entry_that_rests_when_the_news_comes_is_withdrawn(tmp_path: Path) -> None:
    news = Moment(START + 20 * SECOND, "cancel", "blackout", START + 20 * SECOND, START + 90 * SECOND)
    tape = es().wait(30).sold(41, "4200.50").wait(1)
    assert told(tape, tmp_path, long(), news).end == NOT_FILLED
    assert told(tape, tmp_path, long()).end == "tape-end"


def test_what_the_tape_does_not_tell_is_open(tmp_path: Path) -> None:
    # given an order that becomes active after the last row, and fills against the quote that stands
    wish = long(terms=Terms(1, 16810, 16799, 16820, 120 * SECOND, 0))
    path = es().write(tmp_path / "tape.parquet", contract="ES")
    assert made(path, [wish], latency_ms=2000, cancel_ms=5000)["one"].end == STILL_OPEN
    # and one that was only wanted then
    assert made(path, [replace(wish, known_ns=START + 60 * SECOND)])["one"].end == STILL_OPEN


def test_markouts_are_counted_from_the_middle_and_from_the_fill(tmp_path: Path) -> None:
    # given a fill at the bid (half a tick below the middle), and a market that rises a tick after 3 s and 10 s
    tape = es().sold(41, "4200.50").wait(3).quote("4200.75", "4201.00").wait(7).quote("4201.00", "4201.25")
    one = told(tape.wait(900).wait(1), tmp_path, long(until_ns=START + 100 * SECOND))
    # then what lies beyond the close (300 s and more) is not told
    assert dict(zip(HORIZONS_S, one.from_mid, strict=True)) == {
        **{1: 0, 5: 1, 15: 2, 30: 2, 60: 2},
        **{300: None, 900: None},
    }
    assert one.from_fill[:3] == (0.5, 1.5, 2.5)


def test_a_short_ones_markouts_have_its_sign(tmp_path: Path) -> None:
    tape = es().quote("4200.25", "4200.50").wait(9)
    one = told(tape, tmp_path, long(side=-1, terms=None))
    assert one.from_mid[:2] == (0, 1)


def test_no_markout_goes_across_a_halt_or_beyond_the_tape(tmp_path: Path) -> None:
    tape = es().wait(2).halt().wait(1).resume().quote("4201.00", "4201.25").wait(20)
    one = told(tape, tmp_path, long(terms=None))
    assert one.from_mid == (0, None, None, None, None, None, None)
