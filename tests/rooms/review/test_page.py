"""A review as one file: it needs nothing else, runs nothing, adds up, and pools nothing."""

import base64
import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.domain.command import Command
from bot.errors import UsageError
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.remarks import write
from bot.review import words
from bot.review.estimates import deepest
from bot.review.export.equity import POINTS_MAX, drawing, points
from bot.review.export.markup import UNSPEAKABLE, tag
from bot.review.report import report
from bot.review.stats import Group
from bot.review.trips import Trip, trips
from tests.bench.year import build
from tests.rooms.journal.build import MINUTE, OPENING, Told, the_lesson, writer
from tests.rooms.review.promising import promising

EVIL = '<script>alert("1")</script> & <img src=x onerror=alert(1)>'


def told(path: Path, run: str, **changed: Any) -> str:
    """A live run with one round trip, one refusal in a blackout, and a command; gives the round trip's id."""
    with writer(str(path), run=run, **({"adapter": "ib", "fill_model": ""} | changed)) as journal:
        bracket = the_lesson(Told(journal))
        journal.calendar_event("cpi", OPENING, OPENING + 60 * MINUTE, "bls.csv", OPENING)
        Told(journal).blocked(2000)
        journal.link_event("down", OPENING, "socket closed")
        journal.finish({"rows": 360})
    return bracket.id


def ran(path: Path, *wanted: str) -> Result:
    return CliRunner().invoke(commands, ["report", "--journal", str(path), *wanted])


def page(path: Path, *wanted: str) -> Element:
    """The page's root: it is well formed, so nothing of the journal has become markup."""
    out = path.with_name("page.html")
    assert ran(path, *wanted, "--html", str(out)).exit_code == 0
    text = out.read_text()
    assert text.startswith("<!DOCTYPE html>\n<html ")
    return ElementTree.fromstring(text.partition("\n")[2])


def said(root: Element) -> str:
    return "\n".join(root.itertext())


def test_what_models_said_stands_in_it_where_one_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    promising(path)
    root = page(path)
    assert "Model" in said(root)
    bins, scores = (table for table in tables(root, "Models"))
    assert sum(int(line[0]) for line in bins) == 96
    assert [line[0] for line in scores][:2] == ["Won less what it said", "Brier"]
    told(tmp_path / "none.db", "live")
    assert list(tables(page(tmp_path / "none.db"), "Models")) == []


def tables(root: Element, heading: str) -> Iterator[list[list[str]]]:
    """The tables below a heading, as texts of cells."""
    main = root.find("body/main")
    assert main is not None
    below = False
    for part in main:
        if part.tag == "h2":
            below = "".join(part.itertext()).startswith(heading)
        elif below:
            for found in part.iter("tbody"):
                yield [["".join(cell.itertext()) for cell in line] for line in found]


