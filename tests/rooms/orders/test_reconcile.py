"""Given what we believe and what the broker answers, every difference is named, and none is made up."""

from bot.domain.order import BrokerState, FillReport, OrderReport, OrderState
from bot.orders.reconcile import compare

NOTHING: frozenset[str] = frozenset()


def broker(*, orders: tuple[str, ...] = (), fills: tuple[str, ...] = (), position: int = 0) -> BrokerState:
    return BrokerState(
        "REPLAY-x",
        tuple(OrderReport(name, OrderState.WORKING, 0) for name in orders),
        tuple(FillReport("a", name, 0, 1, 1, 16802) for name in fills),
        ((0, position),) if position else (),
    )


def test_a_clean_start_finds_nothing() -> None:
    assert compare({}, NOTHING, NOTHING, broker()) == ()
    assert (
        compare({0: 1}, frozenset({"stop"}), frozenset({"e1"}), broker(orders=("stop",), fills=("e1",), position=1))
        == ()
    )


def test_a_fill_that_came_while_we_were_away_is_named_before_the_position_that_it_made() -> None:
    found = compare({}, NOTHING, NOTHING, broker(fills=("e1",), position=1))
    assert [(one.what, one.subject) for one in found] == [("fill", "e1"), ("position", "0")]
    assert str(found[1]) == "position 0: the journal says +0, the broker says +1"


def test_an_order_that_vanished_and_a_foreign_one_are_two_differences() -> None:
    found = compare({}, frozenset({"ours"}), NOTHING, broker(orders=("foreign",)))
    assert [(one.subject, one.ours, one.theirs) for one in found] == [
        ("ours", "working", "not there"),
        ("foreign", "not there", "working"),
    ]
