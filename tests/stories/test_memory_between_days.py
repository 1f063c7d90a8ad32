"""Day by day with the memory handed on is one long tape; after a gap entries wait, then all is as without it."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.synthetic.synth import Wish, write_days, write_wish
from bot.tape import TapeWriter, open_tape
from bot.warm import Wanted
from tests.playing import Played, play, strategy
from tests.tapes import NEW_YORK, ns

WATCHING = """
name = "watching"
strategy = "drill"
instrument = "ES"
timeframe = "1m"

[params]
every = 1

[bracket]
stop_ticks = 8
target_ticks = 12
contracts = 1

[entry]
offset_ticks = 0

[hours]
session = "any"
"""


def said(played: Played) -> list[tuple[Any, ...]]:
    """Everything that the detectors said, but for the run's own numbers."""
    return [
        tuple(str(value) for key, value in row.items() if key not in ("id", "run", "outcome")) for row in played.signals
    ]


def days(folder: Path, start: time) -> tuple[list[Path], Path]:
    """Two sessions of half an hour as a tape each, and both as one."""
    wish = Wish("ES", seed=11, hours=0.5, start=start, days=2)
    each = [path for path, _ in write_days(folder, "day", wish)]
    whole = folder / "both.parquet"
    write_wish(whole, wish)
    return each, whole


@pytest.mark.parametrize("start", [time(9, 30), time(16, 30)])
def test_day_by_day_is_the_same_as_both_days_at_once(tmp_path: Path, start: time) -> None:
    (monday, tuesday), both = days(tmp_path, start)
    spec, kept = strategy(tmp_path, WATCHING), tmp_path / "monday.npz"
    whole = said(play(tmp_path, both, spec))
    first = play(tmp_path, monday, spec, warm=Wanted(save=kept))
    second = play(tmp_path, tuesday, spec, warm=Wanted(str(kept)))
    assert said(first) + said(second) == whole
    assert len(said(first)) > 5
    assert len(said(second)) > 5
    cold = said(play(tmp_path, tuesday, spec))
    assert cold != said(second), "the day before has changed nothing: then this proves nothing"
    assert second.outcome.warm
    # From 10:00 the market went on without a tape; after 17:00 there was none.
    assert ("WARMUP" in second.rules) == (start == time(9, 30))


def part(whole: Path, path: Path, first: str, until: str) -> Path:
    """The rows of a tape from one time of its day to another."""
    with open_tape(whole) as reader:
        facts, ticks = reader.facts, np.concatenate([rows.copy() for rows in reader.batches(1_000_000)])
    date = f"{datetime.fromtimestamp(facts.first_ns // 10**9, NEW_YORK):%Y-%m-%d}"
    kept = (ticks["ts"] >= ns(f"{date} {first}")) & (ticks["ts"] < ns(f"{date} {until}"))
    with TapeWriter(
        path,
        instrument=facts.instrument,
        contract=facts.contract,
        tick=facts.tick,
        source=facts.source,
        side_known=True,
        resolution_ns=facts.resolution_ns,
    ) as writer:
        writer.append(ticks[kept])
    return path


def heard(played: Played, clock: str) -> set[tuple[Any, ...]]:
    """What was said of the market from a time of the day on."""
    return {
        tuple(row[key] for key in ("ts_ns", "known_ns", "kind", "side", "timeframe", "price"))
        for row in played.signals
        if f"{datetime.fromtimestamp(row['ts_ns'] // 10**9, NEW_YORK):%H:%M:%S}" >= clock
    }


def test_a_restart_at_half_past_ten_waits_until_the_gap_is_made_up_and_goes_on(
    tmp_path: Path,
) -> None:
    whole, spec, kept = tmp_path / "whole.parquet", strategy(tmp_path, WATCHING), tmp_path / "early.npz"
    write_wish(whole, Wish("ES", seed=23, hours=1.75))
    undisturbed = play(tmp_path, whole, spec)
    play(tmp_path, part(whole, tmp_path / "early.parquet", "09:30", "10:30"), spec, warm=Wanted(save=kept))
    late = part(whole, tmp_path / "late.parquet", "10:33", "12:00")
    restarted = play(tmp_path, late, spec, warm=Wanted(str(kept)))

    # A quarter of an hour is open at 10:33, the longest bar that is waited for.
    waiting = [row for row in restarted.blocked if "WARMUP" in {reason["rule"] for reason in row["reasons"]}]
    times = [f"{datetime.fromtimestamp(row['ts_ns'] // 10**9, NEW_YORK):%H:%M}" for row in waiting]
    assert times
    assert (min(times), max(times)) == ("10:34", "10:44")
    (reason,) = [one for one in waiting[0]["reasons"] if one["rule"] == "WARMUP"]
    assert reason["facts"]["value"] == pytest.approx(180, abs=2)
    fills = [row["ts_ns"] for row in restarted.fills]
    assert fills
    assert min(fills) > waiting[-1]["ts_ns"], "nothing is entered before"
    # What is an average of hours lacks three minutes: a signal at the edge of its threshold may fall otherwise.
    true = heard(undisturbed, "10:45")
    others = len(heard(restarted, "10:45") ^ true)
    assert len(true) > 8
    assert others <= 0.25 * len(true)
    assert others < len(heard(play(tmp_path, late, spec), "10:45") ^ true), "cold it is another market"
