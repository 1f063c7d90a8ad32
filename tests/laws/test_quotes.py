"""The laws over a market maker: its quotes go through the same gate, journal and broker as a bracket's orders.

The markets are the drill's, played by a maker that looks every second.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.replay.broker import ReplayBroker
from bot.config import read_bot, read_strategy
from bot.daemon import Asked
from bot.domain.order import ENDED, OrderState, Protective, Quoted
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.orders.machine import Machine
from bot.resources import shipped
from tests.laws.markets import market
from tests.laws.test_mirror_desk import AXIS
from tests.laws.test_mirror_desk import told as told_in_a_mirror
from tests.laws.test_no_peeking_desk import cut_short
from tests.laws.test_no_peeking_desk import told as told_until
from tests.playing import EAGER, Played, play, strategy, traded

SECOND = 1_000_000_000
MAKER = """
name = "maker-law"
strategy = "inventory_maker"
instrument = "{instrument}"
timeframe = "1s"

[params]
model = "{model}"
most = {most}
warmup = 2
gamma = 0.05

[bracket]
stop_ticks = 5
contracts = 1

[entry]
ttl = "3s"

[hours]
session = "any"
"""
FREE = ("risk.max_daily_loss_usd=1000000", "risk.max_order_messages_per_minute=100000")
MODELS = ("literature", "horizon", "seed")
PLAYED: list[Played] = []
hurried = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def maker(folder: Path, most: int = 2, model: str = "literature") -> Path:
    """One contract a side in ES, at most `most` held."""
    return strategy(folder, MAKER.format(instrument="ES", model=model, most=most))


def run(folder: Path, seed: int, most: int = 2, model: str = "literature", batch: int | None = None) -> Played:
    return play(folder, market(seed), maker(folder, most, model), sets=FREE, batch=batch)


def naked(played: Played, grace_ns: int = SECOND) -> list[str]:
    """Inventories that nothing would have stopped for longer than a second, as the journal tells it."""
    found, held, bare = [], defaultdict[str, int](int), dict[str, int]()
    stops: dict[tuple[str, int], set[str]] = defaultdict(set)
    owner = dict[str, tuple[str, int]]()
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        told: list[Any] = [row for kind in (rows.Order, rows.OrderEvent, rows.Fill) for row in reader.read(kind, runs)]
    for row in sorted(told, key=lambda one: one.seq):
        if isinstance(row, rows.Order):
            owner[row.client_order_id] = row.bracket_id or "", row.side
            if row.role in ("stop", "flatten"):
                stops[owner[row.client_order_id]].add(row.client_order_id)
        elif isinstance(row, rows.Fill):
            held[row.bracket_id or ""] += row.side * row.quantity
        elif OrderState(row.state) in ENDED:
            stops[owner[row.client_order_id]].discard(row.client_order_id)
        ts = row.created_ns if isinstance(row, rows.Order) else row.ts
        for name, units in held.items():
            if units and not stops[name, -1 if units > 0 else 1]:
                if ts - bare.setdefault(name, ts) > grace_ns:
                    found.append(f"{name} holds {units:+d} and nothing stops it")
            else:
                bare.pop(name, None)
    return found


def crossed(played: Played) -> list[str]:
    """Brackets that held a position of one side and then of the other, without being flat in between."""
    found, held = [], defaultdict[str, int](int)
    with reading(place(played.url)) as reader:
        for fill in reader.read(rows.Fill, reader.choose(played.outcome.run)):
            before, name = held[fill.bracket_id or ""], fill.bracket_id or ""
            held[name] += fill.side * fill.quantity
            if before * held[name] < 0:
                found.append(f"{name} held {before:+d} and then {held[name]:+d}")
    return found


@hurried
@given(seed=st.integers(0, 10_000), most=st.sampled_from((1, 2, 5)), model=st.sampled_from(MODELS))
def test_inventory_comes_from_fills_is_stopped_and_is_nothing_at_the_end(
    tmp_path: Path, seed: int, most: int, model: str
) -> None:
    played = run(tmp_path, seed, most, model)
    units = [fill["quantity"] if fill["side"] == "buy" else -fill["quantity"] for fill in played.fills]
    assert sum(units) == 0
    assert max((abs(sum(units[: n + 1])) for n in range(len(units))), default=0) <= most
    ticks = sum(trip["ticks"] * trip["quantity"] for trip in played.round_trips)
    assert ticks == pytest.approx(played.outcome.net_ticks)
    assert naked(played) == []
    assert crossed(played) == []
    with reading(place(played.url)) as reader:
        assert check(reader) == []
    PLAYED.append(played)


def test_what_was_tried_quoted_and_filled_a_lot() -> None:
    assert sum(played.outcome.tally.approved for played in PLAYED) > 10 * len(PLAYED)
    assert sum(len(played.round_trips) for played in PLAYED) > len(PLAYED)


@hurried
@given(seed=st.integers(0, 10_000), most=st.sampled_from((1, 3)), batch=st.integers(1, 400))
def test_a_cut_anywhere_changes_no_row(tmp_path: Path, seed: int, most: int, batch: int) -> None:
    assert run(tmp_path, seed, most, batch=batch).hash == run(tmp_path, seed, most).hash


@hurried
@given(seed=st.integers(0, 10_000))
def test_there_is_never_more_than_one_bid_and_one_ask(tmp_path: Path, seed: int) -> None:
    played = run(tmp_path, seed)
    works: dict[int, set[str]] = {1: set(), -1: set()}
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        quotes = {row.client_order_id: row.side for row in reader.read(rows.Order, runs) if row.role == "quote"}
        events = [row for row in reader.read(rows.OrderEvent, runs) if row.client_order_id in quotes]
    for row in events:
        side = works[quotes[row.client_order_id]]
        (side.discard if OrderState(row.state) in ENDED else side.add)(row.client_order_id)
        assert len(side) <= 1


@hurried
@given(seed=st.integers(0, 10_000), rows=st.integers(100, 500))
def test_what_comes_later_changes_nothing_before(tmp_path: Path, seed: int, rows: int) -> None:
    tape, spec = market(seed), maker(tmp_path)
    end = int(tape.rows()["ts"][rows - 1])
    whole, short = (play(tmp_path, one, spec, sets=FREE) for one in (tape, cut_short(tape, rows)))
    assert told_until(short, end) == told_until(whole, end)


@pytest.mark.parametrize("seed", [0, 1, 3])
@pytest.mark.parametrize("model", ["literature"])
def test_a_mirrored_tape_is_a_mirrored_journal(tmp_path: Path, seed: int, model: str) -> None:
    """The lesson's rule is aside: it treats long and short differently on purpose."""
    spec = maker(tmp_path, model=model)
    straight = play(tmp_path, market(seed), spec, sets=FREE)
    mirrored = play(tmp_path, market(seed).mirrored(AXIS), spec, sets=FREE)
    assert sorted(told_in_a_mirror(mirrored, mirrored=True), key=str) == sorted(told_in_a_mirror(straight), key=str)
    assert straight.fills


