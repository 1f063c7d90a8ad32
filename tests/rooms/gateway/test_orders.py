"""Given orders as a client sends them, what the exchange says of them over their life."""

from decimal import Decimal

import pytest

from tests.rooms.gateway.pit import ACCOUNT, FUTURE, Desk, Pit
from tests.tapes import Tape


def es() -> Tape:
    """A market of 40 × 60 at 4200.50/4200.75."""
    return Tape().quote("4200.50", "4200.75", 40, 60)


def paper(tape: Tape) -> tuple[Pit, Desk]:
    """A paper account, the market at its first row, one client."""
    pit = Pit(tape.rows(), "ib-paper").play(1)
    return pit, pit.client().forget()


def test_a_bracket_waits_fills_and_ends() -> None:
    tape = es().quote("4200.25", "4200.50").quote("4201.75", "4202.00").quote("4202.00", "4202.25").wait(1)
    pit, desk = paper(tape)

    entry, stop, target = desk.bracket("4200.50", "4199.75", "4202.00")
    assert desk.states(entry) == ["Submitted"]
    assert desk.last(stop)[1] == "PreSubmitted"
    assert desk.last(stop)[9] == desk.last(target)[9] == "child"

    pit.play(1)
    assert desk.states(entry)[-1] == "Filled"
    assert desk.last(stop)[1::8] == ("PreSubmitted", "trigger")
    assert desk.last(target)[1::8] == ("Submitted", "")

    pit.play()
    assert desk.fills == [("b/entry", 1, Decimal("4200.5")), ("b/target", 1, Decimal("4202.0"))]
    assert desk.states(target)[-1] == "Filled"
    assert desk.states(stop)[-1] == "Cancelled"
    assert desk.errors() == [202]
    assert pit.findings == set()


def test_messages_of_a_fill_come_in_ibs_order() -> None:
    pit, desk = paper(es().quote("4200.25", "4200.50").wait(1))
    desk.place("BUY", 1, "LMT", "4200.50")
    desk.forget()
    pit.play()
    assert [name for name, _ in desk.heard] == [
        "execDetails",
        "openOrder",
        "orderStatus",
        "commissionReport",
        "position",
    ]


def test_a_marketable_limit_pays_the_quote() -> None:
    _, desk = paper(es())
    number = desk.place("BUY", 2, "LMT", "4201.50")
    assert desk.fills == [("", 2, Decimal("4200.75"))]
    assert desk.last(number)[1:5] == ("Filled", 2.0, 0.0, 4200.75)


def test_a_market_order_waits_for_somebody_to_trade_with() -> None:
    tape = Tape().quote("4200.50", None).quote("4200.50", "4200.75").wait(1)
    pit, desk = paper(tape)
    desk.place("BUY", 1, "MKT")
    assert desk.fills == []
    pit.play()
    assert desk.fills == [("", 1, Decimal("4200.75"))]


def test_a_stop_is_triggered_by_a_print_and_sold_at_the_bid() -> None:
    pit, desk = paper(es().quote("4199.75", "4200.00").sold(1, "4199.75").wait(1))
    desk.place("BUY", 1, "MKT")
    desk.place("SELL", 1, "STP", "4199.75")
    pit.play()
    assert desk.fills[1] == ("", 1, Decimal("4199.75"))


def test_a_stop_limit_rests_once_it_is_triggered() -> None:
    tape = es().sold(1, "4200.00").quote("4199.00", "4199.25").quote("4200.25", "4200.50").wait(1)
    pit, desk = paper(tape)
    number = desk.place("SELL", 1, "STP LMT", auxPrice="4200.00", lmtPrice="4200.25")
    pit.play(1)
    assert desk.states(number)[-1] == "Filled"
    assert desk.fills == [("", 1, Decimal("4200.5"))]


def test_what_an_immediate_order_does_not_get_is_cancelled() -> None:
    _, desk = paper(es())
    number = desk.place("BUY", 1, "LMT", "4200.50", tif="IOC")
    assert desk.states(number) == ["Submitted", "Cancelled"]


