"""Whatever clients do while the market moves: nothing is lost, nothing doubled, nothing filled beyond its order."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.gateway.books import Books
from tests.laws.markets import market
from tests.rooms.gateway.pit import ACCOUNT, ESM, Desk, Pit

ROWS = market(3, rows=200).rows()
PRICES = st.integers(-6, 6)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("bracket"), PRICES, st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
        st.tuples(st.just("single"), st.sampled_from(["BUY", "SELL"]), st.sampled_from(["LMT", "STP", "MKT"]), PRICES),
        st.tuples(st.just("pair"), PRICES, st.integers(1, 3), st.sampled_from([1, 2, 3])),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("amend"), st.integers(0, 30), PRICES, st.integers(1, 5)),
        st.tuples(st.just("play"), st.integers(1, 40)),
        st.tuples(st.just("partial-fills"), st.sampled_from(["1", "2"])),
        st.tuples(st.just("clear")),
    ),
    max_size=25,
)


def middle(pit: Pit) -> int:
    """The bid that stands."""
    return int(pit.ticks["bid"][max(0, pit.row - 1)])


def price(pit: Pit, away: int) -> str:
    return f"{ESM.instrument.to_price(middle(pit) + away):f}"


def act(pit: Pit, desk: Desk, what: Any, placed: list[tuple[int, str, str]]) -> None:
    """Do one thing."""
    match what:
        case ("bracket", away, risk, reward, quantity):
            legs = (away, away - risk, away + reward)
            numbers = desk.bracket(*(price(pit, leg) for leg in legs), quantity, name=f"b{len(placed)}")
            placed += zip(numbers, ("BUY", "SELL", "SELL"), ("LMT", "STP", "LMT"), strict=True)
        case ("single", action, kind, away):
            placed.append((desk.place(action, 1, kind, price(pit, away)), action, kind))
        case ("pair", away, quantity, kind):
            group = {"ocaGroup": f"g{len(placed)}", "ocaType": kind}
            placed.append((desk.place("SELL", quantity, "LMT", price(pit, abs(away) + 1), **group), "SELL", "LMT"))
            placed.append((desk.place("SELL", quantity, "STP", price(pit, -abs(away) - 1), **group), "SELL", "STP"))
        case ("cancel", which) if placed:
            desk.cancel(placed[which % len(placed)][0])
        case ("amend", which, away, quantity) if placed:
            number, action, kind = placed[which % len(placed)]
            desk.place(action, quantity, kind, price(pit, away), orderId=number)
        case ("play", rows):
            pit.play(rows)
        case ("partial-fills", units):
            pit.fault("partial-fills", units)
        case ("clear",):
            pit.fault("clear")


def holds(books: Books) -> None:
    """What must be true at any time."""
    for ticket in books.tickets.values():
        assert 0 <= ticket.filled <= ticket.quantity
        assert ticket.left > 0 or ticket.over
        assert not (ticket.over and ticket.slot >= 0)
        if ticket.children:
            assert 0 <= sum(child.filled for child in ticket.children) <= ticket.filled
    traded = sum(one.ticket.side * one.quantity for one in books.executions)
    assert books.units(ACCOUNT, ESM) == traded
    assert len({one.root for one in books.executions}) == len(books.executions)


@pytest.mark.parametrize("model", ["ib-paper", "queue"])
@settings(max_examples=60, deadline=None)
@given(acts=ACTS)
def test_the_books_add_up(model: str, acts: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pit = Pit(ROWS, model, folder=Path(folder)).play(20)
        desk = pit.client()
        placed: list[tuple[int, str, str]] = []
        for what in acts:
            act(pit, desk, what, placed)
            holds(pit.exchange.books)
        told, fills = desk.forget().ask().raw, len(pit.exchange.executions)
        pit.exchange.close()

        # A gateway that starts from the file says the same of everything.
        again = Pit(ROWS, model, folder=Path(folder))
        again.row = pit.row
        holds(again.exchange.books)
        assert again.client().raw == told
        assert len(again.exchange.executions) == fills
        again.exchange.close()


@settings(max_examples=40, deadline=None)
@given(acts=ACTS)
def test_a_client_that_only_listens_knows_it_all(acts: list[Any]) -> None:
    pit = Pit(ROWS, "ib-paper").play(20)
    desk = pit.client().forget()
    placed: list[tuple[int, str, str]] = []
    for what in acts:
        act(pit, desk, what, placed)
    told = [args[2] for args in desk.told("execDetails")]
    assert [one.execId for one in told] == [one.exec_id for one in pit.exchange.executions]
    assert sorted(args[0].execId for args in desk.told("commissionReport")) == sorted(one.execId for one in told)
    for ticket in pit.exchange.books.tickets.values():
        assert desk.last(ticket.order_id)[1:4] == (ticket.state, ticket.filled, ticket.left)
