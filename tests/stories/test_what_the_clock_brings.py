"""A blackout begins, the close nears, the strategy's own hour to be flat strikes: entries go, positions leave.

The drill buys at the bid after two one-second bars; nothing but the clock does anything after that.
"""

from pathlib import Path

import pytest

from tests.laws.markets import DRILL
from tests.playing import Played, play, strategy
from tests.tapes import Tape, ns

PATIENT = DRILL.replace("stop_ticks = 3", "stop_ticks = 20").replace("target_ticks = 4", "target_ticks = 40")
PATIENT = PATIENT.replace('time_stop = "9s"', 'time_stop = "2h"').replace('ttl = "2s"', 'ttl = "1h"')


def entering(start: str) -> Tape:
    """A market of 40 × 60 at 4200.50/4200.75, and two closed bars."""
    tape = Tape(start=start).quote("4200.50", "4200.75", 40, 60)
    return tape.bought(1, "4200.75").wait(1).bought(1, "4200.75").wait(1).wait(1)


def quiet(tape: Tape, until: str) -> Tape:
    """The same quote again every ten seconds."""
    while tape.now < ns(until):
        tape.wait(10)
    return tape


def run(folder: Path, tape: Tape, text: str = PATIENT, calendar: str = "none") -> Played:
    return play(folder, tape, strategy(folder, text), calendar=calendar, sets=["replay.latency_ms=0"])


def minutes_at(folder: Path, clock: str) -> str:
    """A calendar with one release of minutes on 27 May 2026."""
    path = folder / "calendar.csv"
    path.write_text(
        "event,date_local,time_local,tz,ts_utc,status\n"
        f"fomc_minutes,2026-05-27,{clock},America/New_York,,scheduled\n"
        "fomc_statement,2026-05-27,18:00,America/New_York,,scheduled\n"
        "fomc_press_conference,2026-05-27,18:30,America/New_York,,scheduled\n"
        "cpi,2026-05-27,18:00,America/New_York,,scheduled\n"
        "nfp,2026-05-27,18:00,America/New_York,,scheduled\n"
        "ppi,2026-05-27,18:00,America/New_York,,scheduled\n"
    )
    return str(path)


def test_an_entry_that_rests_when_a_blackout_begins_is_cancelled(tmp_path: Path) -> None:
    tape = quiet(entering("2026-05-27 10:00"), "2026-05-27 10:06").sold(100, "4200.25").wait(1)
    played = run(tmp_path, tape, calendar=minutes_at(tmp_path, "10:08"))
    entry = played.orders[0]
    assert entry["state"] == "cancelled"
    assert "blackout" in played.words_of(entry["id"])
    assert played.fills == []


def test_without_the_blackout_the_same_entry_fills(tmp_path: Path) -> None:
    tape = quiet(entering("2026-05-27 10:00"), "2026-05-27 10:06").sold(100, "4200.25").wait(1)
    assert run(tmp_path, tape).fills[0]["role"] == "entry"


def test_a_position_is_kept_under_its_stop_through_a_blackout(tmp_path: Path) -> None:
    tape = quiet(entering("2026-05-27 10:00").sold(41, "4200.50"), "2026-05-27 10:30")
    played = run(tmp_path, tape, calendar=minutes_at(tmp_path, "10:08"))
    assert [trip["exit_reason"] for trip in played.round_trips] == ["tape-end"]


def leaving(how: str, more: str = "") -> str:
    """The patient drill with a policy for blackouts."""
    told = PATIENT.replace('time_stop = "2h"', f'time_stop = "2h"\non_blackout = "{how}"')
    return f"{told}\n[blackout]\n{more}\n" if more else told


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (leaving("flatten"), "10:08"),  # where the window begins, five minutes before the minutes
        (leaving("flatten", 'flatten_before = "2m"'), "10:11"),
        (leaving("flatten", 'flatten_before = "30m"'), "10:08"),  # never before entries are closed
    ],
)
def test_who_wants_no_news_leaves_before_it(tmp_path: Path, policy: str, left: str) -> None:
    tape = quiet(entering("2026-05-27 10:00").sold(41, "4200.50"), "2026-05-27 10:30")
    played = run(tmp_path, tape, policy, calendar=minutes_at(tmp_path, "10:13"))
    (trip,) = played.round_trips
    assert trip["exit_reason"] == "blackout"
    assert 0 <= trip["exit_ns"] - ns(f"2026-05-27 {left}") < 11 * 10**9
    assert all(order["state"] in ("filled", "cancelled") for order in played.orders)


