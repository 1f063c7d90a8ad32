"""A list a part at a time is the list: nothing twice, nothing left out, also while it grows."""

from itertools import product
from typing import Any

import jsonschema
import pytest

from bot.domain.order import Bracket, FillReport
from bot.journal import lists
from bot.journal.filters import Filters
from bot.journal.paging import PARTS, Part, part
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.journal.shapes import LISTS
from tests.rooms.journal.build import CPI, OPENING, SECOND, Told, Wall, the_lesson, writer

ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"instrument": "CL"},
    {"instrument": "ESM2023", "strategy": "lesson"},
    {"strategy": "other"},
    {"strategy": "nobody"},
    {"since_ns": OPENING + 700 * SECOND},
    {"since_ns": OPENING + 100 * SECOND, "until_ns": OPENING + 1_600 * SECOND},
    {"day": "2023-05-25"},
    {"day": "2023-05-26"},
    {"day": "2023-05-27"},
    {"adapter": "ib"},
)
MOST = (2, 1_000)
DAY = 86_400


@pytest.fixture
def two_days(url: str) -> str:
    """A journal of two runs: finished, open and refused brackets of two products and two strategies."""
    for number, seconds in enumerate((0, DAY)):
        with writer(url, run=f"run{number}", wall=Wall(start=(1_790_000_000 + seconds) * SECOND)) as journal:
            es, cl = Told(journal), Told(journal, instrument=1, contract="CLN2023", strategy="other", executions=1_000)
            late, open_one = es.bracket(seconds + 10), cl.bracket(seconds + 20)
            es.fill(late.entry, seconds + 30, 16802)
            cl.fill(open_one.entry, seconds + 40, 7000)
            es.blocked(seconds + 50, CPI)
            for moved in (100, 700):
                _round(cl, seconds + moved, 7000)
            if number == 0:
                the_lesson(es)
            cl.blocked(seconds + 1_700, CPI)
            # what went in first comes out last
            es.fill(late.target, seconds + 1_800, 16808)
            journal.note(late.id, "a note", 5, "me")
            journal.tag(late.id, "slow", 5, "me", removed=False)
            journal.finish({})
    return url


def _round(told: Told, seconds: float, price: int) -> Bracket:
    bracket = told.bracket(seconds, entry=price)
    told.fill(bracket.entry, seconds + 1, price)
    told.fill(bracket.stop, seconds + 2, price - 3)
    told.closed(bracket, seconds + 2, 3, 0, "stop")
    return bracket


def _parts(reader: Reader, name: str, run: str, filters: Filters, most: int) -> list[Part]:
    found = [part(name, reader, reader.choose(run), filters, after=0, most=most)]
    while found[-1].more:
        found.append(part(name, reader, reader.choose(run), filters, after=found[-1].after, most=most))
    return found


@pytest.mark.parametrize("name", PARTS)
def test_the_parts_put_together_are_the_list(two_days: str, name: str) -> None:
    with reading(place(two_days)) as reader:
        for run, asked, most in product(("all", "last", "run0"), ASKED, MOST):
            # given a list, when it is asked for a part at a time
            filters = Filters(**asked)
            whole = getattr(lists, f"list_{name.replace('-', '_')}")(reader, reader.choose(run), filters)
            parts = _parts(reader, name, run, filters, most)
            together = [shape for one in parts for shape in one.shapes]
            # then every part but the last is full, and together they are the list
            assert all(len(one.shapes) == most for one in parts[:-1])
            if name == "round-trips":
                whole, together = (sorted(some, key=lambda shape: str(shape["id"])) for some in (whole, together))
            assert together == whole, (run, asked, most)
        jsonschema.validate(together, LISTS[name])


def test_who_follows_hears_of_what_comes_later_and_of_nothing_twice(url: str) -> None:
    def follow(name: str, after: int) -> Part:
        with reading(place(url)) as reader:
            return part(name, reader, reader.choose("all"), Filters(), after=after, most=1_000)

    with writer(url, run="run", durability="power") as journal:
        told = Told(journal)
        # given somebody who has seen an open position among finished ones
        early = told.bracket(10)
        told.fill(early.entry, 20, 16802)
        later = _round(told, 30, 16800)
        trips, fills = follow("round-trips", 0), follow("fills", 0)
        assert [one["id"] for one in trips.shapes] == [later.id]
        assert len(fills.shapes) == 3
        # when nothing comes, then there is nothing, and the place is the same
        assert follow("round-trips", trips.after) == Part([], trips.after, False)
        # when it is left, then it is told once
        told.fill(early.target, 40, 16808)
        again = follow("round-trips", trips.after)
        assert [one["id"] for one in again.shapes] == [early.id]
        assert [one["role"] for one in follow("fills", fills.after).shapes] == ["target"]
        assert follow("round-trips", again.after).shapes == []


def test_a_correction_stands_in_the_place_of_what_it_corrects(url: str) -> None:
    with writer(url, run="run") as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        corrected = FillReport(
            *(bracket.target.client_order_id, "run-x9", told.at(1560), -1, 1, 16807, "queue"), corrects="run-x2"
        )
        journal.fill(journal.next_id(), corrected, bracket.target, "ESM2023")
        journal.finish({})
    with reading(place(url)) as reader:
        for name in ("fills", "round-trips"):
            whole = getattr(lists, f"list_{name.replace('-', '_')}")(reader, reader.runs, Filters())
            assert part(name, reader, reader.runs, Filters(), after=0, most=10).shapes == whole
