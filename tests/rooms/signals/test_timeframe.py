"""The bar length that a market deserves: markets of known spread and pace, days that disagree, what `check` says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.synthetic.synth import write_tape
from bot.cli.app import app
from bot.domain.market import ABSENT, PRINT, QUOTE, TICK, Ticks
from bot.signals.timeframe import LENGTHS, MINUTE_NS, DayFacts, Length, choose, settle
from bot.signals.timeframe_days import Measure
from tests.rooms.signals.scanning import lively, weekdays
from tests.tapes import SECOND, mirrored, ns

DAY = "2026-05-27"
FEES = 0.36
M1, M5, M15, H1, D1 = LENGTHS


def trending(ticks_a_minute: float, prints_a_minute: int, spread: int, busy: float = 1.0) -> Ticks:
    """A regular session that rises evenly, printing in the first `busy` share of each minute: every figure is known."""
    minutes, gap = 390, int(60 * SECOND * busy) // prints_a_minute
    start = ns(f"{DAY} 09:30")
    at = start + np.arange(minutes)[:, None] * 60 * SECOND + np.arange(prints_a_minute)[None, :] * gap
    stamps = at.ravel()
    rows: Ticks = np.zeros(2 * len(stamps) + 1, TICK)
    rows["kind"][0::2], rows["kind"][1::2] = QUOTE, PRINT
    rows["ts"][0:-1:2] = rows["ts"][1::2] = stamps
    rows["ts"][-1] = start + minutes * 60 * SECOND
    rows["bid"] = 20_000 + ((rows["ts"] - start) / (60 * SECOND) * ticks_a_minute).astype(np.int64)
    rows["ask"] = rows["bid"] + spread
    rows["price"] = np.where(rows["kind"] == PRINT, rows["bid"], ABSENT)
    rows["size"] = np.where(rows["kind"] == PRINT, 2, 0)
    rows["bid_size"] = rows["ask_size"] = 30
    return rows


def measured(*batches: Ticks) -> list[DayFacts]:
    measure = Measure(weekdays(DAY))
    for ticks in batches:
        measure.read(ticks)
    return measure.facts()


# The range must be six times spread + fees: 8.2 ticks at a spread of one.
@pytest.mark.parametrize(
    ("ticks_a_minute", "prints_a_minute", "spread", "busy", "expected"),
    [
        (12, 300, 1, 1.0, M1),
        (3, 300, 1, 1.0, M5),  # too quiet for a minute
        (12, 300, 5, 1.0, M5),  # too wide for a minute
        (12, 100, 1, 1.0, M5),  # too few prints in a minute
        (0.8, 300, 1, 1.0, M15),
        (12, 300, 1, 0.4, M15),  # prints in bursts: tenths of a minute and of five are empty, of fifteen none
        (0.2, 300, 1, 1.0, H1),
        (0.05, 300, 1, 1.0, D1),
    ],
)
def test_a_market_of_known_spread_and_pace_gets_the_bar_of_the_table(
    ticks_a_minute: float, prints_a_minute: int, spread: int, busy: float, expected: int
) -> None:
    (day,) = measured(trending(ticks_a_minute, prints_a_minute, spread, busy))
    assert day.whole
    assert (day.spread_ticks, day.depth) == (spread, 30)
    assert day.prints_per_hour == pytest.approx(60 * prints_a_minute)
    choice = choose([day], fee_ticks=FEES)
    assert (choice.timeframe_ns, choice.measured_ns, choice.bound) == (expected, expected, "measurement")
    assert len(choice.reasons) == LENGTHS.index(expected) + 1


def test_the_context_is_one_of_the_next_two_lengths_up() -> None:
    (day,) = measured(trending(12, 300, 1))
    contexts = {length: choose([day], fee_ticks=FEES, floor_ns=length) for length in LENGTHS}
    assert [contexts[length].contexts for length in LENGTHS] == [(M5, M15), (M15, H1), (H1, D1), (D1,), ()]
    assert [contexts[length].context_ns for length in LENGTHS] == [M5, M15, D1, D1, None]


def test_nothing_below_the_floor_is_proposed_and_the_floor_is_said_to_bind() -> None:
    (day,) = measured(trending(12, 300, 1))
    choice = choose([day], fee_ticks=FEES, floor_ns=M15)
    assert (choice.timeframe_ns, choice.measured_ns, choice.bound) == (M15, M1, "floor")
    assert "floor" in choice.reasons[-1]
    assert choose([day], fee_ticks=FEES, floor_ns=10 * MINUTE_NS).timeframe_ns == M15


def test_where_the_measurement_wants_more_than_the_floor_it_binds() -> None:
    (day,) = measured(trending(0.2, 300, 1))
    assert choose([day], fee_ticks=FEES, floor_ns=M15).bound == "measurement"


def test_without_any_day_the_floor_is_all_there_is() -> None:
    choice = choose([], fee_ticks=FEES, floor_ns=M15)
    assert (choice.timeframe_ns, choice.measured_ns, choice.bound, choice.facts) == (M15, None, "floor", None)


def test_a_length_of_which_no_whole_bar_was_seen_is_not_refuted() -> None:
    ticks = trending(0.2, 300, 1)
    (day,) = measured(ticks[ticks["ts"] < ns(f"{DAY} 10:20")])
    assert not day.whole
    assert set(day.lengths) == {M1, M5, M15}
    choice = choose([day], fee_ticks=FEES)
    assert choice.timeframe_ns == H1
    assert "not one whole bar" in choice.reasons[-1]


def day(number: int, range_1m: float, *, whole: bool = True) -> DayFacts:
    """A day whose minutes have this range and whose longer bars have all that it takes."""
    plenty = Length(10, 1000.0, 5000.0, 0.0)
    lengths = {M1: Length(390, range_1m, 400.0, 0.0), **dict.fromkeys(LENGTHS[1:], plenty)}
    return DayFacts(20260500 + number, whole, 1.0, 20.0, 24_000.0, lengths)


def test_three_days_must_agree_before_anything_changes() -> None:
    wide, narrow = 12.0, 5.0
    # The answer of a day is the median of all days so far; many narrow ones first.
    days = [day(k, wide) for k in range(3)]
    assert settle(days, fee_ticks=FEES) == M1
    for more in range(1, 4):
        days.append(replace(day(2 + more, narrow)))
    # Medians of 4, 5 and 6 days: 12, 12, 8.5 - the range still pays.
    assert settle(days, fee_ticks=FEES) == M1
    days += [day(6, narrow), day(7, narrow)]
    assert choose(days, fee_ticks=FEES).timeframe_ns == M5
    assert settle(days, fee_ticks=FEES) == M1, "two days are not three"
    days.append(day(8, narrow))
    assert settle(days, fee_ticks=FEES) == M5


def test_what_is_in_force_stays_until_days_speak_against_it() -> None:
    assert settle([], fee_ticks=FEES, current_ns=M15) == M15
    assert settle([day(1, 12.0), day(2, 12.0)], fee_ticks=FEES, current_ns=M15) == M15
    assert settle([day(1, 12.0), day(2, 12.0), day(3, 12.0)], fee_ticks=FEES, current_ns=M15) == M1


def test_a_broken_day_counts_only_where_there_is_no_whole_one() -> None:
    broken = day(2, 2.0, whole=False)
    assert choose([broken], fee_ticks=FEES).timeframe_ns == M5
    assert choose([day(1, 12.0), broken], fee_ticks=FEES).timeframe_ns == M1


def test_only_the_last_twenty_days_count() -> None:
    days = [day(k, 2.0) for k in range(30)] + [day(30 + k, 12.0) for k in range(20)]
    choice = choose(days, fee_ticks=FEES)
    assert (choice.timeframe_ns, choice.days) == (M1, 20)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.lists(st.integers(1, 80), min_size=1, max_size=30))
def test_how_the_tape_is_cut_changes_nothing(seed: int, lengths: list[int]) -> None:
    ticks = lively(seed)
    cuts = np.cumsum(lengths)
    pieces = np.split(ticks, cuts[cuts < len(ticks)])
    days = weekdays("2026-05-26", "2026-05-27", "2026-05-28")

    def facts(batches: list[Ticks]) -> list[DayFacts]:
        measure = Measure(days, whole_session=True)
        for batch in batches:
            measure.read(batch)
        return measure.facts()

    assert facts([ticks])
    assert facts([ticks]) == facts(pieces) == facts([mirrored(ticks, 16_800)])


def cli(*words: str) -> Any:
    return CliRunner().invoke(app, [*words])


@pytest.fixture(scope="module")
def crude(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("timeframe") / "cl.parquet"
    write_tape(path, product="CL", seed=3, hours=1)
    return path


def test_m33_crude_oil_and_gold_get_no_less_than_fifteen_minutes_and_the_spread_is_measured(
    crude: Path, tmp_path: Path
) -> None:
    gold = tmp_path / "gc.parquet"
    write_tape(gold, product="GC", seed=3, hours=1)
    done = cli("tape", "timeframe", str(crude), str(gold), "--json")
    assert done.exit_code == 0, done.output
    oil, metal = json.loads(done.stdout)
    assert (oil["instrument"], oil["timeframe"], oil["context"], oil["bound"]) == ("CL", "15m", "1d", "floor")
    assert (metal["instrument"], metal["timeframe"]) == ("GC", "15m")
    assert oil["measured"] in ("1m", "5m")
    # The lesson calls both wide: crude is one tick wide here, gold two.
    assert (oil["spread_ticks"], metal["spread_ticks"]) == (1.0, 2.0)
    told = cli("tape", "timeframe", str(crude)).output
    assert "bound by the floor" in told
    assert "spread 1.0 ticks" in told


def checked(folder: Path, instrument: str, timeframe: str, *sets: str) -> list[dict[str, Any]]:
    """The faults that `check` finds with a drill of this timeframe."""
    path = folder / "spec.toml"
    path.write_text(
        f'name = "spec"\nstrategy = "drill"\ninstrument = "{instrument}"\ntimeframe = "{timeframe}"\n'
        "[bracket]\nstop_ticks = 12\ntarget_ticks = 24\ncontracts = 1\n"
    )
    settings = folder / "bot.toml"
    settings.write_text('strategies = ["spec.toml"]\n')
    done = cli("check", "--config", str(settings), *(f"--set={one}" for one in sets), "--json")
    assert done.exit_code == 0, done.output
    return [row for row in json.loads(done.stdout) if row["key"] == "timeframe"]


@pytest.mark.parametrize("timeframe", ["1m", "5m"])
def test_es_on_one_to_five_minutes_is_left_alone(tmp_path: Path, timeframe: str) -> None:
    assert checked(tmp_path, "ES", timeframe) == []


def test_es_on_fifteen_minutes_is_warned_of_with_what_was_measured(tmp_path: Path) -> None:
    (fault,) = checked(tmp_path, "ES", "15m")
    assert fault["level"] == "warning"
    assert "on demo (spread 1.0 ticks" in fault["message"]
    assert fault["do"] == 'timeframe = "1m", context = "5m"'


def test_crude_oil_on_a_minute_is_warned_of_by_its_floor_without_a_tape_and_by_measurement_with_one(
    tmp_path: Path, crude: Path
) -> None:
    (fault,) = checked(tmp_path, "CL", "1m")
    assert "its floor, no tape of it being at hand" in fault["message"]
    assert fault["do"] == 'timeframe = "15m", context = "1d"'
    (fault,) = checked(tmp_path, "CL", "1m", f"adapters.replay.tape={crude}")
    assert "spread 1.0 ticks" in fault["message"]
    assert checked(tmp_path, "CL", "15m") == checked(tmp_path, "CL", "1d") == []