def test_what_fills_against_its_cancellation_leaves_as_well(tmp_path: Path) -> None:
    # The window begins at 10:08; a cancellation takes two seconds, and the entry fills in the first of them.
    tape = quiet(entering("2026-05-27 10:00"), "2026-05-27 10:07:45").at("10:08:01").sold(100, "4200.50").wait(1)
    tape = quiet(tape, "2026-05-27 10:30")
    calendar, spec = minutes_at(tmp_path, "10:13"), strategy(tmp_path, leaving("flatten"))
    sets = ["replay.latency_ms=0", "replay.cancel_latency_ms=2000"]
    played = play(tmp_path, tape, spec, calendar=calendar, sets=sets)
    (trip,) = played.round_trips
    assert trip["entry_ns"] > ns("2026-05-27 10:08")
    assert trip["exit_reason"] == "blackout"


def test_the_market_exit_leaves_at_the_very_edge(tmp_path: Path) -> None:
    tape = quiet(entering("2026-05-27 10:00").sold(41, "4200.50"), "2026-05-27 10:30")
    played = run(tmp_path, tape, leaving("flatten"), calendar=minutes_at(tmp_path, "10:13"))
    (out,) = [order for order in played.orders if order["role"] == "flatten"]
    assert out["created_ns"] == ns("2026-05-27 10:08")


def test_a_stop_that_is_drawn_near_for_the_news_loses_a_tick_and_not_twenty(tmp_path: Path) -> None:
    # Bought at 4200.50, stopped twenty ticks below; the market has not moved when the window begins at 10:08.
    tape = quiet(entering("2026-05-27 10:00").sold(41, "4200.50"), "2026-05-27 10:12")
    tape = quiet(tape.quote("4198.00", "4198.25").sold(5, "4198.00"), "2026-05-27 10:30")
    held, near = (
        run(_folder(tmp_path, how), tape, leaving(how), calendar=minutes_at(tmp_path, "10:13"))
        for how in ("hold", "tighten")
    )
    assert [trip["exit_reason"] for trip in held.round_trips] == ["tape-end"]
    (trip,) = near.round_trips
    assert ns("2026-05-27 10:12") <= trip["exit_ns"] < ns("2026-05-27 10:13")


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def test_nobody_carries_a_position_over_the_session_s_close(tmp_path: Path) -> None:
    tape = quiet(entering("2026-05-27 16:45").sold(41, "4200.50"), "2026-05-27 16:58")
    (trip,) = run(tmp_path, tape).round_trips
    assert trip["exit_reason"] == "session"
    assert ns("2026-05-27 16:55") <= trip["exit_ns"] < ns("2026-05-27 16:56")


def test_a_half_day_ends_earlier(tmp_path: Path) -> None:
    """Friday after Thanksgiving 2026: the exchange closes equity futures at 13:15 New York."""
    tape = quiet(entering("2026-11-27 13:00").sold(41, "4200.50"), "2026-11-27 13:14")
    (trip,) = run(tmp_path, tape).round_trips
    assert trip["exit_reason"] == "session"
    assert ns("2026-11-27 13:10") <= trip["exit_ns"] < ns("2026-11-27 13:11")


@pytest.mark.parametrize("clock", ["10:03", "10:05"])
def test_a_strategy_is_flat_by_its_own_hour(tmp_path: Path, clock: str) -> None:
    text = PATIENT.replace('time_stop = "2h"', f'time_stop = "2h"\nflat_by = "{clock}"')
    tape = quiet(entering("2026-05-27 10:00").sold(41, "4200.50"), "2026-05-27 10:10")
    (trip, *_) = run(tmp_path, tape, text).round_trips
    assert trip["exit_reason"] == "session"
    assert 0 <= trip["exit_ns"] - ns(f"2026-05-27 {clock}") < 11 * 10**9
