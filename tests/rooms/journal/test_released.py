"""What a released program left behind, killed with a position under its stop, today's program takes up."""

from dataclasses import replace

import pytest

from bot.domain.order import BracketState, FillReport, OrderState
from bot.domain.past import Past
from bot.journal import lists, rows
from bot.journal.check import check
from bot.journal.filters import Filters
from bot.journal.fold import fold
from bot.journal.maintenance import change
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.schema import REVISIONS
from tests.rooms.journal.released import FOLDER, restored
from tests.rooms.orders.far import ACCOUNT, SECOND, Desk, Far, Works

RELEASED = tuple(sorted(path.stem for path in FOLDER.glob("*.sql")))
FIRST = "0003"
"""Before it nothing was released."""


def test_every_released_revision_has_left_a_journal() -> None:
    """When this fails: python -m tests.rooms.journal.released, before anything else changes."""
    assert REVISIONS[REVISIONS.index(FIRST) :] == RELEASED


def as_left(past: Past) -> Far:
    """The broker as that program left it: it has gone on holding what was there."""
    far = Far()
    for bracket in past.brackets:
        for one in bracket.orders:
            names = one.broker_ids or ("",)
            works = Works(one.order, one.state, names[-1], one.order.quantity)
            far.names.append(one.order.client_order_id)
            far.orders[one.order.client_order_id] = works
        far.fills += [fill for fill in bracket.fills if isinstance(fill, FillReport)]
    far.position = sum(past.positions.values())
    far.now = max(fill.ts for fill in far.fills) + 60 * SECOND
    return far


@pytest.mark.parametrize("revision", RELEASED)
async def test_an_old_journal_is_upgraded_and_its_position_taken_up(url: str, revision: str) -> None:
    # given the journal of a program of that revision, killed with a position
    restored(url, revision)
    # when it is brought up to date
    change(place(url), "head", up=True, now_ns=1_800_000_000_000_000_000)
    # then no row is another, and everything is as it was
    with reading(place(url)) as reader:
        assert check(reader) == []
        before = {row.client_order_id: row for row in reader.read(rows.Order, reader.runs)}
        (trip,) = lists.list_round_trips(reader, reader.runs, Filters())
    assert (trip["exit_reason"], trip["ticks"]) == ("target", 6.0)
    past = fold(url, account=ACCOUNT)
    assert past.settings["pause:drill:"].value is True
    # and a desk takes up the position and the entry, and sends nothing
    far = as_left(past)
    desk = await Desk.open(url, far).start()
    assert sorted(live.state for live in desk.orders.live) == [BracketState.OPEN, BracketState.WORKING]
    assert desk.orders.position(0) == 2
    assert far.told == []
    assert "reconciled" not in desk.refused
    # and what happens to it afterwards stands where it belongs
    (open_one,) = (live for live in desk.orders.live if live.state is BracketState.OPEN)
    stop = next(leg for leg in open_one.legs.values() if leg.order.role == "stop")
    far.names.append(stop.order.client_order_id)  # the newest stop is the one of the entry at work
    far.said.append(replace(far.fill("stop", say=False), exec_id="x9"))
    far.orders[next(n for n in open_one.legs if before[n].role == "target")].state = OrderState.CANCELLED
    await desk.hear()
    assert open_one.state is BracketState.CLOSED
    assert desk.orders.position(0) == 0
    desk.die()
    with reading(place(url)) as reader:
        assert check(reader) == []
        assert [trip["exit_reason"] for trip in lists.list_round_trips(reader, reader.runs, Filters())] == [
            "target",
            "stop",
        ]
