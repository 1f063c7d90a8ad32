"""Given a day's trading, what a client that asks is told: executions, positions, money, orders that are over."""

from decimal import Decimal
from pathlib import Path

import pytest
from ib_async import ExecutionFilter

from tests.rooms.gateway.pit import ACCOUNT, ESM, Desk, Pit
from tests.tapes import Tape


@pytest.fixture
def desk() -> Desk:
    """Bought two at 4200.75, sold one at 4201.50; an order rests, one was cancelled."""
    tape = Tape().quote("4200.50", "4200.75").quote("4201.50", "4201.75").bought(3, "4201.75").wait(1)
    pit = Pit(tape.rows(), "ib-paper").play(1)
    one = pit.client()
    one.place("BUY", 2, "MKT", orderRef="in")
    pit.play()
    one.place("SELL", 1, "MKT", orderRef="out")
    one.place("SELL", 1, "LMT", "4210.00", orderRef="rests")
    one.cancel(one.place("SELL", 1, "LMT", "4211.00", orderRef="gone"))
    return one.forget()


def executions(desk: Desk, **wanted: object) -> list[str]:
    desk.forget().library.reqExecutions(5, ExecutionFilter(**wanted))
    assert desk.heard[-1] == ("execDetailsEnd", (5,))
    assert {args[0] for args in desk.told("execDetails")} <= {5}
    return [args[2].orderRef for args in desk.told("execDetails")]


def test_executions_are_told_again_each_with_its_cost(desk: Desk) -> None:
    assert executions(desk) == ["in", "out"]
    assert [name for name, _ in desk.heard[:-1]] == ["execDetails", "commissionReport"] * 2
    first, second = (args[0] for args in desk.told("commissionReport"))
    assert (first.commission, first.currency) == (4.5, "USD")
    assert first.realizedPNL > 1e300
    assert second.realizedPNL == 0.75 * 50 - 2 * 2.25
    assert [(args[2].side, args[2].cumQty, args[2].avgPrice) for args in desk.told("execDetails")] == [
        ("BOT", 2.0, 4200.75),
        ("SLD", 1.0, 4201.5),
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"clientId": 17}, ["in", "out"]),
        ({"clientId": 18}, []),
        ({"side": "BUY"}, ["in"]),
        ({"side": "SLD"}, ["out"]),
        ({"symbol": "NQ"}, []),
        ({"secType": "FUT", "symbol": "ES", "exchange": "CME"}, ["in", "out"]),
        ({"acctCode": "DU7"}, []),
        ({"time": "20260527 09:00:00"}, ["in", "out"]),
        ({"time": "20260527-13:30:01"}, ["out"]),
        ({"time": "20260527 10:00:00 US/Eastern"}, []),
        ({"time": "yesterday"}, ["in", "out"]),
    ],
)
def test_executions_can_be_asked_for_in_part(desk: Desk, wanted: dict[str, object], found: list[str]) -> None:
    assert executions(desk, **wanted) == found


def test_executions_reach_back_to_midnight_only(desk: Desk) -> None:
    later = Tape(start="2026-05-28 09:30").quote("4200.50", "4200.75")
    desk.pit.on(later.rows()).play()
    assert executions(desk) == []


def test_a_position_costs_its_price_and_its_commission(desk: Desk) -> None:
    desk.library.reqPositions()
    ((account, contract, units, cost),) = desk.told("position")
    assert (account, contract.conId, units) == (ACCOUNT, ESM.con_id, 1.0)
    assert cost == 4200.75 * 50 + 2.25
    assert desk.heard[-1] == ("positionEnd", ())
    desk.library.cancelPositions()
    desk.forget().place("SELL", 1, "MKT")
    assert desk.told("position") == []


def test_positions_can_be_asked_for_under_a_number(desk: Desk) -> None:
    desk.library.reqPositionsMulti(6, ACCOUNT, "")
    assert [args[0] for args in desk.told("positionMulti")] == [6]
    assert desk.heard[-1] == ("positionMultiEnd", (6,))


