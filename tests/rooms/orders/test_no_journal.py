"""A journal that cannot be written: no entry leaves, what protects does, and everything is written afterwards."""

from pathlib import Path

import pytest

from bot.domain.order import BracketState as S
from bot.errors import Unreachable
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.store import SqliteStore
from tests.rooms.orders.far import SECOND, Desk, Far, flatten_of


def lose(desk: Desk, *, lost: bool = True) -> None:
    """Let the database refuse what is written, or take it again."""
    store = desk.journal._groups._store
    assert isinstance(store, SqliteStore)
    store._connection.execute(f"PRAGMA query_only = {'ON' if lost else 'OFF'}")
    desk.wall.now += 0 if lost else 2 * SECOND


async def test_no_entry_leaves_and_its_bracket_is_void(desk: Desk) -> None:
    lose(desk)
    await desk.place()
    assert desk.journal.down
    assert desk.far.told == []
    assert desk.orders.live == ()
    # when it can be written again, that is told
    lose(desk, lost=False)
    desk.journal.commit()
    assert [row.state for row in desk.read(rows.BracketEvent)] == ["void"]
    assert "not sent" in desk.read(rows.BracketEvent)[0].why
    await desk.place()
    assert desk.far.told == ["place"]


async def test_a_position_is_protected_all_the_same_and_its_rows_come_late(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    lose(desk)
    desk.far.fill("entry")
    desk.far.end("stop")
    await desk.hear()
    assert desk.far.told[-1] == "stop 1"
    desk.far.ack()
    desk.far.end("stop")
    await desk.hear()
    assert desk.far.told[-1] == "flatten 1"
    desk.far.fill("flatten")
    await desk.hear()
    assert live.state is S.CLOSED
    assert desk.journal.down
    lose(desk, lost=False)
    assert [row.role for row in desk.read(rows.Fill)] == ["entry", "flatten"]
    with reading(place(desk.url)) as reader:
        assert check(reader) == []


async def left_without_a_row(url: str, held: int) -> Far:
    """A desk sends a market exit for what it holds while its journal is down, and dies with its disk."""
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one(held)
    lose(desk)
    await desk.orders.flatten(far.now, "flatten")
    assert far.told[-1] == f"flatten {held}"
    with pytest.raises(Unreachable, match="cannot be written"):
        desk.die()
    for kept in Path(url.removeprefix("sqlite:///")).parent.glob("*.unwritten"):
        kept.unlink()
    far.connection += 1
    return far


async def test_what_an_exit_without_a_row_took_out_beyond_the_position_is_bought_back(url: str) -> None:
    # given an exit that nobody remembers, and a broker that fills the stop beside it
    far = await left_without_a_row(url, 2)
    far.fill("flatten", say=False)
    far.fill("stop", 1, say=False)
    assert far.position == -1
    # when the next run asks what there is
    desk = await Desk.open(url, far).start()
    await desk.snapshot()
    await desk.wait(1)
    # then what went out beyond the two is ours, whoever sent it, and comes back
    order = flatten_of(far)
    assert (order.side, order.quantity) == (1, 1)
    far.fill("flatten")
    far.end("stop")
    far.end("target")
    await desk.hear()
    assert desk.orders.position(0) == far.position == 0
    assert desk.orders.live == ()
    desk.die()


async def test_an_exit_without_a_row_explains_once_what_is_missing(url: str) -> None:
    # given an exit that nobody remembers, and that took out two of three
    far = await left_without_a_row(url, 3)
    far.fill("flatten", 2, say=False)
    far.end("flatten", say=False)
    desk = await Desk.open(url, far).start()
    await desk.snapshot()
    (live,) = desk.orders.live
    assert live.share == desk.orders.position(0) == 1
    # when somebody sells two by hand
    far.position -= 2
    await desk.snapshot(2)
    await desk.wait(2)
    # then one of them is theirs, and stays
    assert live.state is S.CLOSED
    assert desk.orders.position(0) == -1
    assert "flatten 1" not in far.told
    assert "foreign" in desk.refused
    desk.die()
