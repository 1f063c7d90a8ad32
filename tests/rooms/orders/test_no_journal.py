"""A journal that cannot be written: no entry leaves, what protects does, and everything is written afterwards."""

from bot.domain.order import BracketState as S
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.store import SqliteStore
from tests.rooms.orders.far import SECOND, Desk


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
