"""A drill loses until the day's limit stands in its way; in the next exchange session it trades again.

The day is the exchange's: it ends at 17:00 New York and the next begins at 18:00, hours before midnight.
"""

from pathlib import Path

from tests.laws.markets import DRILL
from tests.playing import Played, play, strategy
from tests.tapes import Tape, ns

LIMIT = "risk.max_daily_loss_usd=400"


def drill(folder: Path) -> Path:
    """The target is out of reach: only stops are hit."""
    return strategy(folder, DRILL.replace("target_ticks = 4", "target_ticks = 60"))


def losing(tape: Tape, times: int) -> Tape:
    """Whatever side the drill takes, price fills it and then jumps through its stop."""
    for _ in range(times):
        tape.quote("4200.50", "4200.75", 1, 1)
        for _ in range(3):
            tape.bought(1, "4200.75").wait(1)
        tape.sold(3, "4200.50").bought(3, "4200.75").wait(0.1)
        tape.quote("4198.00", "4198.25").sold(1, "4198.00").wait(0.1)
        tape.quote("4203.00", "4203.25").bought(1, "4203.25").wait(0.1)
    return tape


def two_sessions(folder: Path) -> Played:
    tape = losing(Tape(start="2026-05-27 16:00").quote("4200.50", "4200.75", 1, 1), 8)
    tape.at("18:05").quote("4200.50", "4200.75", 1, 1)
    for _ in range(90):  # after a gap the halt guard waits for a whole quiet minute
        tape.bought(1, "4200.75").wait(1)
    return play(folder, losing(tape, 3), drill(folder), sets=[LIMIT, "replay.latency_ms=0"])


def test_the_next_proposal_after_the_limit_is_blocked_and_the_next_session_opens_again(tmp_path: Path) -> None:
    played = two_sessions(tmp_path)
    evening = ns("2026-05-27 18:00")
    lost = [trip for trip in played.round_trips if trip["exit_ns"] < evening]
    blocked = [
        (row["ts_ns"], reason) for row in played.blocked for reason in row["reasons"] if reason["rule"] == "daily_loss"
    ]
    assert len(lost) >= 2
    assert all(trip["ticks"] < 0 for trip in lost)
    assert blocked
    assert max(trip["exit_ns"] for trip in lost) <= min(ts for ts, _ in blocked) < evening
    assert all(key in blocked[0][1]["facts"] for key in ("net", "limit"))
    assert [trip for trip in played.round_trips if trip["entry_ns"] >= evening]


def test_a_higher_limit_blocks_later(tmp_path: Path) -> None:
    few = two_sessions(tmp_path)
    tape = losing(Tape(start="2026-05-27 16:00").quote("4200.50", "4200.75", 1, 1), 8)
    many = play(tmp_path, tape, drill(tmp_path), sets=["risk.max_daily_loss_usd=100000", "replay.latency_ms=0"])
    assert "daily_loss" not in many.rules
    assert len(many.round_trips) > len([t for t in few.round_trips if t["exit_ns"] < ns("2026-05-27 18:00")])
