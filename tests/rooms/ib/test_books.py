"""Our own books: what a status, an execution, an error and an open order do to an order, and what they do not."""

import pytest

from bot.domain.order import CommissionReport, FillReport, OrderReport, OrderState
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import Desk, desk
from tests.rooms.ib.peer import Peer
from tests.rooms.ib.test_broker import ENTRY, long_one

WORKING, CANCELLED, REJECTED = OrderState.WORKING, OrderState.CANCELLED, OrderState.REJECTED
UNKNOWN = OrderState.PENDING_UNKNOWN


async def placed(near: Desk, far: Peer, quantity: int = 1) -> None:
    """A bracket that is acknowledged."""
    await near.broker.place(long_one(quantity=quantity))
    await near.until(lambda: len(near.of(OrderReport)) == 3)


async def quiet(near: Desk, far: Peer) -> None:
    """Everything that was said has been heard, and every question that it raised has been answered."""
    asked = len(far.sent(wire.CURRENT_TIME))
    await near.link.current_time()
    await far.until(lambda: len(far.sent(wire.CURRENT_TIME)) > asked)
    while near.broker.books.wanted.is_set() or near.broker.recovery.busy:
        await near.link.current_time()
    near.listen()


async def test_a_status_that_comes_again_is_no_news():
    async with desk() as (near, far):
        await placed(near, far)
        for _ in range(3):
            far.say(far.one("b-entry").said())
        await quiet(near, far)
        assert near.states("b-entry") == [WORKING]


@pytest.mark.parametrize("word", ["Cancelled", "ApiCancelled"])
async def test_a_status_ends_an_order(word: str):
    async with desk() as (near, far):
        await placed(near, far)
        far.status(far.held.pop(1), word)
        await near.until(lambda: near.states("b-entry") == [WORKING, CANCELLED])


async def test_an_order_that_ib_refused_and_then_ended_was_rejected_in_its_words():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.held.pop(1)
        far.error(entry.number, 201, "Order rejected - reason: margin")
        far.status(entry, "Cancelled")
        await near.until(lambda: REJECTED in near.states("b-entry"))
        assert near.of(OrderReport)[-1].message == "201 Order rejected - reason: margin"


async def test_inactive_is_a_question_and_with_a_refusal_the_open_orders_answer_it():
    async with desk() as (near, far):
        await placed(near, far)
        stop = far.one("b-stop")
        far.error(stop.number, 201, "no margin")
        far.status(stop, "Inactive")
        await near.until(lambda: REJECTED in near.states("b-stop"))
        assert near.states("b-stop") == [WORKING, UNKNOWN, REJECTED]


async def test_inactive_without_a_refusal_stays_unknown_until_it_works_again():
    async with desk() as (near, far):
        await placed(near, far)
        stop = far.one("b-stop")
        far.status(stop, "Inactive")
        await near.until(lambda: UNKNOWN in near.states("b-stop"))
        await quiet(near, far)
        far.status(stop, "PreSubmitted")
        await near.until(lambda: near.states("b-stop") == [WORKING, UNKNOWN, WORKING])


async def test_filled_by_its_status_alone_is_not_filled():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.one("b-entry")
        entry.filled = 1
        far.status(entry, "Filled")
        await quiet(near, far)
        assert near.of(FillReport) == []
        # the question that it raised brings the execution
        far.executions.append(far.execution(entry, "0000e0d5.1.01.01"))
        near.broker.books.want()
        await near.until(lambda: near.of(FillReport))
        (fill,) = near.of(FillReport)
        assert (fill.source, fill.price) == ("recovered", ENTRY)


async def test_cancelled_with_more_filled_than_we_know_waits_for_its_executions():
    async with desk() as (near, far):
        await placed(near, far, quantity=2)
        entry = far.held.pop(1)
        entry.filled = 1
        far.executions.append(far.execution(entry, "0000e0d5.1.01.01"))
        far.status(entry, "Cancelled")
        await near.until(lambda: CANCELLED in near.states("b-entry"))
        kinds = [type(one) for one in near.reports if getattr(one, "client_order_id", "") == "b-entry"]
        assert kinds == [OrderReport, FillReport, OrderReport]


async def test_a_fill_that_comes_after_the_end_is_told():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.held.pop(1)
        far.status(entry, "Cancelled")
        await near.until(lambda: CANCELLED in near.states("b-entry"))
        far.say(far.execution(entry, "0000e0d5.1.01.01"))
        await near.until(lambda: near.of(FillReport))


async def test_a_word_about_a_working_order_is_told_and_changes_nothing():
    async with desk() as (near, far):
        await placed(near, far)
        far.error(1, 399, "Your order will not be placed at the exchange until 2026-11-24 09:30:00")
        await near.until(lambda: len(near.states("b-entry")) == 2)
        assert near.states("b-entry") == [WORKING, WORKING]
        assert "will not be placed" in near.of(OrderReport)[-1].message


async def test_what_a_person_changes_in_tws_is_told_as_it_is():
    async with desk() as (near, far):
        await placed(near, far)
        stop = far.one("b-stop")
        stop.placed[wire.TRIGGER] = "4197.5"
        far.say(stop.shown(), stop.said())
        await near.until(lambda: len(near.states("b-stop")) == 2)
        assert near.of(OrderReport)[-1].message == "now 1 units, stop 4197.50"


async def test_terms_that_ib_keeps_otherwise_than_sent_are_told():
    async with desk(Peer(acknowledge=False)) as (near, far):
        await near.broker.place(long_one())
        await far.until(lambda: len(far.held) == 3)
        stop = far.one("b-stop")
        stop.placed[wire.TIF] = "DAY"
        far.say(stop.shown(), stop.said())
        await near.until(lambda: near.states("b-stop"))
        told = "IB holds it as DAY at any hour, it was sent as GTC at any hour"
        assert near.of(OrderReport)[-1].message == told


async def test_another_accounts_and_anothers_orders_are_not_ours():
    async with desk() as (near, far):
        await placed(near, far)
        strange = wire.Held([*far.one("b-entry").placed], 900_001, client=0)
        strange.placed[wire.NUMBER], strange.placed[wire.REF] = "0", ""
        far.say(strange.shown(), strange.said(), far.execution(strange, "9.9.01.01", ref=""))
        far.say(far.execution(far.one("b-entry"), "8.8.01.01", account="DU7654321"))
        await quiet(near, far)
        assert near.of(FillReport) == []
        assert len(near.of(OrderReport)) == 3


async def test_a_share_sold_between_two_ticks_is_booked_at_the_worse_one():
    async with desk() as (near, far):
        await placed(near, far)
        far.say(far.execution(far.one("b-entry"), "1.1.01.01", price="4200.30"))
        await near.until(lambda: near.of(FillReport))
        assert near.of(FillReport)[0].price == ENTRY + 1


async def test_an_unset_commission_is_none():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.one("b-entry")
        far.say(far.execution(entry, "1.1.01.01"), far.cost("1.1.01.01", "1.7976931348623157E308"))
        far.say(far.cost("1.1.01.01", "-1"), far.cost("1.1.01.01", "2.25"))
        await near.until(lambda: near.of(CommissionReport))
        assert [one.amount for one in near.of(CommissionReport)] == ["2.25"]
