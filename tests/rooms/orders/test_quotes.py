"""A maker's quotes by hand: each unit that they bring in is stopped, and has its own time for it."""

from dataclasses import replace

from bot.domain.order import BracketState as S
from bot.domain.seal import SEAL
from bot.journal import rows
from bot.orders.bracket import LiveBracket
from tests.brackets import approved
from tests.rooms.orders.far import SECOND, Desk

BID, ASK = 16800, 16801
NONE = frozenset[int]()


async def quote(desk: Desk, *sides: int) -> LiveBracket:
    """Nothing but one contract at the bid (+1), at the ask (−1) or at both."""
    wanted, now = {}, desk.far.now
    for side in sides:
        entry = BID if side > 0 else ASK
        seen = approved(entry, entry - 5 * side, entry + side, now=now)
        verdict = replace(seen, proposal=replace(seen.proposal, quote=True), seal=SEAL)
        decision = desk.journal.next_id()
        desk.journal.decision(decision, verdict)
        wanted[side] = verdict, decision
    await desk.orders.quotes.quote("test", 0, NONE, wanted, now)
    desk.far.ack("quote")
    await desk.hear()
    live = desk.orders.quotes.of("test", 0)
    assert live is not None
    return live


async def filled(desk: Desk, back: int = 1) -> None:
    """The newest quote fills, or the one before, …"""
    desk.far.fill("quote", back=back)
    await desk.hear()


async def two_held(desk: Desk) -> LiveBracket:
    """Two contracts bought, each under a stop that works; the second one's was sent just now."""
    live = await quote(desk, 1)
    await filled(desk)
    desk.far.ack("stop")
    await desk.hear()
    await quote(desk, 1)
    await filled(desk)
    desk.far.ack("stop")
    await desk.hear()
    assert (live.share, live.cover) == (2, 2)
    return live


async def test_a_stop_of_one_unit_is_not_judged_by_the_time_of_another(desk: Desk) -> None:
    """Given a unit that went out and came in again, when the first one's stop is two seconds old, nobody leaves."""
    live = await two_held(desk)
    await quote(desk, -1)
    await filled(desk)
    desk.far.end("stop")  # it covered the unit that is gone
    await desk.hear()
    await desk.wait(1.9)
    await quote(desk, 1)
    await filled(desk)
    await desk.wait(0.2)
    assert "flatten" not in " ".join(desk.far.told)
    desk.far.ack("stop")
    await desk.hear()
    await desk.wait(3)
    assert (live.share, live.cover, live.state) == (2, 2, S.EXITING)


async def test_a_stop_that_nobody_has_confirmed_for_two_seconds_is_none(desk: Desk) -> None:
    """The same, and of the new stop there is no word: two seconds after it was sent what is held leaves at market."""
    live = await two_held(desk)
    sent = desk.far.now
    await quote(desk, -1)
    await filled(desk)
    desk.far.end("stop")
    await desk.hear()
    await desk.wait(1.9)
    await quote(desk, 1)
    await filled(desk)
    await desk.wait(2.1)
    assert desk.far.now - sent >= 4 * SECOND
    assert desk.far.told[-1].startswith("flatten")
    assert live.leaving == "flatten"


async def test_a_quote_that_a_rule_ends_names_it(desk: Desk) -> None:
    """Given a bid at work, when the gate lets no bid be, then the order's end was asked for by that rule."""
    await quote(desk, 1)
    await desk.orders.quotes.quote("test", 0, NONE, {}, desk.far.now, {1: "G4, spread"})
    assert "cancel asked: G4, spread" in [row.message for row in desk.read(rows.OrderEvent)]
