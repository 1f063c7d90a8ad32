"""Laws 1, 10 and 11 and determinism, for each shipped strategy: on a tape that it trades.

However the tape is cut, again, in the mirror, or without its end: the same journal, the mirrored one, the same as far
as it goes. The lesson's own trade is held in the files of each law.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strategies.sweep_reclaim import SweepReclaim
from tests.playing import Played, play
from tests.tapes import Tape
from tests.tapes.phases import WIDTH, phase, quarter, range_of
from tests.tapes.pressing import START, apple
from tests.tapes.tesla import absorbed, went_up

FLIP = {"long": "short", "short": "long", "buy": "sell", "sell": "buy"}


@dataclass(frozen=True)
class Case:
    """A strategy's file, a tape that it trades, and the round price in ticks that the tape is mirrored at."""

    file: str
    tape: Callable[[], Tape]
    axis: int
    contract: str = ""

    def play(self, folder: Path, tape: Tape, batch: int | None = None) -> Played:
        return play(folder, tape, self.file, batch=batch, contract=self.contract)


def tesla() -> Tape:
    return went_up(absorbed()[0])


def oil() -> Tape:
    tape, high = phase(range_of("CL", "2026-05-27 09:00"), low=6800), 6800 + WIDTH
    quarter(tape, (high + 6, high + 4, high + 1, high + 3, high + 8, high + 12), 30, 60)
    quarter(tape, tuple(high + 12 + step for step in (0, 2, 4, 6, 8, 12)), 30, 60)
    return tape


CASES = [
    Case("tsla-sweep.toml", tesla, 14500),
    Case("aapl-15m-imbalance.toml", apple, START),
    Case("cl-15m.toml", oil, 6800, "CLN2026"),
]
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.file.removesuffix(".toml"))


def story(played: Played, tick: Any, axis: int | None = None) -> list[tuple[Any, ...]]:
    """Orders and round trips with side and price in ticks; read in a mirror if there is an axis."""

    def price(text: str | None) -> float | None:
        if text is None:
            return None
        return float(text) / float(tick) if axis is None else 2 * axis - float(text) / float(tick)

    def told(row: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
        side = row["side"] if axis is None else FLIP[row["side"]]
        prices = (price(row.get(name)) for name in ("price", "stop_price", "entry_price", "exit_price"))
        return side, *(None if one is None else round(one, 6) for one in prices), *(row[name] for name in names)

    orders = [told(row, "role", "state", "created_ns") for row in played.orders]
    return [*orders, *(told(row, "entry_ns", "exit_ns", "ticks", "exit_reason") for row in played.round_trips)]


@each
@pytest.mark.parametrize("batch", [7, 640])
def test_a_cut_anywhere_changes_no_row_and_neither_does_another_run(tmp_path: Path, case: Case, batch: int) -> None:
    whole = case.play(tmp_path, case.tape())
    assert len(whole.round_trips) == 1
    assert case.play(tmp_path, case.tape()).hash == whole.hash
    assert case.play(tmp_path, case.tape(), batch).hash == whole.hash


@each
def test_a_mirrored_tape_is_a_mirrored_journal(tmp_path: Path, case: Case) -> None:
    tape = case.tape()
    straight = case.play(tmp_path, tape)
    mirrored = case.play(tmp_path, tape.mirrored(case.axis))
    assert len(straight.round_trips) == 1
    assert story(mirrored, tape.tick, case.axis) == story(straight, tape.tick)


@each
def test_what_comes_later_changes_nothing_before(tmp_path: Path, case: Case) -> None:
    """The tape ends a hundred rows after the entry was filled."""
    tape = case.tape()
    whole = case.play(tmp_path, tape)
    (entry,) = [fill for fill in whole.fills if fill["role"] == "entry"]
    rows = tape.rows()
    kept = int(rows["ts"].searchsorted(entry["ts_ns"], side="right")) + 100
    short = case.play(tmp_path, Tape(tape.instrument, str(tape.tick)).then(rows[:kept]))
    end = int(rows["ts"][kept - 1])

    def before(played: Played) -> list[tuple[Any, ...]]:
        signals = [(row["ts_ns"], row["kind"], row["price"], row["evidence"]) for row in played.signals]
        fills = [(row["ts_ns"], row["role"], row["price"]) for row in played.fills if row["role"] != "flatten"]
        return [one for one in (*signals, *fills) if one[0] < end - 10**9]

    assert str(before(short)) == str(before(whole))
    assert any(one[1] == "entry" for one in before(short))


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a strategy whose stop is below the extreme, whatever the side."""
    case, decide = CASES[0], SweepReclaim.decide

    def below(self: SweepReclaim, signal: Any, desk: Any) -> Any:
        signal.evidence["extreme"] -= 1
        return decide(self, signal, desk)

    monkeypatch.setattr(SweepReclaim, "decide", below)
    tape = case.tape()
    straight, mirrored = case.play(tmp_path, tape), case.play(tmp_path, tape.mirrored(case.axis))
    assert story(mirrored, tape.tick, case.axis) != story(straight, tape.tick)