def test_an_order_without_a_time_in_force_is_for_the_day() -> None:
    pit, desk = paper(es())
    number = desk.place("BUY", 1, "LMT", "4200.00", tif="")
    assert desk.errors(number) == [10349]
    assert desk.last(number)[1] == "Submitted"
    pit.exchange.at(pit.now_ns() + 24 * 3600 * 1_000_000_000)
    pit.exchange.flush()
    assert desk.last(number)[1] == "Cancelled"


def test_a_part_filled_parent_lets_its_children_work_for_what_is_filled() -> None:
    tape = es().sold(42, "4200.50").quote("4199.75", "4200.00").sold(1, "4199.75").wait(1)
    pit = Pit(tape.rows(), "queue").play(1)
    desk = pit.client().forget()
    entry, stop, _ = desk.bracket("4200.50", "4199.75", "4202.00", quantity=5)
    pit.play(1)
    assert desk.last(entry)[1:4] == ("Submitted", 2.0, 3.0)
    assert desk.last(stop)[1] == "PreSubmitted"
    assert desk.last(stop)[3] == 5.0  # as it was sent: IB does not make it smaller


def test_orders_are_changed_by_their_number() -> None:
    _, desk = paper(es().quote("4200.25", "4200.50").wait(1))
    number = desk.place("BUY", 1, "LMT", "4199.00")
    desk.place("BUY", 2, "LMT", "4199.50", orderId=number)
    assert desk.told("openOrder")[-1][2].lmtPrice == 4199.5
    assert desk.last(number)[3] == 2.0
    desk.place("BUY", 2, "LMT", "4200.75", orderId=number)
    assert desk.fills == [("", 2, Decimal("4200.75"))]
    assert len({args[5] for args in desk.told("orderStatus")}) == 1


def test_the_unfilled_parent_takes_its_children_with_it() -> None:
    _, desk = paper(es())
    entry, stop, target = desk.bracket("4199.00", "4198.00", "4202.00")
    desk.cancel(entry)
    assert [desk.last(number)[1] for number in (entry, stop, target)] == ["Cancelled"] * 3
    assert desk.errors() == [202, 202, 202]


def test_a_child_goes_alone() -> None:
    _, desk = paper(es())
    entry, stop, target = desk.bracket("4199.00", "4198.00", "4202.00")
    desk.cancel(target)
    assert [desk.last(number)[1] for number in (entry, stop, target)] == ["Submitted", "PreSubmitted", "Cancelled"]


def test_nothing_of_a_bracket_lives_before_its_last_order() -> None:
    pit, desk = paper(es())
    first = desk.next_id()
    desk.place("BUY", 1, "LMT", "4201.00", orderId=first, transmit=False)
    desk.place("SELL", 1, "STP", "4199.00", orderId=first + 1, parentId=first, transmit=False)
    pit.client(99, asked=False).library.reqAllOpenOrders()
    assert desk.heard[1:] == []
    assert pit.sessions[-1].told("openOrder") == []


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_an_explicit_group_ends_with_its_first_fill(kind: int) -> None:
    pit, desk = paper(es().quote("4200.25", "4200.50").wait(1))
    group = {"ocaGroup": "g", "ocaType": kind}
    desk.place("BUY", 1, "LMT", "4200.50", **group)
    other = desk.place("BUY", 1, "LMT", "4190.00", **group)
    more = desk.place("BUY", 3, "LMT", "4190.00", **group)
    pit.play()
    assert desk.last(other)[1] == "Cancelled"
    assert desk.last(more)[1:4] == (("Cancelled", 0.0, 3.0) if kind == 1 else ("Submitted", 0.0, 2.0))


