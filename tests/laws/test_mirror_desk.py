"""Law 11, for the whole desk: a mirrored tape gives the mirrored journal, a tape moved by whole ticks the same.

Round-number levels, bands, calendars and the drill are aside: the lesson's strategy is held, on the lesson's tape.
"""

from pathlib import Path
from typing import Any

import pytest

import strategies.absorption_reversal as reversal
from tests.playing import Played, play
from tests.tapes import Tape, lesson

AXIS = 16802
FLIP = {"long": "short", "short": "long", "buy": "sell", "sell": "buy"}


def told(played: Played, *, mirrored: bool = False, up: int = 0) -> list[tuple[Any, ...]]:
    """Signals, orders and round trips with side and price; read in a mirror or moved down by ticks if asked."""

    def price(text: str | None) -> float | None:
        if text is None:
            return None
        ticks = float(text) * 4 - up
        return 2 * AXIS - ticks if mirrored else ticks

    def side(word: str) -> str:
        return FLIP[word] if mirrored else word

    seen = [(one["ts_ns"], one["kind"], side(one["side"]), price(one["price"])) for one in played.signals]
    sent = [
        (one["created_ns"], one["role"], side(one["side"]), price(one["price"]), price(one["stop_price"]), one["state"])
        for one in played.orders
    ]
    came = [
        (one["entry_ns"], one["exit_ns"], side(one["side"]), price(one["entry_price"]), one["ticks"], one["mae_ticks"])
        for one in played.round_trips
    ]
    return [*seen, *sent, *came]


def run(folder: Path, tape: Tape, model: str) -> Played:
    return play(folder, tape, "lesson-es.toml", contract="ESM2023", sets=[f"replay.fill_model={model}"])


@pytest.mark.parametrize("model", ["touch", "queue", "through", "ib-paper"])
def test_a_mirrored_tape_is_a_mirrored_journal(tmp_path: Path, model: str) -> None:
    straight, mirrored = run(tmp_path, lesson(), model), run(tmp_path, lesson().mirrored(AXIS), model)
    assert told(mirrored, mirrored=True) == told(straight)
    assert len(told(straight)) >= 9


@pytest.mark.parametrize("up", [-400, 4000])
def test_a_tape_moved_by_whole_ticks_is_the_same_journal(tmp_path: Path, up: int) -> None:
    rows = lesson().rows()
    for name in ("price", "bid", "ask"):
        rows[name][rows[name] > -(2**31)] += up
    assert told(run(tmp_path, Tape().then(rows), "queue"), up=up) == told(run(tmp_path, lesson(), "queue"))


def test_a_tape_moved_by_a_whole_week_is_the_same_journal_a_week_later(tmp_path: Path) -> None:
    week = 7 * 86_400 * 10**9
    one = run(tmp_path, lesson("2023-05-11 09:30"), "queue")
    other = run(tmp_path, lesson("2023-05-18 09:30"), "queue")
    assert [trip["entry_ns"] + week for trip in one.round_trips] == [trip["entry_ns"] for trip in other.round_trips]
    assert len(one.round_trips) == 1


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a strategy that puts every stop one tick below the cluster, whatever the side."""
    monkeypatch.setattr(
        reversal.AbsorptionReversal, "_stop", lambda self, side, entry, cluster_low: int(cluster_low) - side * 0 - 1
    )
    straight, mirrored = run(tmp_path, lesson(), "queue"), run(tmp_path, lesson().mirrored(AXIS), "queue")
    assert told(mirrored, mirrored=True) != told(straight)
