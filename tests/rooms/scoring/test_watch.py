"""What is scored is what a replay would have heard, and a guard vetoes what became known while it was on."""

from pathlib import Path

import numpy as np
import pytest

from adapters.synthetic.synth import write_tape
from bot.config import read_bot
from bot.domain.market import PRINT
from bot.resources import shipped
from bot.scoring import Tally, Watch, Watched, rows, score_tape
from bot.scoring.watch import BATCH
from bot.signals.guards import BY_KIND
from bot.tape import open_tape
from tests.playing import play
from tests.tapes import Tape

SHIPPED = shipped("config/bot.toml")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watched") / "planted.parquet"
    write_tape(path, seed=11, hours=1.5)
    return path


@pytest.fixture(scope="module")
def watched(tape: Path) -> Watched:
    return Watch(str(tape), bot=read_bot(SHIPPED)).read()


def test_what_is_scored_is_what_a_replay_hears(watched: Watched, tape: Path, tmp_path: Path) -> None:
    sides = {"long": 1, "short": -1}
    heard = [
        (s["kind"], s["ts_ns"], s["known_ns"], sides[s["side"]], float(s["price"]), s["strength"])
        for s in play(tmp_path, tape).signals
    ]
    tick = float(watched.tick)
    seen = [(d.kind, d.ts, d.known, d.side, d.price * tick, d.strength) for d in watched.detections]
    assert len(seen) > 10
    assert sorted(seen) == sorted(heard)


def test_a_detection_is_vetoed_exactly_while_a_guard_is_on(watched: Watched) -> None:
    assert set(watched.guards) == {module.NUMBER for module in BY_KIND.values() if module.NUMBER}
    assert any(watched.guards.values())
    assert any(seen.vetoed_by for seen in watched.detections)
    spares = {module.NUMBER: getattr(module, "SPARES", ()) for module in BY_KIND.values()}
    for seen in watched.detections:
        on = {n for n, spans in watched.guards.items() if any(a < seen.known < b for a, b in spans)}
        touching = {n for n, spans in watched.guards.items() if any(a <= seen.known <= b for a, b in spans)}
        spared = {number for number in touching if seen.kind in spares[number]}
        assert on - spared <= set(seen.vetoed_by) <= touching - spared


def test_the_ranges_are_those_of_the_minutes_prints(watched: Watched, tape: Path) -> None:
    with open_tape(tape) as reader:
        ticks = np.concatenate(list(reader.batches(100_000)))
    prints = ticks[ticks["kind"] == PRINT]
    minutes = prints["ts"] // 60_000_000_000
    assert list(watched.minutes) == np.unique(minutes).tolist()
    ranges = [int(np.ptp(prints["price"][minutes == minute])) for minute in watched.minutes]
    average = sum(ranges[:14]) / 14
    assert watched.ranges[13] == pytest.approx(average)
    # On from there after Wilder, through every batch: a minute that a cut divides is one minute.
    assert len(ticks) > 2 * BATCH
    for number, length in enumerate(ranges[14:], 14):
        average = (average * 13 + length) / 14
        assert watched.ranges[number] == pytest.approx(average)


def test_a_level_is_held_to_the_minutes_before(watched: Watched) -> None:
    minute = watched.minutes[20] * 60_000_000_000
    assert watched.near(minute) == watched.near(minute + 59_999_999_999)
    assert watched.near(minute) == max(4.0, 0.2 * watched.ranges[19])
    assert watched.near(watched.first_ns) == 4.0


def test_a_night_is_a_pause(tmp_path: Path) -> None:
    evening = Tape("ES", start="2026-05-27 15:59").quote("4200.00", "4200.25").bought(1, "4200.25")
    path = evening.wait(64_800).bought(1, "4200.25").wait(30).write(tmp_path / "night.parquet")
    watched = Watch(str(path), bot=read_bot(SHIPPED)).read()
    ((began, ended),) = watched.pauses
    assert ended - began == pytest.approx(64_800e9, rel=0.01)
    assert watched.open_ns(watched.first_ns, watched.last_ns) < 60e9


def test_pooling_tapes_counts_each(tape: Path) -> None:
    one = score_tape(str(tape), bot=read_bot(SHIPPED))
    twice = sum((one, one), Tally())
    for single, double in zip(rows(one), rows(twice), strict=True):
        assert double["labels"] == 2 * single["labels"]
        assert (double["recall"], double["false_per_hour"]) == (single["recall"], single["false_per_hour"])
