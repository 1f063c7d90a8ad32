"""Each fault of the exchange by its name: what a client then hears, and what is true."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from adapters.gateway.faults import FAULTS, NOW
from tests.rooms.gateway.pit import ESM, Desk, Pit
from tests.tapes import SECOND, Tape


def market() -> Tape:
    """4200.50/4200.75, a tick down that fills a buyer at 4200.50, up to 4202.00, then quiet."""
    tape = Tape().quote("4200.50", "4200.75", 40, 60).quote("4200.25", "4200.50").wait(1)
    return tape.quote("4202.00", "4202.25").wait(1).wait(1)


def scene(*faults: tuple[str, str]) -> tuple[Pit, Desk]:
    """A paper account with faults armed, and a client that knows where it stands."""
    pit = Pit(market().rows(), "ib-paper").play(1)
    desk = pit.client().forget()
    for name, argument in faults:
        pit.fault(name, argument)
    return pit, desk


def names(desk: Desk) -> list[str]:
    """What was told, without what does not belong to a fill."""
    told = ("execDetails", "orderStatus", "commissionReport")
    return [name for name, _ in desk.heard if name in told]


FILL = ["execDetails", "orderStatus", "commissionReport"]


def filled(fault: str, argument: str = "") -> tuple[Pit, Desk, int]:
    """A limit order that fills while the fault is armed."""
    pit, desk = scene((fault, argument))
    number = desk.place("BUY", 1, "LMT", "4200.50", orderRef="r")
    desk.forget()
    pit.play(1)
    return pit, desk, number


def test_slow_acknowledgements() -> None:
    pit, desk = scene(("slow-acks", "500"))
    number = desk.place("BUY", 1, "LMT", "4199.00")
    assert desk.told("orderStatus") == desk.told("openOrder") == []
    pit.exchange.at(pit.now_ns() + SECOND // 2)
    assert desk.states(number) == ["Submitted"]
    desk.cancel(number)
    assert desk.errors(number) == []
    pit.exchange.at(pit.now_ns() + SECOND)
    assert (desk.states(number)[-1], desk.errors(number)) == ("Cancelled", [202])


@pytest.mark.parametrize(("who", "expected"), [("any", 0), ("parent", 0), ("stop", 1), ("target", 2)])
def test_a_refused_order(who: str, expected: int) -> None:
    pit, desk = scene(("reject", f"{who}:10289"))
    numbers = desk.bracket("4200.50", "4199.00", "4209.00")
    refused = [number for number in numbers if 10289 in desk.errors(number)]
    assert refused == [numbers[expected]]
    assert desk.last(numbers[expected])[1] == "Inactive"
    rest = [desk.last(number)[1] for number in numbers if number != numbers[expected]]
    assert rest == (["Inactive"] * 2 if expected == 0 else ["Submitted", "PreSubmitted"])
    assert desk.errors() == ([10289, 10006, 10006] if expected == 0 else [10289])
    assert len(pit.client(18).told("openOrder")) == (0 if expected == 0 else 2)


def test_a_refused_change_leaves_the_order_as_it_was() -> None:
    pit, desk = scene(("reject", "amend:201"))
    number = desk.place("BUY", 1, "LMT", "4199.00")
    desk.place("BUY", 1, "LMT", "4199.25", orderId=number)
    assert desk.errors(number) == [201]
    assert pit.client(18).told("openOrder")[0][2].lmtPrice == 4199.0


@pytest.mark.parametrize("who", ["stop", "target"])
def test_an_inactive_child(who: str) -> None:
    pit, desk = scene(("inactive-child", who))
    _, stop, target = desk.bracket("4200.50", "4199.00", "4202.00")
    pit.play()
    state = {"stop": desk.last(stop)[1], "target": desk.last(target)[1]}
    assert state == (
        {"stop": "Cancelled", "target": "Filled"} if who == "stop" else {"stop": "PreSubmitted", "target": "Inactive"}
    )


def test_a_cancel_that_meets_a_fill() -> None:
    _, desk = scene(("cancel-meets-fill", ""))
    number = desk.place("BUY", 1, "LMT", "4199.00", orderRef="r")
    desk.cancel(number)
    assert desk.fills == [("r", 1, Decimal("4199.0"))]
    assert desk.last(number)[1] == "Filled"
    assert desk.errors(number) == [10148]


def test_a_status_before_its_execution() -> None:
    assert names(filled("status-before-execution")[1]) == ["orderStatus", "execDetails", "commissionReport"]


def test_a_status_long_after_its_execution() -> None:
    pit, desk, number = filled("status-late", "1500")
    assert names(desk) == ["execDetails", "commissionReport"]
    pit.play()
    assert desk.states(number) == ["Filled"]


def test_an_execution_without_a_status() -> None:
    pit, desk, _ = filled("execution-without-status")
    pit.play()
    assert names(desk) == ["execDetails", "commissionReport"]


def test_a_status_without_an_execution_until_somebody_asks() -> None:
    pit, desk, _ = filled("status-without-execution")
    pit.play()
    assert names(desk) == ["orderStatus", "commissionReport"]
    desk.ask()
    assert desk.fills == [("r", 1, Decimal("4200.5"))]


def test_every_status_twice() -> None:
    _, desk, number = filled("doubled-status")
    assert desk.states(number) == ["Filled", "Filled"]


def test_a_commission_before_its_execution() -> None:
    assert names(filled("commission-before")[1]) == ["commissionReport", "execDetails", "orderStatus"]


def test_a_commission_long_after_its_execution() -> None:
    pit, desk, _ = filled("commission-late", "1500")
    assert names(desk) == ["execDetails", "orderStatus"]
    pit.play()
    assert names(desk) == FILL


def test_a_commission_that_is_never_told() -> None:
    pit, desk, _ = filled("commission-never")
    pit.play()
    desk.ask()
    assert desk.told("commissionReport") == []
    assert len(desk.fills) == 2


def test_an_execution_told_twice() -> None:
    _, desk, _ = filled("repeated-execution")
    one, two = (args[2] for args in desk.told("execDetails"))
    assert one.execId == two.execId


def test_a_corrected_execution() -> None:
    _, desk, _ = filled("corrected-execution", "2")
    first, second = (args[2] for args in desk.told("execDetails"))
    assert (first.execId[-3:], second.execId[-3:]) == (".01", ".02")
    assert first.execId[:-3] == second.execId[:-3]
    assert (first.price, second.price) == (4200.5, 4201.0)
    # one contract is held, at the corrected price
    assert [args[2:] for args in desk.told("position")][-1] == (1.0, 4201.0 * 50 + 2.25)


def test_orders_that_fill_bit_by_bit() -> None:
    pit, desk = scene(("partial-fills", "2"))
    entry, stop, _ = desk.bracket("4200.50", "4199.00", "4209.00", quantity=5)
    pit.play(2)
    assert [fill[1] for fill in desk.fills] == [2, 2]
    assert desk.last(entry)[1:4] == ("Submitted", 4.0, 1.0)
    assert desk.last(stop)[3] == 5.0
    assert {args[2].cumQty for args in desk.told("execDetails")} == {2.0, 4.0}


def test_two_permanent_ids_of_one_order() -> None:
    pit, desk = scene(("two-perm-ids", ""))
    _, stop, _ = desk.bracket("4200.50", "4199.00", "4209.00")
    pit.play(1)
    desk.place("SELL", 1, "STP", "4199.50", orderId=stop, orderRef="b/stop")
    live = [args[2] for args in pit.client(18).told("openOrder") if args[2].orderRef == "b/stop"]
    assert [one.auxPrice for one in live] == [4199.0, 4199.5]
    assert len({one.permId for one in live}) == 2
    desk.cancel(stop)
    assert [one[2].auxPrice for one in pit.client(19).told("openOrder") if one[2].orderRef == "b/stop"] == [4199.0]
    desk.cancel(stop)
    assert [one for one in pit.client(20).told("openOrder") if one[2].orderRef == "b/stop"] == []


@pytest.mark.parametrize("who", ["stop", "target", "any"])
def test_an_order_that_the_broker_ends(who: str) -> None:
    pit, desk = scene()
    numbers = desk.bracket("4200.50", "4199.00", "4209.00")
    pit.play(1)
    desk.forget()
    pit.fault("order-cancelled", who)
    gone = {numbers[1:] if who == "any" else (numbers[1 if who == "stop" else 2],)}.pop()
    assert [args[0] for args in desk.told("orderStatus")] == list(gone)
    assert {args[1] for args in desk.told("orderStatus")} == {"Cancelled"}
    assert desk.errors() == [202] * len(gone)


def test_a_warning_about_an_order_that_lives_on() -> None:
    pit, desk = scene()
    number = desk.place("BUY", 1, "LMT", "4199.00")
    pit.fault("precautionary", "10289")
    assert desk.errors(number) == [10289]
    assert [args[0] for args in pit.client(18).told("openOrder")] == [number]
    assert desk.states(number) == ["Submitted"]


def test_an_order_of_somebody_else() -> None:
    pit, desk = scene()
    pit.fault("foreign-order")
    assert desk.told("openOrder") == []
    desk.ask()
    ((_, contract, order, _),) = desk.told("openOrder")
    assert (contract.conId, order.orderRef, order.clientId) == (ESM.con_id, "", 0)


def test_a_position_of_somebody_else() -> None:
    pit, desk = scene()
    pit.fault("foreign-position", "-3")
    assert desk.told("position")[0][2] == -3.0
    assert pit.client(18).told("position")[0][2] == -3.0
    assert desk.told("execDetails") == []


def test_numbers_that_go_back() -> None:
    pit, desk = scene()
    for _ in range(12):
        desk.cancel(desk.place("BUY", 1, "LMT", "4199.00"))
    pit.fault("id-rollback", "5")
    desk.leaves()
    again = pit.client(asked=False)
    assert again.next_id() == 8
    again.ask()
    assert again.place("BUY", 1, "LMT", "4199.00", orderId=13) == 13
    # a number that was used is given out again, and taken for a new order
    assert again.place("BUY", 1, "LMT", "4199.00", orderId=14) == 14
    pit.fault("id-rollback", "100")
    used = again.place("BUY", 1, "LMT", "4199.25", orderId=7)
    assert again.errors() == []
    assert again.told("openOrder")[-1][0] == used


def test_a_fault_ends_when_it_is_switched_off_or_has_happened() -> None:
    pit, desk = scene(("doubled-status", ""))
    pit.fault("doubled-status", off=True)
    desk.place("BUY", 1, "LMT", "4199.00")
    assert len(desk.told("orderStatus")) == 1
    pit.fault("reject", "any:201", times=2)
    numbers = [desk.place("BUY", 1, "LMT", "4199.00") for _ in range(3)]
    assert [desk.errors(number) for number in numbers] == [[201], [201], []]


def test_an_unknown_fault_says_which_there_are() -> None:
    pit, _ = scene()
    answer = pit.exchange.control({"do": "fault", "name": "flood"})
    assert "slow-acks" in answer["error"]
    assert "drop" in answer["error"]


def test_nothing_is_told_while_ib_is_lost() -> None:
    pit, desk = scene()
    number = desk.place("BUY", 1, "LMT", "4200.50", orderRef="r")
    desk.forget()
    pit.lost_ib_ns = pit.wall_ns()
    pit.play(1)
    assert desk.heard == []
    pit.lost_ib_ns = None
    desk.ask()
    assert desk.fills == [("r", 1, Decimal("4200.5"))]
    assert desk.states(number) == []


def test_faults_stand_in_the_ledger(tmp_path: Path) -> None:
    pit = Pit(market().rows(), "ib-paper", folder=tmp_path).play(1)
    pit.fault("corrected-execution", "1")
    pit.client().place("BUY", 1, "MKT", orderRef="r")
    lines = [msgspec.json.decode(line) for line in (tmp_path / "ledger").read_bytes().splitlines()]
    told = [one["event"] for one in lines if one["event"] not in ("received", "status", "position")]
    assert told == ["fault", "order", "exec", "commission", "correction", "commission"]
    (correction,) = [one for one in lines if one["event"] == "correction"]
    assert correction["corrects"] == correction["exec"]["exec_id"].replace(".02", ".01")
    assert correction["exec"]["price"] == "4201.0"


def test_every_fault_has_its_test() -> None:
    told = Path(__file__).read_text()
    assert [name for name in FAULTS if f'"{name}"' not in told] == []
    assert set(FAULTS) > NOW