def test_every_quote_stands_on_an_approval(tmp_path: Path) -> None:
    played = run(tmp_path, 11)
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        approved = {
            (row.side, row.entry, row.quantity) for row in reader.read(rows.Decision, runs) if row.verdict == "approved"
        }
        quotes = [row for row in reader.read(rows.Order, runs) if row.role == "quote"]
    assert quotes
    assert all((row.side, row.price, row.quantity) in approved for row in quotes)


@pytest.fixture
def early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every order of which the broker heard before the journal had it."""
    url, found = f"sqlite:///{tmp_path / 'journal.db'}", list[str]()
    own_quote, own_protect = ReplayBroker.quote, ReplayBroker.protect

    def look(name: str) -> None:
        with reading(place(url)) as reader:
            known = {row.client_order_id for row in reader.read(rows.Order, reader.runs)}
        found.extend([name] if name not in known else [])

    async def quote(self: ReplayBroker, quoted: Quoted) -> None:
        look(quoted.order.client_order_id)
        await own_quote(self, quoted)

    async def protect(self: ReplayBroker, order: Protective) -> None:
        look(order.order.client_order_id)
        await own_protect(self, order)

    monkeypatch.setattr(ReplayBroker, "quote", quote)
    monkeypatch.setattr(ReplayBroker, "protect", protect)
    return found


def test_no_quote_reaches_the_broker_before_the_journal(tmp_path: Path, early: list[str]) -> None:
    tape = market(11).write(tmp_path / "tape.parquet")
    bot = read_bot(shipped("config/bot.toml"), [*EAGER, *FREE])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    done = traded(Asked(bot, [read_strategy(maker(tmp_path))], url, "process", [str(tape)]))
    assert early == []
    assert done.tally.approved


def test_the_laws_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a machine that sends no stop."""

    async def nothing(self: Machine, *_: object) -> bool:
        return False

    monkeypatch.setattr(Machine, "send", nothing)
    assert any(naked(run(tmp_path, seed)) for seed in range(5))
