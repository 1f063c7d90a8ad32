"""Given rows written through the port, the lists say what a person would say who had watched."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.domain.decision import Blocked, Reason, Refusal
from bot.domain.order import CommissionReport, OrderReport, OrderState
from bot.errors import InputMissing, UsageError
from bot.journal import lists
from bot.journal.filters import Filters, parse_day, parse_time
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.shapes import LISTS
from tests.rooms.journal.build import CPI, MINUTE, OPENING, SECOND, Told, Wall, the_lesson, writer

DAY = 86_400 * SECOND


def listed(url: str, name: str, run: str = "last", **wanted: Any) -> list[dict[str, Any]]:
    """One list, valid against the schema that the program ships."""
    with reading(place(url)) as reader:
        rows = getattr(lists, f"list_{name.replace('-', '_')}")(reader, reader.choose(run), Filters(**wanted))
    jsonschema.validate(rows, LISTS[name])
    return list(rows)


def test_the_worked_trade_is_six_ticks_and_two_r(url: str) -> None:
    with writer(url, run="run") as journal:
        bracket = the_lesson(Told(journal))
        journal.finish({})
    assert listed(url, "round-trips") == [
        {
            "id": bracket.id,
            "run": "run",
            "instrument": "ES",
            "contract": "ESM2023",
            "strategy": "lesson",
            "side": "long",
            "quantity": 1,
            "entry_ns": OPENING + 690 * SECOND,
            "exit_ns": OPENING + 1550 * SECOND,
            "entry_price": "4200.50",
            "exit_price": "4202.00",
            "ticks": 6,
            "gross": "75.00",
            "commission": "4.12",
            "net": "70.88",
            "r": 2.0,
            "r_net": pytest.approx(70.88 / 37.5, abs=1e-6),
            "r_planned": 2.0,
            "slippage_ticks": 0,
            "mae_ticks": 1,
            "mfe_ticks": 6,
            "exit_reason": "target",
            "signal_id": bracket.approved.proposal.signal_id,
            "config_hash": "c0ffee",
            "tags": [],
            "notes": [],
        }
    ]


def test_what_was_done_after_a_reload_carries_its_settings(url: str) -> None:
    # given a run that went on with other settings, and another one after it
    with writer(url, run="one") as journal:
        told = Told(journal)
        the_lesson(told)
        journal.config_revision({"bot.toml": ""}, "beef", ["lesson", "other"], "shipped", OPENING, "other", "me")
        the_lesson(told)
    with writer(url, run="two", config_hash="f00d") as journal:
        the_lesson(Told(journal))
    # then whatever each run saw and did carries what held there
    for name in ("signals", "round-trips"):
        assert [row["config_hash"] for row in listed(url, name, "all")] == ["c0ffee", "beef", "f00d"]
    one, two = listed(url, "runs", "all")
    assert [(row["config_hash"], row["strategies"], row["who"]) for row in one["revisions"]] == [
        ("beef", ["lesson", "other"], "me")
    ]
    assert two["revisions"] == []
    # and a run is found by a strategy that it had for a part of its time
    assert [row["run"] for row in listed(url, "runs", "all", strategy="other")] == ["one"]


def test_slippage_makes_a_stopped_trade_worse_than_minus_one(url: str) -> None:
    with writer(url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
        told.fill(bracket.stop, 2, 16797)  # the trigger was 16799
    (trip,) = listed(url, "round-trips")
    assert (trip["ticks"], trip["slippage_ticks"], trip["exit_reason"]) == (-5, 2, "stop")
    assert trip["r"] == pytest.approx(-5 / 3, abs=1e-6)
    assert trip["mae_ticks"] is None


def test_a_short_gains_when_the_price_falls(url: str) -> None:
    with writer(url) as journal:
        told = Told(journal)
        bracket = told.bracket(0, side=-1)
        told.fill(bracket.entry, 1, 16801)  # sold a tick lower than asked
        told.fill(bracket.target, 2, 16796)
    (trip,) = listed(url, "round-trips")
    assert (trip["side"], trip["ticks"], trip["net"], trip["slippage_ticks"]) == ("short", 5, "58.38", 1)
    assert trip["r"] == pytest.approx(5 / 4)  # risk from the fill, 16801, to the stop, 16805


def test_partial_fills_are_weighted_by_quantity(url: str) -> None:
    with writer(url) as journal:
        told = Told(journal)
        bracket = told.bracket(0, quantity=3)
        told.fill(bracket.entry, 1, 16802, quantity=1)
        told.fill(bracket.entry, 2, 16801, quantity=2)
        told.fill(bracket.target, 3, 16808, quantity=2)
        assert listed_held(url, journal) == []  # one unit is still held
        told.fill(bracket.stop, 4, 16799, quantity=1)
    (trip,) = listed(url, "round-trips")
    assert (trip["quantity"], trip["gross"], trip["commission"]) == (3, "137.50", "12.36")
    assert (trip["entry_price"], trip["exit_price"]) == ("4200.33333333", "4201.25")
    assert trip["ticks"] == pytest.approx(11 / 3)
    assert trip["exit_reason"] == "stop"


def listed_held(url: str, journal: Any) -> list[dict[str, Any]]:
    """Round trips while the writer is still at work."""
    journal.flush()
    return listed(url, "round-trips")


@pytest.mark.parametrize("reason", ["time", "blackout", "session", "tape-end", "flatten"])
def test_a_market_exit_keeps_its_own_reason(file_url: str, reason: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
        told.fill(told.flatten(bracket, 2, reason), 3, 16803)
    (trip,) = listed(file_url, "round-trips")
    assert (trip["exit_reason"], trip["ticks"], trip["slippage_ticks"]) == (reason, 1, 0)


def test_an_entry_filled_on_its_own_stop_has_no_r(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16799)
        told.fill(bracket.stop, 2, 16799)
    (trip,) = listed(file_url, "round-trips")
    assert (trip["r"], trip["r_net"], trip["ticks"]) == (None, None, 0)


def test_a_round_trip_that_a_later_run_ends_belongs_to_the_run_that_began_it(file_url: str) -> None:
    """A daemon is started again while it holds a position; the exit is journalled by the second run."""
    with writer(file_url, run="first", account="DU1") as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
    with writer(file_url, run="second", account="DU1") as journal:
        Told(journal, executions=5).fill(bracket.target, 90, 16808)
    assert [trip["ticks"] for trip in listed(file_url, "round-trips", "first")] == [6]
    assert listed(file_url, "round-trips", "second") == []
    assert [fill["role"] for fill in listed(file_url, "fills", "second")] == ["target"]
    assert [order["state"] for order in listed(file_url, "orders", "first")] == ["filled", "working", "filled"]


def test_a_signal_is_approved_blocked_or_unused(url: str) -> None:
    with writer(url) as journal:
        told = Told(journal)
        the_lesson(told)
        told.blocked(2000)
        told.signal(3000, kind="sweep", side=-1)
        journal.finish({})
    signals = listed(url, "signals")
    assert [(row["kind"], row["side"], row["outcome"]) for row in signals] == [
        ("absorption_rejection", "long", "approved"),
        ("absorption_rejection", "long", "blocked"),
        ("sweep", "short", "unused"),
    ]
    assert signals[0]["price"] == "4200.25"
    assert signals[0]["known_ns"] - signals[0]["ts_ns"] == 250_000_000
    assert signals[0]["evidence"]["cluster_low"] == 16800.0
    assert signals[0]["evidence"]["zone"] is None  # a number that is none


def test_a_blocked_row_keeps_every_reason_with_its_numbers(url: str) -> None:
    loss = Reason("daily_loss", "300 of 300 USD lost", {"lost": "300", "limit": "300"})
    with writer(url) as journal:
        decision = Told(journal).blocked(0, CPI, loss)
    (row,) = listed(url, "blocked")
    assert row["id"] == decision
    assert row["reasons"] == [
        {"rule": "blackout", "message": CPI.message, "facts": {"kind": "cpi", "source": "bls-2026.csv"}},
        {"rule": "daily_loss", "message": "300 of 300 USD lost", "facts": {"limit": "300", "lost": "300"}},
    ]


def test_a_refusal_without_a_proposal_is_a_blocked_row(url: str) -> None:
    with writer(url) as journal:
        signal = Told(journal).signal(0)
        reasons = (Reason("SIZE_ZERO", "floor(20 / 41.62) = 0", {"risk_usd": "20"}),)
        refusal = Refusal("lesson", 0, 1, signal.id, signal.known, reasons)
        journal.decision(journal.next_id(), Blocked(refusal, signal.known, reasons))
        journal.commit()
    assert [row["reasons"][0]["rule"] for row in listed(url, "blocked")] == ["SIZE_ZERO"]


def test_a_dry_approval_is_approved_and_sends_nothing(url: str) -> None:
    with writer(url, dry=True) as journal:
        told = Told(journal)
        approved = told.approved(told.signal(0))
        journal.decision(journal.next_id(), approved, dry=True)
        journal.commit()
    assert [row["outcome"] for row in listed(url, "signals")] == ["approved"]
    assert (listed(url, "orders"), listed(url, "blocked")) == ([], [])


def test_an_order_is_intended_until_somebody_says_more(url: str) -> None:
    with writer(url, durability="process") as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        order = told.flatten(bracket, 9, "time")
        journal.order_event(OrderReport(bracket.entry.client_order_id, OrderState.CANCELLED, told.at(9), "77", "ttl"))
        journal.commit()
        orders = listed(url, "orders")
    assert [(row["role"], row["side"], row["type"], row["state"]) for row in orders] == [
        ("entry", "buy", "limit", "cancelled"),
        ("stop", "sell", "stop", "working"),
        ("target", "sell", "limit", "working"),
        ("flatten", "sell", "market", "intended"),
    ]
    assert [(row["price"], row["stop_price"]) for row in orders][:3] == [
        ("4200.50", None),
        (None, "4199.75"),
        ("4202.00", None),
    ]
    assert orders[3]["id"] == order.client_order_id


def test_a_fill_has_no_commission_until_the_broker_says_it_and_then_the_newest(url: str) -> None:
    with writer(url, durability="process") as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
        journal.commission(CommissionReport(f"{journal.run}-x1", "2.25", "USD"))
        journal.commit()
    (fill,) = listed(url, "fills")
    assert (fill["commission"], fill["side"], fill["role"], fill["price"]) == ("2.25", "buy", "entry", "4200.50")


def test_runs_are_finished_cut_off_or_running(url: str) -> None:
    wall = Wall()
    with writer(url, wall=wall, run="a") as journal:
        journal.finish({})
    writer(url, wall=wall, run="b").close()
    with writer(url, wall=wall, run="c"):
        found = listed(url, "runs", "all")
    assert [(row["run"], row["state"]) for row in found] == [("a", "finished"), ("b", "cut-off"), ("c", "running")]
    assert found[0]["started_ns"] < found[0]["ended_ns"] < found[1]["started_ns"]
    assert found[1]["ended_ns"] is None
    assert found[0]["strategies"] == ["lesson"]


@pytest.fixture
def three_runs(tmp_path: Path) -> str:
    """Two replays and a live run; ES and CL; two days."""
    url = str(tmp_path / "three.db")
    with writer(url, run="one") as journal:
        the_lesson(Told(journal))
        journal.finish({})
    with writer(url, run="two", strategies=["drill"]) as journal:
        the_lesson(Told(journal, instrument=1, contract="CLN2023", strategy="drill"))
        told = Told(journal, executions=50)
        bracket = told.bracket(DAY // SECOND)
        told.fill(bracket.entry, DAY // SECOND + 1, 16802)
        told.fill(bracket.target, DAY // SECOND + 2, 16808)
        journal.finish({})
    with writer(url, run="three", adapter="ib", account="DU1234567") as journal:
        the_lesson(Told(journal))
        journal.finish({})
    return url


def test_last_is_the_newest_started_run_and_all_is_every_one(three_runs: str) -> None:
    assert {row["run"] for row in listed(three_runs, "fills")} == {"three"}
    assert {row["run"] for row in listed(three_runs, "fills", "all")} == {"one", "two", "three"}
    assert len(listed(three_runs, "fills", "two")) == 4
    with pytest.raises(InputMissing, match="no run four"):
        listed(three_runs, "fills", "four")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"adapter": "ib"}, ["three"]),
        ({"account": "DU1234567"}, ["three"]),
        ({"strategy": "drill"}, ["two"]),
        ({"instrument": "CL"}, ["two"]),
        ({"instrument": "ESM2023"}, ["one", "two", "three"]),
        ({"since_ns": OPENING + DAY}, ["two"]),
        ({"until_ns": OPENING + DAY}, ["one", "two", "three"]),
        ({"day": "2023-05-25"}, ["one", "two", "three"]),
        ({"day": "2023-05-26"}, ["two"]),
        ({"day": "2023-05-28"}, []),  # a Sunday: its evening belongs to Monday's session
        ({"day": "today", "now_ns": OPENING + DAY}, ["two"]),
        ({"day": "yesterday", "now_ns": OPENING + DAY}, ["one", "two", "three"]),
    ],
)
def test_filters_choose_round_trips(three_runs: str, wanted: dict[str, Any], found: list[str]) -> None:
    assert list(dict.fromkeys(row["run"] for row in listed(three_runs, "round-trips", "all", **wanted))) == found


@pytest.mark.parametrize("name", ["signals", "orders", "fills"])
def test_filters_by_strategy_choose_what_came_of_it(three_runs: str, name: str) -> None:
    assert {row["id"].split("-")[0] for row in listed(three_runs, name, "all", strategy="drill")} == {"two"}


def test_filters_choose_runs(three_runs: str) -> None:
    def runs(**wanted: Any) -> list[str]:
        return [row["run"] for row in listed(three_runs, "runs", "all", **wanted)]

    assert runs(adapter="replay") == ["one", "two"]
    assert runs(strategy="drill") == ["two"]
    assert runs(instrument="GC") == []
    assert runs(since_ns=2 * 10**18) == []


def test_times_are_new_york_unless_they_say_otherwise() -> None:
    assert parse_time("2023-05-25T09:30", "--since") == OPENING
    assert parse_time("2023-05-25T13:30Z", "--since") == OPENING
    assert parse_time(str(OPENING), "--since") == OPENING
    assert parse_time("2023-05-25", "--since") == OPENING - 9 * 60 * MINUTE - 30 * MINUTE
    for text in ("soon", "25.5.2023", "12", "9999-12-31T23:59", "9999-01-01", "0001-01-01T00:00+12:00", "9" * 19):
        with pytest.raises(UsageError, match="--since"):
            parse_time(text, "--since")
    with pytest.raises(UsageError, match="--day"):
        parse_day("someday")
