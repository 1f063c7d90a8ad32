"""Law 3: the journal has an order's intent before the broker hears of it, and a fill before anyone acts on it.

Method: the broker looks into the journal, by a connection of its own, at the moment at which it is told something.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.replay.broker import ReplayBroker
from bot.config import read_bot, read_strategy
from bot.daemon import Asked
from bot.domain.decision import Approved
from bot.domain.order import Bracket, Protective
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.orders.manager import OrderManager
from bot.resources import shipped
from tests.laws.markets import drill, market
from tests.playing import EAGER, traded


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every order of which the broker heard before the journal had it, of a run over one busy market."""
    url, early = f"sqlite:///{tmp_path / 'journal.db'}", []
    own_place, own_protect = ReplayBroker.place, ReplayBroker.protect

    def check(names: list[str]) -> None:
        with reading(place(url)) as reader:
            known = {row.client_order_id for row in reader.read(rows.Order, reader.runs)}
        early.extend(name for name in names if name not in known)

    async def watched_place(self: ReplayBroker, bracket: Bracket) -> None:
        check([order.client_order_id for order in bracket.orders])
        await own_place(self, bracket)

    async def watched_protect(self: ReplayBroker, order: Protective) -> None:
        check([order.order.client_order_id])
        await own_protect(self, order)

    monkeypatch.setattr(ReplayBroker, "place", watched_place)
    monkeypatch.setattr(ReplayBroker, "protect", watched_protect)
    return early


def run(folder: Path) -> None:
    """Trade one market under the durability that live trading has."""
    tape = market(11).write(folder / "tape.parquet")
    bot = read_bot(shipped("config/bot.toml"), EAGER)
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    asked = Asked(bot, [read_strategy(drill(folder))], f"sqlite:///{folder / 'journal.db'}", "process", [str(tape)])
    traded(asked)


def test_no_order_reaches_the_broker_before_the_journal(tmp_path: Path, told: list[str]) -> None:
    run(tmp_path)
    assert told == []


def test_the_law_can_fail(tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a manager that sends first and writes afterwards."""
    own = OrderManager.place

    async def hasty(self: OrderManager, approved: Approved, decision_id: str, now: int) -> None:
        commit, self._journal.commit = self._journal.commit, lambda: None  # type: ignore[method-assign]
        await own(self, approved, decision_id, now)
        self._journal.commit = commit  # type: ignore[method-assign]
        commit()

    monkeypatch.setattr(OrderManager, "place", hasty)
    run(tmp_path)
    assert told != []


def test_rows_stand_in_the_order_of_the_law(tmp_path: Path) -> None:
    run(tmp_path)
    with reading(place(f"sqlite:///{tmp_path / 'journal.db'}")) as reader:
        orders = {row.client_order_id: row.seq for row in reader.read(rows.Order, reader.runs)}
        events = reader.read(rows.OrderEvent, reader.runs)
        fills = reader.read(rows.Fill, reader.runs)
        states = reader.read(rows.BracketEvent, reader.runs)
    assert fills
    assert all(orders[event.client_order_id] < event.seq for event in events)
    for fill in fills:
        later = [row.seq for row in states if row.bracket_id == fill.bracket_id and row.seq > fill.seq]
        assert later, "what a fill does to its bracket is written after the fill"