def test_it_needs_nothing_and_runs_nothing(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    root = page(tmp_path / "j.db")
    # Nothing is fetched and nothing runs: no such element, no such attribute, no address but within the page.
    assert {part.tag for part in root.iter()} & {"script", "link", "img", "iframe", "object", "form", "base"} == set()
    attributes = [(name, value) for part in root.iter() for name, value in part.attrib.items()]
    assert [name for name, _ in attributes if name == "style" or name.startswith("on")] == []
    assert all(value.startswith("#") for name, value in attributes if name in ("href", "src"))
    # The policy lets in this very style alone.
    style = root.find("head/style")
    assert style is not None
    assert style.text is not None
    assert not re.search(r"url\(|@import|https?:", style.text)
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = [
        part.get("content") for part in root.iter("meta") if part.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_it_says_what_the_report_says(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    ids = [told(path, "one"), told(path, "two")]
    write(place(str(path)), Command("note", "1", 1, subject=ids[0], text="waited for the retest", who="me"))
    with reading(place(str(path))) as reader:
        facts = report(reader, reader.runs, Filters())
    root = page(path)
    (group,) = facts["groups"]
    assert [group["group"], words.signed(group["net"])] == ["lesson · broker", "+141.76"]
    (summary, *_) = root.iter("tbody")
    assert said(summary).split("\n") == ["lesson · broker", "2", "2", "0", "+3.78", "+141.76"]
    (trips_shown,) = tables(root, "Round trips")
    assert [line[1] for line in trips_shown] == ids
    assert [line[8] for line in trips_shown] == ["+1.89", "+3.78"]
    (refused,) = tables(root, "Refused")
    assert [(line[0], line[1]) for line in refused] == [("blackout", "2")]
    (windows,) = tables(root, "Calendar")
    assert [(line[0], line[3], line[4]) for line in windows] == [("cpi", "2", "bls.csv")]
    assert "waited for the retest" in said(root)
    assert "too few sessions (1 of 20) to tell" in said(root).lower()
    assert "socket closed" in said(root)


def test_the_same_question_gives_the_same_bytes(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    page(tmp_path / "j.db")
    before = (tmp_path / "page.html").read_bytes()
    page(tmp_path / "j.db")
    assert (tmp_path / "page.html").read_bytes() == before


def test_words_of_a_journal_are_never_markup(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    subject = told(path, "one", strategies=[EVIL])
    write(place(str(path)), Command("note", "1", 1, subject=subject, text=EVIL, who=EVIL))
    write(place(str(path)), Command("tag", "2", 2, subject=subject, tags=(EVIL,)))
    root = page(path)
    assert said(root).count(EVIL) >= 3
    assert list(root.iter("script")) == []


@given(st.text())
def test_whatever_is_said_is_read_back(text: str) -> None:
    read = ElementTree.fromstring(tag("p", text, title=text))
    clean = UNSPEAKABLE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    assert (read.text or "") == clean


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "journal.db"
    build(path, 600, 1_000)
    return path


@pytest.fixture(scope="module")
def trips_of_year(year: Path) -> list[Trip]:
    with reading(place(str(year))) as reader:
        return trips(reader, reader.runs, Filters())


def test_a_day_is_shown_among_all_before_it(year: Path, trips_of_year: list[Trip]) -> None:
    day = trips_of_year[300].session
    mine = [trip.id for trip in trips_of_year if trip.session == day]
    before = {trip.session for trip in trips_of_year if trip.session <= day}
    root = page(year, "--day", f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}")
    (shown,) = tables(root, "Round trips")
    assert [line[1] for line in shown] == mine
    (figures,) = tables(root, f"Statistics of {len(before)} sessions")
    assert figures[0][0] == "Win rate"
    assert " % to " in figures[0][2]
    assert len([part for part in root.iter("rect") if part.get("class") == "asked"]) == len(mine)


@given(st.lists(st.none() | st.floats(-3, 3), min_size=1, max_size=30), st.integers(0, 30))
def test_the_curve_ends_at_the_sum_and_falls_as_deep_as_the_statistics_say(
    trips_of_year: list[Trip], results: list[float | None], asked: int
) -> None:
    found = [replace(trip, r_net=r) for trip, r in zip(trips_of_year, results, strict=False)]
    group = Group({}, "live", False, found)
    curve = points(group, {trip.id for trip in found[:asked]})
    known = [r or 0.0 for r in results]
    assert curve[-1].r == pytest.approx(math.fsum(known), abs=1e-9)
    assert max(point.drawdown for point in curve) == pytest.approx(float(deepest(np.array([known]))[0]), abs=1e-9)
    assert sum(point.asked for point in curve) == min(asked, len(found))
    ElementTree.fromstring(drawing("any", curve, "key"))


def test_a_long_curve_has_a_point_a_session(trips_of_year: list[Trip]) -> None:
    curve = points(Group({}, "live", False, trips_of_year), set())
    assert len(trips_of_year) > POINTS_MAX
    assert len(curve) == len({trip.session for trip in trips_of_year})
    assert curve[-1].r == pytest.approx(math.fsum(trip.r_net or 0.0 for trip in trips_of_year))


def test_unlike_markets_are_summed_apart(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    told(path, "touched", adapter="replay", fill_model="touch")
    told(path, "queued", adapter="replay", fill_model="queue")
    root = page(path, "--run", "all")
    assert [[line[8] for line in lines] for lines in tables(root, "Round trips")] == [["+1.89"], ["+1.89"]]
    assert len([part for part in root.iter("path") if part.get("class") == "equity"]) == 2


def test_what_refusals_would_have_made_is_asked_only_when_it_is_wanted(tmp_path: Path) -> None:
    # given a run whose tape nobody recorded
    told(tmp_path / "j.db", "one")
    assert "was not asked" in said(page(tmp_path / "j.db"))
    # when the tapes are asked
    _, worth = tables(page(tmp_path / "j.db", "--blocked"), "Refused")
    # then the refusal is counted, and that its tape is not there
    assert [line[:4] for line in worth if line[1] == "alone"] == [["blackout · broker", "alone", "1", "1"]]


def test_without_a_live_run_it_says_what_to_do(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one", adapter="replay", fill_model="queue")
    root = page(tmp_path / "j.db")
    assert "No live paper run to review" in said(root)
    assert "1 runs of adapter replay" in said(root)


def test_a_day_without_a_round_trip_still_says_what_was_refused(tmp_path: Path) -> None:
    with writer(str(tmp_path / "j.db"), adapter="ib", fill_model="") as journal:
        Told(journal).blocked(2000)
        journal.finish({})
    root = page(tmp_path / "j.db")
    assert list(tables(root, "Round trips")) == []
    assert [line[0] for lines in tables(root, "Refused") for line in lines] == ["blackout"]


def test_a_review_is_never_written_over_a_journal(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    assert isinstance(ran(tmp_path / "j.db", "--html", str(tmp_path / "j.db")).exception, UsageError)


def test_a_gain_is_said_with_its_sign() -> None:
    assert [words.signed(value) for value in (1.5, -0.25, 0, None)] == ["+1.50", "−0.25", "+0.00", "–"]
