"""What the account holds and has lost: partial fills, average prices, late fills, commissions, two instruments."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.order import Adjustment, CommissionReport, FillReport
from tests.rooms.risk.bench import BID, CL, ES, SECOND, TEN, Bench, ns


def test_a_loss_is_ticks_and_commissions() -> None:
    bench = Bench()
    bench.lose()
    assert bench.facts()["net"] == "-42.00"
    assert bench.facts()["open_risk"] == "0.00"
    assert bench.facts()["position"] == 0


def test_open_risk_falls_from_entry_to_exit() -> None:
    bench = Bench()
    bracket = bench.open()
    assert bench.facts()["open_risk"] == "42.00"  # 3 ticks and both commissions
    bench.fill(bracket.entry, BID)
    assert bench.facts()["open_risk"] == "39.75"  # one commission is paid
    bench.fill(bracket.target, BID + 6)
    assert bench.facts()["open_risk"] == "0.00"
    assert bench.facts()["net"] == "70.50"
    bench.gate.ended(bracket)
    assert bench.facts()["open_brackets"] == 0


def test_a_better_entry_price_leaves_less_at_risk() -> None:
    bench = Bench()
    bench.fill(bench.open().entry, BID - 1)
    assert bench.facts()["open_risk"] == "27.25"


@pytest.mark.parametrize("side", [1, -1])
def test_partial_fills_are_matched_first_in_first_out(side: int) -> None:
    bench = Bench(instruments=[replace(ES, max_order=4, max_position=4, commission=Decimal(0))])
    bracket = bench.open(side=side, quantity=3)
    entry = bracket.approved.proposal.entry
    bench.fill(bracket.entry, entry, 1)
    bench.fill(bracket.entry, entry - side, 2)
    bench.fill(bracket.target, entry + 6 * side, 2)  # 6 + 7
    assert bench.facts()["net"] == str(Decimal("12.50") * 13)
    bench.fill(bracket.stop, entry - 3 * side, 1)  # −2
    assert bench.facts()["net"] == str(Decimal("12.50") * 11)
    assert bench.facts()["position"] == 0


def test_an_entry_that_ends_unfilled_no_longer_works() -> None:
    bench = Bench()
    bracket = bench.open()
    bench.gate.ended(bracket)
    assert bench.facts()["open_risk"] == "0.00"
    assert bench.at(TEN + 60 * SECOND).refused(side=-1) == []


def test_a_fill_after_the_end_is_taken_and_weighed_with_the_widest_stop() -> None:
    bench = Bench()
    bracket = bench.open()
    bench.gate.ended(bracket)
    bench.fill(bracket.entry, BID)
    assert bench.facts()["position"] == 1
    assert bench.facts()["open_risk"] == str(40 * Decimal("12.50") + Decimal("2.25"))
    bench.fill(bracket.stop, BID - 3)
    assert bench.facts()["open_risk"] == "0.00"
    assert bench.facts()["net"] == "-42.00"


def test_the_brokers_commission_replaces_the_expected_one() -> None:
    bench = Bench()
    bracket = bench.open()
    entry, stop = bench.fill(bracket.entry, BID), bench.fill(bracket.stop, BID - 3)
    bench.pay(entry, "1.00")
    bench.pay(stop, "3.10")
    bench.pay(stop, "3.10")  # told twice, counted once
    assert bench.facts()["net"] == "-41.60"


def test_a_commission_that_is_told_before_its_execution_counts_when_that_comes() -> None:
    bench = Bench()
    bracket = bench.open()
    bench.gate.commission(CommissionReport("x-early", "1.00", "USD"))
    assert bench.facts()["net"] == "0"
    bench.gate.fill(FillReport("e", "x-early", bench.now, 1, 1, BID), bracket.entry)
    assert bench.facts()["net"] == "-1.00"


def test_a_commission_of_an_execution_that_was_corrected_counts_for_what_took_its_place() -> None:
    bench = Bench()
    bracket = bench.open()
    first = bench.fill(bracket.entry, BID)
    second = replace(first, exec_id="x.02", price=BID - 1, corrects=first.exec_id)
    bench.gate.fill(second, bracket.entry)
    bench.pay(first, "1.00")
    assert bench.facts()["net"] == "-1.00"
    bench.pay(second, "1.50")
    bench.pay(first, "1.00")  # told again: the newer execution has its own word
    assert bench.facts()["net"] == "-1.50"


def test_a_day_that_reached_its_limit_stays_closed_even_if_it_recovers() -> None:
    bench = Bench(settings={"max_daily_loss_usd": "90", "max_open_brackets": 3})
    kept = bench.open()
    bench.fill(kept.entry, BID)
    bench.fill(kept.stop, BID - 8)  # a gap through the stop: −100 and commissions
    bench.gate.ended(kept)
    late = bench.facts()
    assert Decimal(late["net"]) < -90
    assert bench.at(TEN + 60 * SECOND).refused() == ["day_end", "daily_loss"]


def test_the_loss_of_every_instrument_counts() -> None:
    bench = Bench(instruments=[ES, CL], settings={"max_daily_loss_usd": "80"})
    bench.lose(instrument=1, strategy="two")
    assert Decimal(bench.facts(0)["net"]) == Decimal("-35.00")
    assert bench.refused() == []
    bench.at(TEN + 60 * SECOND)
    bench.lose(instrument=1, strategy="two")
    assert bench.refused() == ["daily_loss"]


def test_the_loss_belongs_to_the_exchange_session() -> None:
    bench = Bench(now=ns("2026-12-10 23:50"), hours={"session": "extended"}, settings={"max_daily_loss_usd": "80"})
    bench.lose()
    assert bench.at(ns("2026-12-11 00:10")).refused() == ["daily_loss"]  # midnight forgives nothing
    assert bench.at(ns("2026-12-11 16:00")).refused() == ["daily_loss"]
    assert bench.at(ns("2026-12-13 18:00")).refused() == []  # Sunday evening is Monday's session
    assert bench.at(ns("2026-12-11 16:10")).facts()["net"] == "-42.00"


def test_brackets_are_counted_by_session_too() -> None:
    bench = Bench(now=ns("2026-12-10 23:50"), hours={"session": "extended"}, settings={"max_brackets_per_day": 1})
    bench.win()
    assert bench.at(ns("2026-12-11 00:10")).refused() == ["brackets_per_day"]
    assert bench.at(ns("2026-12-11 17:59")).facts()["brackets_today"] == 1
    assert bench.at(ns("2026-12-13 18:00")).refused() == []


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("which", ["entry", "stop"])
def test_a_corrected_execution_counts_in_place_of_the_first_report(which: str, ended: bool) -> None:
    bench = Bench()
    bracket = bench.open()
    reports = {"entry": bench.fill(bracket.entry, BID), "stop": bench.fill(bracket.stop, BID - 3)}
    for report in reports.values():
        bench.pay(report, "2.00")
    if ended:
        bench.gate.ended(bracket)
    wrong = reports[which]
    right = replace(wrong, exec_id=f"{wrong.exec_id}.02", price=wrong.price - 1, corrects=wrong.exec_id)
    bench.gate.fill(right, getattr(bracket, which))
    ticks = -2 if which == "entry" else -4
    assert bench.facts()["net"] == str(Decimal("12.50") * ticks - 4)
    assert bench.facts()["position"] == 0
    assert bench.facts()["open_risk"] == "0.00"


def test_an_execution_that_is_taken_back_leaves_nothing_but_a_working_entry() -> None:
    bench = Bench()
    bracket = bench.open()
    at_first = bench.facts()
    wrong = bench.fill(bracket.entry, BID)
    bench.gate.fill(replace(wrong, exec_id="busted", quantity=0, corrects=wrong.exec_id), bracket.entry)
    assert bench.facts() == at_first | {"net": "0.00", "fallen": "0.00"}


def test_a_share_that_somebody_else_sold_is_no_longer_at_risk() -> None:
    bench = Bench()
    bracket = bench.open()
    bench.fill(bracket.entry, BID)
    bench.gate.adjusted(Adjustment(0, -1, bench.now, "sold by hand", bracket.id))
    bench.gate.ended(bracket)
    assert bench.facts()["open_risk"] == "0.00"
    assert bench.facts()["position"] == 0
    assert bench.facts()["net"] == "-2.25"  # its price is not known: only the entry's commission is


def test_a_correction_of_what_was_forgotten_long_ago_is_no_second_execution() -> None:
    bench = Bench(settings={"max_losses_in_a_row": 9})
    bracket = bench.open()
    bench.fill(bracket.entry, BID)
    wrong = bench.fill(bracket.stop, BID - 3)
    bench.gate.ended(bracket)
    bench.at(ns("2026-12-21 10:00")).open()  # ten days later
    right = replace(wrong, exec_id="late", price=BID - 4, corrects=wrong.exec_id)
    bench.gate.fill(right, bracket.stop)
    assert bench.facts()["position"] == 0
