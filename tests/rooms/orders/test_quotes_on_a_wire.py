"""A maker's quotes at a broker that dies, forgets and corrects: what they brought is covered, whoever sent them."""

from dataclasses import replace

from bot.domain.decision import Approved
from bot.domain.order import BracketState as S
from bot.domain.order import OrderState
from bot.domain.seal import SEAL
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.brackets import approved
from tests.rooms.orders.far import Desk, Far
from tests.rooms.orders.test_no_journal import lose

BID, ASK, STOP = 16_800, 16_801, 3


def side(desk: Desk, way: int, price: int) -> tuple[Approved, str]:
    """One side of a quote that the gate approved, with its decision written."""
    one = approved(price, price - way * STOP, price + way, now=desk.far.now)
    verdict = Approved(replace(one.proposal, quote=True), desk.far.now, {}, SEAL)
    decision = desk.journal.next_id()
    desk.journal.decision(decision, verdict)
    return verdict, decision


async def quote(desk: Desk) -> None:
    """Bid and ask."""
    both = {1: side(desk, 1, BID), -1: side(desk, -1, ASK)}
    await desk.orders.quotes.quote("test", 0, frozenset(), both, desk.far.now)


async def quoting(url: str, far: Far) -> Desk:
    """A desk whose bid and ask work."""
    desk = await Desk.open(url, far).start()
    await quote(desk)
    far.ack()
    await desk.hear()
    assert far.told == ["quote +1", "quote -1"]
    return desk


async def again(url: str, far: Far) -> Desk:
    """The next run."""
    far.connection += 1
    return await Desk.open(url, far).start()


async def test_what_a_makers_quote_brought_is_looked_after_by_the_next_run(url: str) -> None:
    # given an ask that has filled and its stop, and a desk that was killed
    far = Far()
    desk = await quoting(url, far)
    far.fill("quote")
    await desk.hear()
    far.ack()
    await desk.hear()
    assert far.told[2:] == ["stop 1"]
    desk.die()
    # when it is started again
    desk = await again(url, far)
    # then it is short one under the same stop, and the bid is what takes it out
    (live,) = desk.orders.live
    assert (live.side, live.share, live.state) == (-1, 1, S.OPEN)
    assert live.bracket.stop.stop_price == ASK + STOP
    assert far.told[3:] == []
    far.fill("quote", back=2)
    far.end("stop")
    await desk.hear()
    assert live.state is S.CLOSED
    assert desk.orders.position(0) == 0
    with reading(place(url)) as reader:
        assert check(reader) == []
    desk.die()


async def test_a_quote_that_fills_while_nobody_listens_is_covered_by_the_next_run(url: str) -> None:
    # given quotes of a run that was killed
    far = Far()
    desk = await quoting(url, far)
    desk.die()
    # when one of them fills after the next run has taken them up
    desk = await again(url, far)
    far.fill("quote")
    await desk.hear()
    # then it gets the stop that it would have had
    assert far.told[-1] == "stop 1"
    (live,) = desk.orders.live
    assert (live.side, live.bracket.stop.stop_price) == (-1, ASK + STOP)
    # and what is left of the old quotes is pulled when their time is over
    far.ack()
    await desk.hear()
    desk.die()


async def test_quotes_of_a_run_that_died_are_pulled_when_their_time_is_over(url: str) -> None:
    far = Far()
    desk = await quoting(url, far)
    desk.die()
    desk = await again(url, far)
    await desk.wait(121)
    assert far.told[2:] == ["cancel quote", "cancel quote"]
    desk.die()


async def test_no_quote_leaves_that_is_not_durable(desk: Desk) -> None:
    lose(desk)
    await quote(desk)
    assert desk.far.told == []
    assert desk.orders.live == ()
    lose(desk, lost=False)
    assert {row.state for row in desk.read(rows.BracketEvent)} == {"void"}


async def test_a_fill_that_is_taken_back_takes_its_stop_and_its_quotes_along(url: str) -> None:
    far = Far()
    desk = await quoting(url, far)
    filled = far.fill("quote")
    await desk.hear()
    far.ack()
    await desk.hear()
    (live,) = desk.orders.live
    # when the broker takes the execution back
    far.bust(filled)
    await desk.hear()
    # then nothing is held, and nothing may come in or go out any more
    assert live.share == 0
    assert sorted(far.told[3:]) == ["cancel quote", "cancel stop"]
    far.end("stop")
    far.orders[far.name("quote", 2)].state = OrderState.CANCELLED
    await desk.snapshot(3)
    assert desk.orders.live == ()
    desk.die()


async def test_an_exit_that_fills_after_all_was_taken_back_begins_nothing(url: str) -> None:
    far = Far()
    desk = await quoting(url, far)
    filled = far.fill("quote")
    await desk.hear()
    far.ack()
    await desk.hear()
    (live,) = desk.orders.live
    # when its stop fills before that is cancelled
    far.bust(filled)
    far.fill("stop")
    await desk.hear()
    # then more has gone out than came in, and comes back
    assert live.share == -1
    await desk.snapshot()
    await desk.wait(1)
    assert far.told[-1] == "flatten 1"
    desk.die()


async def test_a_wordless_quote_is_asked_about(desk: Desk) -> None:
    await quote(desk)
    await desk.wait(3.1)
    (live,) = desk.orders.live
    assert len(live.unknown()) == 2
    assert "reconciled" in desk.refused
    desk.far.ack()
    await desk.hear()
    assert live.state is S.WORKING
    assert "reconciled" not in desk.refused
