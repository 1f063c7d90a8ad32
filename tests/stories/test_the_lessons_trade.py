"""The worked ES trade, 25 May 2023: 80 % at the ask, sellers absorbed at 4200.25, a tail; 4200.50 / 4199.75 / 4202.00.

Goal: the journal tells that trade under each fill model, in the mirror, in pieces. Method: the 360 rows of the fixture.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.resources import shipped
from tests.playing import Played, play, strategy
from tests.tapes import Tape, lesson, ns

DAY = "2023-05-25 "


def trade(folder: Path, tape: Tape, *sets: str, contract: str = "ESM2023", **more: Any) -> Played:
    return play(folder, tape, "lesson-es.toml", contract=contract, sets=sets, **more)


def test_m29_f11_six_ticks_and_two_r_within_a_quarter_of_an_hour_from_the_queue(tmp_path: Path) -> None:
    played = trade(tmp_path, lesson())
    (trip,) = played.round_trips
    assert (trip["side"], trip["quantity"], trip["exit_reason"]) == ("long", 1, "target")
    assert (trip["entry_price"], trip["exit_price"]) == ("4200.50", "4202.00")
    assert (trip["entry_ns"], trip["exit_ns"]) == (ns(DAY + "09:41:30"), ns(DAY + "09:55:50"))
    assert (trip["ticks"], trip["r"], trip["r_planned"]) == (6, 2, 2)
    assert (trip["gross"], trip["net"]) == ("75.00", "70.50")
    assert [(one["role"], one["price"], one["stop_price"]) for one in played.orders] == [
        ("entry", "4200.50", None),
        ("stop", None, "4199.75"),
        ("target", "4202.00", None),
    ]


def test_m26_a_minor_tail_alone_never_reaches_an_order(tmp_path: Path) -> None:
    """The same tape, but no level took enough to be absorbed: the tail is journalled, and nobody is asked."""
    text = shipped("config/strategies/lesson-es.toml").read_text()
    alone = strategy(tmp_path, text.replace("volume_min = 100", "volume_min = 100_000", 1))
    played = play(tmp_path, lesson(), alone, contract="ESM2023")
    kinds = {one["kind"]: one["outcome"] for one in played.signals}
    assert kinds["rejection_minor"] == "unused"
    assert "absorption_rejection" not in kinds
    assert (played.orders, played.blocked) == ([], [])


@pytest.mark.parametrize(("most", "trades"), [(0, True), (-100, False)])
def test_m20_f4_the_entry_comes_after_an_inventory_dip(tmp_path: Path, most: int, trades: bool) -> None:
    """Six hundred more bought than sold before the entry: makers are short. A hundred usual flows they are not."""
    text = shipped("config/strategies/lesson-es.toml").read_text()
    asking = strategy(tmp_path, text.replace("[bracket]", f"[params]\ninventory_max = {most}\n\n[bracket]", 1))
    played = play(tmp_path, lesson(), asking, contract="ESM2023")
    assert len(played.round_trips) == trades
    assert played.rules == (set() if trades else {"INVENTORY"})


def test_m29_f10_the_optimist_is_filled_at_the_first_touch(tmp_path: Path) -> None:
    (trip,) = trade(tmp_path, lesson(), "replay.fill_model=touch").round_trips
    assert (trip["entry_ns"], trip["exit_ns"]) == (ns(DAY + "09:41:05"), ns(DAY + "09:55:40"))
    assert (trip["ticks"], trip["r"]) == (6, 2)


def test_m29_f12_the_pessimist_is_never_filled_and_the_journal_says_why(tmp_path: Path) -> None:
    played = trade(tmp_path, lesson(), "replay.fill_model=through")
    assert (played.round_trips, played.fills) == ([], [])
    assert {one["state"] for one in played.orders} == {"cancelled"}
    assert "ttl" in played.words_of(played.orders[0]["id"])


def test_the_signal_carries_the_numbers_that_made_it(tmp_path: Path) -> None:
    played = trade(tmp_path, lesson())
    seen = {one["kind"]: one for one in played.signals}
    confluence = seen["absorption_rejection"]
    assert confluence["outcome"] == "approved"
    assert confluence["ts_ns"] == ns(DAY + "09:41")
    assert confluence["evidence"]["cluster_low"] == 16800
    assert confluence["evidence"]["zone"] == 16808
    assert seen["imbalance"]["evidence"]["share"] == pytest.approx(0.8)
    assert seen["absorption"]["ts_ns"] == ns(DAY + "09:40:47")


def test_the_mirror_of_the_tape_is_the_mirror_of_the_trade(tmp_path: Path) -> None:
    (trip,) = trade(tmp_path, lesson().mirrored(16802)).round_trips
    assert (trip["side"], trip["entry_price"], trip["exit_price"]) == ("short", "4200.50", "4199.00")
    assert (trip["entry_ns"], trip["exit_ns"]) == (ns(DAY + "09:41:30"), ns(DAY + "09:55:50"))
    assert (trip["ticks"], trip["r"]) == (6, 2)


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_trade_does_not_depend_on_how_the_tape_is_cut(tmp_path: Path, batch: int) -> None:
    assert trade(tmp_path, lesson(), batch=batch).hash == trade(tmp_path, lesson()).hash


def test_money_at_risk_decides_the_size(tmp_path: Path) -> None:
    text = shipped("config/strategies/lesson-es.toml").read_text()
    small = tmp_path / "small.toml"
    small.write_text(text.replace("contracts = 1", "risk_usd = 50"))
    played = play(tmp_path, lesson(), small, contract="ESM2023")
    (blocked,) = played.blocked
    (reason,) = blocked["reasons"]
    assert reason["rule"] == "SIZE_ZERO"
    assert Decimal(reason["facts"]["unit"]) == Decimal("54.50")
    assert "3 ticks × 12.50 + 17.00 costs = 54.50" in reason["message"]


@pytest.mark.parametrize(("start", "words"), [("13:49", "FOMC statement"), ("14:59", "FOMC press conference")])
def test_m18_f16_on_an_fomc_day_the_same_tape_makes_no_order(tmp_path: Path, start: str, words: str) -> None:
    """17 June 2026 was a meeting: the entry would be at 14:00, or at 15:10 in the press conference."""
    played = trade(tmp_path, lesson(f"2026-06-17 {start}"), calendar=None, contract="ESU2026")
    assert (played.orders, played.round_trips) == ([], [])
    (blocked,) = played.blocked
    reasons = [reason for reason in blocked["reasons"] if reason["rule"] == "blackout"]
    told = " ".join(reason["message"] for reason in reasons)
    assert words in told
    assert "13:30" in told
    assert "15:30" in told
    assert "fomc.csv" in str(reasons)
    unaware = trade(tmp_path, lesson(f"2026-06-17 {start}"), calendar="none", contract="ESU2026")
    assert len(unaware.round_trips) == 1
    assert [one["kind"] for one in unaware.signals] == [one["kind"] for one in played.signals]


def test_on_any_other_day_it_does(tmp_path: Path) -> None:
    played = trade(tmp_path, lesson("2026-06-10 13:49"), calendar=None, contract="ESU2026")
    assert len(played.round_trips) == 1