def test_the_account_s_money_adds_up(desk: Desk) -> None:
    desk.library.reqAccountUpdates(True, ACCOUNT)
    values = {args[0]: args[1] for args in desk.told("updateAccountValue")}
    # the last print is 4201.75: one contract has earned its way from 4200.75, less what it cost
    assert Decimal(values["UnrealizedPnL"]) == 50 - Decimal("2.25")
    assert Decimal(values["RealizedPnL"]) == Decimal("33.00")
    assert Decimal(values["NetLiquidation"]) == 1_000_000 + 33 + 50 - Decimal("2.25")
    assert desk.heard[-1] == ("accountDownloadEnd", (ACCOUNT,))
    ((contract, units, price, *_),) = desk.told("updatePortfolio")
    assert (contract.localSymbol, units, price) == ("ESM6", 1.0, 4201.75)
    desk.forget().place("SELL", 1, "MKT")
    assert desk.told("updatePortfolio")[0][1] == 0.0
    desk.library.reqAccountUpdates(False, ACCOUNT)
    desk.forget().place("SELL", 1, "MKT")
    assert desk.told("updatePortfolio") == []


def test_money_can_be_asked_for_in_every_way(desk: Desk) -> None:
    desk.library.reqAccountUpdatesMulti(7, ACCOUNT, "", False)
    assert desk.heard[-1] == ("accountUpdateMultiEnd", (7,))
    desk.library.reqAccountSummary(8, "All", "NetLiquidation,BuyingPower")
    assert {args[2] for args in desk.told("accountSummary")} == {"NetLiquidation", "BuyingPower"}
    assert desk.heard[-1] == ("accountSummaryEnd", (8,))
    desk.library.reqPnL(9, ACCOUNT, "")
    assert desk.heard[-1] == ("pnl", (9, 80.75, 47.75, 33.0))
    desk.library.reqPnLSingle(10, ACCOUNT, "", ESM.con_id)
    assert desk.heard[-1][1][:5] == (10, 1, 80.75, 47.75, 33.0)
    desk.forget().place("SELL", 1, "MKT")
    assert len(desk.told("pnl")) == len(desk.told("pnlSingle")) == 1
    desk.library.cancelPnL(9)
    desk.library.cancelPnLSingle(10)
    desk.forget().place("SELL", 1, "MKT")
    assert desk.told("pnl") == desk.told("pnlSingle") == []


def test_orders_that_are_over_can_be_asked_for(desk: Desk) -> None:
    desk.library.reqCompletedOrders(False)
    told = {args[1].orderRef: args for args in desk.told("completedOrder")}
    assert {ref: args[2].status for ref, args in told.items()} == {
        "in": "Filled",
        "out": "Filled",
        "gone": "Cancelled",
    }
    assert told["in"][1].filledQuantity == 2
    assert told["gone"][2].completedTime.startswith("20260527 09:30:0")
    assert desk.heard[-1] == ("completedOrdersEnd", ())


def test_open_orders_are_ones_own_or_everybody_s(desk: Desk) -> None:
    other = desk.pit.client(18)
    other.place("BUY", 1, "LMT", "4190.00", orderRef="theirs")
    desk.library.reqOpenOrders()
    assert [args[2].orderRef for args in desk.told("openOrder")] == ["rests"]
    assert [args[1] for args in desk.told("orderStatus")] == ["Submitted"]
    desk.forget().library.reqAllOpenOrders()
    assert [args[2].orderRef for args in desk.told("openOrder")] == ["rests", "theirs"]
    assert desk.heard[-1] == ("openOrderEnd", ())


def test_a_client_that_goes_by_the_wall_is_told_the_wall_s_time(desk: Desk) -> None:
    desk.tape_time = False
    executions(desk)
    assert {args[2].time.year for args in desk.told("execDetails")} == {2027}


def test_latency_is_between_a_client_and_the_market(tmp_path: Path) -> None:
    tape = Tape(step_ms=100).quote("4200.50", "4200.75").wait(0).wait(0).quote("4200.75", "4201.00").wait(0)
    pit = Pit(tape.rows(), "ib-paper", latency_ms=250).play(1)
    desk = pit.client().forget()
    number = desk.place("BUY", 1, "MKT")
    assert desk.states(number) == ["PreSubmitted"]
    pit.play()
    assert desk.states(number) == ["PreSubmitted", "Submitted", "Filled"]
    assert desk.fills == [("", 1, Decimal("4200.75"))]
    resting = desk.place("BUY", 1, "LMT", "4199.00")
    pit.exchange.at(pit.now_ns() + 2_000_000_000)
    desk.cancel(resting)
    assert desk.last(resting)[1] == "PendingCancel"
    pit.exchange.at(pit.now_ns() + 3_000_000_000)
    assert desk.last(resting)[1] == "Cancelled"