def test_a_stop_that_joined_a_brackets_own_group_goes_with_its_target() -> None:
    # given a position whose stop is gone, and another one in the group of its target
    pit, desk = paper(es().quote("4200.25", "4200.50").wait(1).quote("4202.25", "4202.50").wait(1))
    _, stop, target = desk.bracket("4200.50", "4198.00", "4202.00")
    pit.play(2)
    desk.cancel(stop)
    group = next(args[2].ocaGroup for args in desk.told("openOrder") if args[0] == target and args[2].ocaGroup)
    again = desk.place("SELL", 1, "STP", "4198.00", ocaGroup=group, ocaType=1)
    pit.play()
    # when the target fills, the new stop goes with it
    assert [desk.last(number)[1] for number in (target, again)] == ["Filled", "Cancelled"]


def test_every_order_of_everybody_can_be_cancelled_at_once() -> None:
    pit, desk = paper(es())
    other = pit.client(18)
    mine, theirs = desk.place("BUY", 1, "LMT", "4199.00"), other.place("BUY", 1, "LMT", "4199.00")
    desk.library.reqGlobalCancel()
    assert desk.last(mine)[1] == other.last(theirs)[1] == "Cancelled"


WRONG = {
    "off the grid": ({"price": "4200.60"}, 110),
    "no quantity": ({"quantity": 0}, 434),
    "unknown type": ({"kind": "TRAIL"}, 387),
    "unknown account": ({"account": "U7654321"}, 321),
    "unknown contract": ({"contract": FUTURE.__class__(symbol="XX", secType="FUT")}, 200),
    "no such parent": ({"parentId": 99}, 10006),
    "unknown time in force": ({"tif": "GTX"}, 10052),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_with_ibs_code(what: str) -> None:
    _, desk = paper(es())
    said, code = WRONG[what]
    number = desk.place("BUY", **{"quantity": 1, "kind": "LMT", "price": "4200.50", **said})
    assert desk.errors(number) == [code]
    assert desk.told("openOrder") == []


def test_changes_that_are_none_are_refused() -> None:
    pit, desk = paper(es())
    done, live = desk.place("BUY", 1, "MKT"), desk.place("BUY", 1, "LMT", "4199.00")
    desk.place("BUY", 2, "LMT", "4199.00", orderId=done)
    assert desk.errors(done) == [104]
    desk.place("SELL", 1, "LMT", "4209.00", orderId=live)
    assert desk.errors(live) == [105]
    desk.cancel(live)
    desk.place("BUY", 1, "LMT", "4199.00", orderId=live)
    assert desk.errors(live) == [105, 202, 103]
    desk.cancel(done)
    assert desk.errors(done) == [104, 10148]
    desk.cancel(4711)
    assert desk.errors(4711) == [10147]
    pit.client(18).cancel(live)
    assert pit.sessions[-1].errors(live) == [10147]


def test_a_child_is_changed_without_its_parent_once_that_is_done() -> None:
    pit, desk = paper(es().quote("4200.25", "4200.50").wait(1))
    entry, stop, _ = desk.bracket("4200.50", "4199.00", "4210.00")
    pit.play()
    desk.place("SELL", 1, "STP", "4199.50", orderId=stop, parentId=entry)
    assert desk.errors(stop) == [135]
    desk.place("SELL", 1, "STP", "4199.50", orderId=stop)
    assert desk.told("openOrder")[-1][2].auxPrice == 4199.5
    assert desk.last(stop)[1] == "PreSubmitted"


def test_the_numbers_of_a_client_only_rise() -> None:
    _, desk = paper(es())
    desk.place("BUY", 1, "LMT", "4199.00", orderId=50)
    desk.place("BUY", 1, "LMT", "4199.00", orderId=49)
    assert desk.errors(49) == [103]
    desk.library.reqIds(1)
    assert desk.told("nextValidId")[-1] == (51,)


def test_what_cannot_be_read_is_said_so() -> None:
    pit, desk = paper(es())
    assert pit.exchange.request(desk, ["3", "7", "1", "ES"])
    assert desk.errors(7) == [320]


def test_an_order_says_its_account_even_if_the_client_did_not() -> None:
    _, desk = paper(es())
    desk.place("BUY", 1, "LMT", "4199.00", account="")
    assert desk.told("openOrder")[-1][2].account == ACCOUNT
