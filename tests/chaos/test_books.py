"""The judge of `make chaos` finds what there is to find: each kind of wrong, told by hand."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.journal import rows
from tests.chaos import books
from tests.chaos.books import Finding
from tests.chaos.journal import Written
from tests.chaos.truth import Truth

SECOND = 1_000_000_000
ENTRY, STOP = "run-1", "run-2"


class Told:
    """A ledger, line by line; a second passes with each."""

    def __init__(self) -> None:
        self.truth = Truth(Path())
        self._perm, self._exec = itertools.count(1), itertools.count(1)
        self.now = 0
        self._orders: dict[str, dict[str, Any]] = {}

    def line(self, event: str, ref: str, **more: Any) -> "Told":
        self.now += SECOND
        self.truth.take([{"event": event, "wall": self.now, **self._orders[ref], "ref": ref, **more}])
        return self

    def order(self, ref: str, action: str, kind: str, *, quantity: int = 2, parent: str = "", **price: str) -> "Told":
        said = {"action": action, "type": kind, "quantity": quantity, "limit": None, "stop": None, **price}
        said["parent"] = self._orders[parent]["perm_id"] if parent else 0
        state = {"perm_id": next(self._perm), "state": "Submitted", "filled": 0, "remaining": quantity, "order": said}
        self._orders[ref] = state
        return self.line("order", ref)

    def filled(self, ref: str, quantity: int = 2, price: str = "4200.25") -> "Told":
        one = self._orders[ref]
        one["filled"], one["remaining"] = one["filled"] + quantity, one["remaining"] - quantity
        side = "BOT" if one["order"]["action"] == "BUY" else "SLD"
        told = {"exec_id": f"e{next(self._exec)}", "side": side, "quantity": quantity, "price": price}
        return self.line("exec", ref, exec=told)

    def ended(self, ref: str) -> "Told":
        return self.line("end", ref, **{"state": "Cancelled"})


def bracket() -> Told:
    """Two bought at 4200.25 under a stop, and filled."""
    told = Told().order(ENTRY, "BUY", "LMT", limit="4200.25")
    return told.order(STOP, "SELL", "STP", parent=ENTRY, stop="4199.00").filled(ENTRY)


FILL = rows.Fill(
    *(1, "run", "run-9", "e1", ENTRY, "run-0", "ES", "ESM2026", "entry", 1, 2, 16801, 0, "live", "ib-paper"), None, ""
)
ORDER = rows.Order(
    *(1, "run", ENTRY, "run-0", "ES", "ESM2026", "entry", 1, "limit", 2, 16801, None, 0, ""),
)
CHILD = ORDER._replace(client_order_id=STOP, role="stop", side=-1, type="stop", price=None, stop_price=16796)
WHOLE = Written(fills=[FILL], orders=[ORDER, CHILD], brackets={"run-0": "open"})


def judged(told: Told, written: Written) -> list[Finding]:
    """Everything that is found at rest, with a daemon that was there all the time."""
    truth, up = told.truth, [(0, told.now)]
    found = [*books.never(truth, written), *books.missing(truth, written, told.now)]
    return [*found, *books.at_rest(truth, written), *books.naked(truth, up)]


def test_books_that_agree_are_clean() -> None:
    assert judged(bracket(), WHOLE) == []


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"fills": []}, "lost", "execution e1 of order run-1: +2 at 16801"),
        ({"fills": [FILL, FILL._replace(seq=2)]}, "doubled", "stands 2 times"),
        ({"fills": [FILL._replace(price=16802)]}, "altered", "execution e1 was"),
        ({"fills": [FILL._replace(side=-1)]}, "altered", "execution e1 was"),
        ({"fills": [FILL._replace(client_order_id=STOP)]}, "altered", "execution e1 was"),
        ({"fills": [FILL, FILL._replace(exec_id="e7")]}, "altered", "e7, which never happened"),
        ({"orders": [ORDER]}, "other", "order run-2 was sent, and the journal has no intent"),
        ({"orders": [ORDER, CHILD._replace(stop_price=16797)]}, "altered", "order run-2 was sent as"),
        ({"brackets": {"run-0": "closed"}}, "other", "works on, and its bracket run-0 has ended"),
        ({"adjusted": 1}, "other", "+1 were booked without an execution"),
    ],
)
def test_a_journal_that_is_wrong_is_found_out(change: Mapping[str, Any], kind: str, words: str) -> None:
    (found,) = judged(bracket(), replace(WHOLE, **change))
    assert (found.kind, words in found.what) == (kind, True), found


def test_an_order_that_is_sent_twice_is_doubled() -> None:
    told = bracket().order(ENTRY, "BUY", "LMT", limit="4200.25").ended(ENTRY)
    assert [one.kind for one in judged(told, WHOLE)] == ["doubled"]


def test_a_position_whose_stop_is_gone_is_naked_after_the_grace() -> None:
    # given a stop that the broker ends
    told = bracket().ended(STOP)
    # then it is naked at rest at once, and while the daemon watches after ten seconds of its being there
    assert [one.kind for one in judged(told, WHOLE)] == ["naked"]
    told.now += 11 * SECOND
    told.truth.wall = told.now
    away = [(0, told.now - 11 * SECOND)]
    assert list(books.naked(told.truth, away)) == []
    assert [one.kind for one in books.naked(told.truth, [(0, told.now)])] == ["naked"]


def test_a_child_covers_what_its_parent_has_filled() -> None:
    told = Told().order(ENTRY, "BUY", "LMT", limit="4200.25")
    told.order(STOP, "SELL", "STP", parent=ENTRY, stop="4199.00").filled(ENTRY, 1)
    assert (told.truth.position, told.truth.covered) == (1, 1)
    # and one of another bracket, whose entry waits, covers nothing
    told.ended(STOP).order("run-5", "BUY", "LMT", limit="4200.00")
    told.order("run-6", "SELL", "STP", parent="run-5", stop="4198.75")
    assert (told.truth.position, told.truth.covered) == (1, 0)


def test_a_corrected_execution_takes_the_place_of_the_first() -> None:
    told = bracket()
    revised = {"exec_id": "e1.2", "side": "BOT", "quantity": 2, "price": "4200.50"}
    told.line("correction", ENTRY, exec=revised, corrects="e1")
    assert told.truth.position == 2
    assert [one.kind for one in judged(told, WHOLE)] == ["lost"]
    second = FILL._replace(seq=2, exec_id="e1.2", price=16802, corrects="e1")
    assert judged(told, replace(WHOLE, fills=[FILL, second])) == []
