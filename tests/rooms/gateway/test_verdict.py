"""What no careful program does is found, by name; a careful one is clean."""

from pathlib import Path

import pytest

from adapters.gateway.verdict import FINDINGS
from tests.rooms.gateway.pit import Desk, Pit
from tests.tapes import SECOND, Tape


def pit() -> Pit:
    tape = Tape().quote("4200.50", "4200.75").quote("4200.25", "4200.50").wait(1)
    return Pit(tape.rows(), "ib-paper").play(1)


def entry_without_stop(market: Pit, desk: Desk) -> None:
    desk.place("BUY", 1, "MKT")


def naked(market: Pit, desk: Desk) -> None:
    _, stop, _ = desk.bracket("4200.50", "4199.00", "4209.00")
    market.play()
    desk.cancel(stop)
    market.exchange.at(market.now_ns() + 12 * SECOND)


def live_account(market: Pit, desk: Desk) -> None:
    desk.account = "U7654321"
    desk.place("BUY", 1, "LMT", "4190.00", account="U7654321")


def blind(market: Pit, desk: Desk) -> None:
    market.client(18, asked=False).place("BUY", 1, "LMT", "4190.00")


def while_1100(market: Pit, desk: Desk) -> None:
    number = desk.next_id()
    market.lost_ib_ns = market.wall_ns() - SECOND
    desk.place("BUY", 1, "LMT", "4190.00", orderId=number)


def on_delayed_data(market: Pit, desk: Desk) -> None:
    market.fault("delayed")
    desk.place("BUY", 1, "LMT", "4190.00")


def same_ref(market: Pit, desk: Desk) -> None:
    desk.place("BUY", 1, "LMT", "4190.00", orderRef="x")
    desk.place("BUY", 1, "LMT", "4190.00", orderRef="x")


def off_grid(market: Pit, desk: Desk) -> None:
    desk.place("BUY", 1, "LMT", "4190.10")


def orphan(market: Pit, desk: Desk) -> None:
    desk.place("SELL", 1, "STP", "4190.00", ocaGroup="g", ocaType=1)


def rate(market: Pit, desk: Desk) -> None:
    for _ in range(60):
        desk.library.reqIds(1)


@pytest.mark.parametrize(
    "sin",
    [entry_without_stop, naked, live_account, blind, while_1100, on_delayed_data, same_ref, off_grid, orphan, rate],
)
def test_a_sin_is_found(sin: object) -> None:
    market = pit()
    desk = market.client()
    sin(market, desk)  # type: ignore[operator]
    name = sin.__name__.replace("_", "-")  # type: ignore[attr-defined]
    assert name in FINDINGS
    assert market.findings == {name}


def test_every_finding_has_its_sin() -> None:
    told = Path(__file__).read_text()
    assert [name for name in FINDINGS if f"def {name.replace('-', '_')}(" not in told] == []


def test_an_order_that_was_on_its_way_when_ib_was_lost_is_nobodys_fault() -> None:
    market = pit()
    desk = market.client()
    number = desk.next_id()
    market.lost_ib_ns = market.wall_ns() - SECOND // 50
    desk.place("BUY", 1, "LMT", "4190.00", orderId=number)
    assert market.findings == set()


def test_a_stop_that_is_placed_within_the_grace_is_soon_enough() -> None:
    market = pit()
    desk = market.client()
    _, stop, _ = desk.bracket("4200.50", "4199.00", "4209.00")
    market.play()
    desk.cancel(stop)
    market.exchange.at(market.now_ns() + 9 * SECOND)
    desk.place("SELL", 1, "STP", "4199.00")
    market.exchange.at(market.now_ns() + 60 * SECOND)
    assert market.findings == set()
